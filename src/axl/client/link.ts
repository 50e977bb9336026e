/** Puts together what follows a Unified CM: the connection, the sync agent, and what an administrator may do. */
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Account, Accounts } from '#accounts/accounts.ts';
import { EndUsers } from '#accounts/end-users.ts';
import type { Homes } from '#accounts/homes.ts';
import { Failure } from '#base/failure.ts';
import type { Metrics } from '#base/metrics.ts';
import type { Values } from '#base/settings.ts';
import { removeAccount } from '#contacts/leaving.ts';
import type { Directory } from '#directory/directory.ts';
import { parseRelease, releasesMatch } from '#topology/release.ts';
import { Administration } from './administration.ts';
import { AxlClient } from './axl-client.ts';
import { EMBEDDED, EmbeddedUnifiedCm } from './embedded.ts';
import type { unifiedCmSettings } from './settings.ts';
import { SyncAgent } from './sync-agent.ts';
import { openSyncUser, SYNC_USER } from './sync-user.ts';
import type { Trust } from './transport.ts';
import type { UnifiedCm } from './unified-cm.ts';

export interface LinkOptions {
  /** The path of the data folder. */
  readonly folder: string;
  readonly settings: Values<typeof unifiedCmSettings.shape>;
  readonly accounts: Accounts;
  readonly homes: Homes;
  readonly metrics: Metrics;
  readonly domains: readonly string[];
  /** This server's own release. */
  readonly release: string;
  /** The embedded Unified CM, which is followed where the settings name no other. */
  readonly directory: Directory;
  /** Where it answers AXL; undefined where it does not, as while no server runs. */
  readonly axl: EmbeddedAxl | undefined;
}

export interface EmbeddedAxl {
  readonly host: string;
  port(): number;
  /** SHA-256 of the certificate that it shows. */
  fingerprint(): string;
}

export interface Link {
  readonly isEmbedded: boolean;
  readonly agent: SyncAgent;
  readonly administration: Administration;
  readonly unifiedCm: UnifiedCm;
  stop(): Promise<void>;
}

/** Of a listener for all addresses. */
const ANY_ADDRESS = ['::', '0.0.0.0'];
/** Any schema will do for the embedded one; this one has change lists. */
const EMBEDDED_SCHEMA = '14.0';

/** Opens the way to the Unified CM of the settings; nothing is followed before `agent.start`. */
export async function openLink(options: LinkOptions): Promise<Link> {
  const { settings, accounts, homes, metrics, domains, release, directory } = options;
  const { database, clock, hooks, log } = homes;
  const isEmbedded = settings.host === '';
  const unifiedCm = isEmbedded ? await openEmbedded(options) : openAttached(options);
  const endUsers = await EndUsers.open({
    database,
    accounts,
    clock,
    hooks,
    domains,
    ...(isEmbedded && { keysOf: (uuid: string) => directory.keysOf(uuid) }),
  });
  const agent = await SyncAgent.open({
    unifiedCm,
    endUsers,
    database,
    clock,
    log,
    metrics,
    settings,
    release,
    matches: (version) => matches(release, version),
    removeAccount: async (address) => {
      const account = await accounts.find(address);
      if (account !== undefined) await removeAccount(accounts, homes, account);
    },
    throttled: () => (unifiedCm instanceof AxlClient ? unifiedCm.throttled : 0),
  });
  if (!isEmbedded) {
    accounts.passwordOwner = {
      check: async ({ endUser = '' }: Account, password: string) => {
        const user = endUsers.get(endUser);
        return user !== undefined && unifiedCm.authenticate(user.userid, password);
      },
    };
  }
  const stopListening = isEmbedded ? directory.onChange(() => agent.poke()) : () => {};
  return {
    isEmbedded,
    agent,
    unifiedCm,
    administration: new Administration({ unifiedCm, agent, endUsers, accounts, domain: domains[0]! }),
    async stop() {
      stopListening();
      unifiedCm.close();
      await agent.stop();
      endUsers.close();
    },
  };
}

async function openEmbedded({ folder, settings, directory, axl, homes, metrics }: LinkOptions) {
  if (axl === undefined) return new EmbeddedUnifiedCm(directory);
  return new AxlClient({
    name: EMBEDDED,
    host: ANY_ADDRESS.includes(axl.host) ? '127.0.0.1' : axl.host,
    port: axl.port,
    user: SYNC_USER,
    password: await openSyncUser(directory, folder),
    trust: { by: 'fingerprint', fingerprint: axl.fingerprint },
    connections: settings.connections,
    schema: EMBEDDED_SCHEMA,
    settings,
    clock: homes.clock,
    log: homes.log,
    metrics,
  });
}

function openAttached({ folder, settings, homes, metrics }: LinkOptions): AxlClient {
  const { host, port, user, connections } = settings;
  if (user === '') throw new Failure('malformed', 'unifiedCm.host is set, and unifiedCm.user is missing');
  const trust = trustOf(settings);
  if (trust.by === 'off') {
    homes.log.warn(
      { host },
      'unifiedCm.trust is off: whoever answers in the place of Unified CM gets its password and decides who may sign in',
    );
  }
  return new AxlClient({
    name: `Unified CM ${host}`,
    host,
    port: () => port,
    user,
    password: readPassword(resolve(folder, settings.passwordFile)),
    trust,
    connections,
    settings,
    clock: homes.clock,
    log: homes.log,
    metrics,
  });
}

function trustOf({ trust, caFile, fingerprint }: LinkOptions['settings']): Trust {
  if (trust === 'off') return { by: 'off' };
  if (trust === 'ca') return { by: 'ca', ca: caFile === '' ? undefined : readText(caFile, 'unifiedCm.caFile') };
  if (fingerprint === '') {
    throw new Failure('malformed', 'unifiedCm.trust is fingerprint, and unifiedCm.fingerprint is missing');
  }
  return { by: 'fingerprint', fingerprint: () => fingerprint };
}

function readPassword(file: string): string {
  const text = readText(file, 'unifiedCm.passwordFile');
  if ((statSync(file).mode & 0o077) !== 0) {
    throw new Failure('forbidden', `${file} holds a password and others may read it: run "chmod 600 ${file}"`);
  }
  const password = text.split(/\r?\n/)[0]!;
  if (password === '') throw new Failure('malformed', `the first line of ${file} is empty: put the password there`);
  return password;
}

function readText(file: string, setting: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const { message } = cause as Error;
    throw new Failure('not-found', `${setting} cannot be read: ${message}`, { cause });
  }
}

function matches(release: string, version: string): { match: boolean; why: string } {
  try {
    return releasesMatch(parseRelease(release), parseRelease(version));
  } catch (error) {
    if (error instanceof Failure) return { match: false, why: error.message };
    throw error;
  }
}
