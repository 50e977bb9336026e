import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { stringify } from 'yaml';
import type { Clock } from '#base/clock.ts';
import { Failure } from '#base/failure.ts';
import { createLog } from '#base/log.ts';
import { addMutualContacts } from '#contacts/editing.ts';
import { type RunningServer, startServer } from '#main.ts';
import { makeDataFolder } from '#setup/data-folder.ts';
import { freeOffset } from './free-ports.ts';
import { TestClient } from './test-client.ts';

const DOMAIN = 'example.test';
const PASSWORD = 'wherefore art thou';
const HOST = '127.0.0.1';
const PORTS = [5222, 5223, 5060, 5061, 5280, 5281, 8443];
/** How often other ports are tried, when someone was quicker. */
const ATTEMPTS = 5;

export interface InProcessOptions {
  /** Names of the people who have accounts (`romeo` is romeo@example.test), or whole addresses. */
  people?: readonly string[];
  /** The server's own; others that it serves are a setting. */
  domain?: string;
  /** Settings by key in full: `{ 'xmpp.xep-0199.idleSeconds': 60 }`. */
  settings?: Readonly<Record<string, unknown>>;
  /** A fake one makes timers a matter of `advance`. */
  clock?: Clock;
}

/** The whole server in this process, on a data folder of its own, and clients to talk to it. */
export interface InProcess {
  readonly domain: string;
  /** Of everybody. */
  readonly password: string;
  readonly running: RunningServer;
  /** What the log has of severity error, a line each. A test that wants errors takes them out: `stop` fails with any. */
  readonly errors: string[];
  /** Opens a TLS connection and a stream; nobody has signed in yet. */
  connect(): Promise<TestClient>;
  /** Signs somebody in. Initial presence is not sent. */
  signIn(person: string, resource?: string): Promise<TestClient>;
  /** Makes people each other's contacts, with subscriptions both ways. */
  befriend(...people: string[]): Promise<void>;
  /** Changes settings while the server runs. */
  configure(settings: Readonly<Record<string, unknown>>): void;
  /** Stops the server and starts it again with the same data. Clients lose their connections. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export async function startInProcess(options: InProcessOptions = {}): Promise<InProcess> {
  const data = mkdtempSync(join(tmpdir(), 'rollcall-test-'));
  const settings: Record<string, unknown> = {
    'accounts.passwords.iterations': 4096,
    'log.level': 'error',
    ...options.settings,
  };
  const writeSettings = () => writeFileSync(join(data, 'settings.yaml'), stringify(nested(settings)));
  const { domain = DOMAIN } = options;
  const addressOf = (person: string) => (person.includes('@') ? person : `${person}@${domain}`);
  makeDataFolder(data, domain, '', Date.now());
  writeSettings();
  const errors: string[] = [];
  let running = await start(data, domain, options.clock, errors);
  for (const person of options.people ?? []) {
    await running.accounts.add({ address: addressOf(person), password: PASSWORD });
  }
  const connect = () => TestClient.connect({ host: HOST, port: running.ports['xmpp-tls']!, tls: 'direct', domain });
  return {
    domain,
    password: PASSWORD,
    get running() {
      return running;
    },
    errors,
    connect,
    async signIn(person, resource = 'balcony') {
      const client = await connect();
      await client.authenticate(person, PASSWORD);
      await client.bind(resource);
      return client;
    },
    async befriend(...people) {
      const contacts = people.map((person) => ({ address: addressOf(person), name: '', groups: [] }));
      await addMutualContacts(running.node.homes, contacts);
    },
    configure(changed) {
      Object.assign(settings, changed);
      writeSettings();
      if (!running.reload()) throw new Error(`not accepted: ${JSON.stringify(changed)}`);
    },
    async restart() {
      await running.stop();
      running = await start(data, domain, options.clock, errors);
    },
    async stop() {
      await running.stop();
      rmSync(data, { recursive: true, force: true });
      assert.deepEqual(errors, [], 'the log has errors');
    },
  };
}

async function start(data: string, domain: string, clock: Clock | undefined, errors: string[]): Promise<RunningServer> {
  const write = (line: Buffer, _encoding: string, written: () => void) => {
    errors.push(line.toString().trim());
    written();
  };
  const log = createLog({ level: 'error', format: 'json', destination: new Writable({ write }) });
  for (let attempt = 1; ; attempt++) {
    const portOffset = await freeOffset(PORTS);
    try {
      return await startServer({ data, domain, portOffset, log, ...(clock && { clock }) });
    } catch (error) {
      const portTaken = error instanceof Failure && error.message.includes('EADDRINUSE');
      if (!portTaken || attempt === ATTEMPTS) throw error;
    }
  }
}

/** `{ 'a.b': 1 }` as `{ a: { b: 1 } }`. */
function nested(flat: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(flat)) {
    const words = key.split('.');
    const last = words.pop()!;
    let at = root;
    for (const word of words) {
      at[word] ??= {};
      at = at[word] as Record<string, unknown>;
    }
    at[last] = value;
  }
  return root;
}
