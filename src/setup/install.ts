/**
 * Makes a node of checked answers. What broke off at any step is carried on by doing it again: each step leaves what is
 * there already, and the last one says that all is there.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { Failure } from '#base/failure.ts';
import { clusterFolder } from './cluster-folder.ts';
import { makeDataFolder } from './data-folder.ts';
import { replaceFile } from './files.ts';
import type { Answers, PublisherAnswers, SubscriberAnswers } from './install-answers.ts';
import { readInstallation, writeInstallation } from './installation.ts';

export interface InstallOptions {
  /** Absolute path of the data folder. */
  readonly data: string;
  /** The first settings file. */
  readonly template: string;
  /** Epoch milliseconds. */
  now(): number;
}

type Files = ReturnType<typeof clusterFolder>;

export interface PublisherWork {
  /** Keeps the security password in the store of the data folder, as a key. */
  keepSecurityPassword(password: string): Promise<void>;
}

export interface SubscriberWork {
  /** Joins the cluster; `files` are written once the publisher has proved itself. @throws {Failure} */
  join(answers: SubscriberAnswers, files: Files): Promise<{ publisher: string; certificateEndsAt: number }>;
}

const PASSWORD_FILE = 'unified-cm-password';

/**
 * Whether a data folder may be installed into: it is new, or an installation of the same role broke off in it.
 * @throws {Failure} 'conflict'
 */
export function checkInstallable(data: string, { role, node }: Pick<Answers, 'role' | 'node'>): void {
  const before = readInstallation(data);
  if (before === undefined) {
    if (!existsSync(join(data, 'rollcall.db'))) return;
    throw new Failure(
      'conflict',
      `${data} holds a server that was started without an installation; name a new folder with --data`,
    );
  }
  if (before.state !== 'installing')
    throw new Failure('conflict', `${before.node} is installed in ${data} already; name a new folder with --data`);
  if (before.role !== role || before.node !== node) {
    throw new Failure(
      'conflict',
      `the installation of ${before.role} ${before.node} broke off in ${data}; carry that on, or name a new folder with --data`,
    );
  }
}

export async function installPublisher(
  answers: PublisherAnswers,
  timeServers: readonly string[],
  options: InstallOptions,
  work: PublisherWork,
): Promise<void> {
  const { data } = options;
  const { node, callManager, finish, securityPassword } = answers;
  const host = callManager === 'embedded' ? '' : (callManager.address ?? callManager.host);
  const installation = { role: 'publisher', node, callManager: host } as const;
  const { settingsFile } = begin(answers, options);
  writeInstallation(data, { ...installation, state: 'installing' });
  if (callManager !== 'embedded') replaceFile(join(data, PASSWORD_FILE), `${callManager.password}\n`);
  writeSettings(settingsFile, settingsOf(answers, host, timeServers));
  await work.keepSecurityPassword(securityPassword);
  writeInstallation(data, { ...installation, state: finish ? 'finished' : 'installed' });
}

export async function installSubscriber(
  answers: SubscriberAnswers,
  options: InstallOptions,
  work: SubscriberWork,
): Promise<void> {
  const { data } = options;
  const { node, publisher, releaseLine } = answers;
  const installation = { role: 'subscriber', node, callManager: '' } as const;
  const files = clusterFolder(data);
  let isBegun = false;
  // A node that is refused leaves nothing behind: the folder is made when the publisher has let it in.
  const prepare = () => {
    if (isBegun) return;
    const { settingsFile } = begin(answers, options);
    writeInstallation(data, { ...installation, state: 'installing' });
    writeSettings(settingsFile, { 'topology.releaseLine': releaseLine });
    isBegun = true;
  };
  const joined = await work.join(answers, {
    read: files.read,
    replace(name, content) {
      prepare();
      files.replace(name, content);
    },
  });
  prepare();
  const { publisher: name, certificateEndsAt } = joined;
  writeInstallation(data, {
    ...installation,
    state: 'installed',
    publisher: { ...publisher, name, certificateEndsAt },
  });
}

function begin({ domain }: Answers, { data, template, now }: InstallOptions): { settingsFile: string } {
  return makeDataFolder(data, domain, template, now());
}

function settingsOf(
  { callManager, releaseLine }: PublisherAnswers,
  host: string,
  timeServers: readonly string[],
): Record<string, unknown> {
  const shared = {
    'topology.releaseLine': releaseLine,
    ...(timeServers.length > 0 && { 'time.servers': timeServers }),
  };
  if (callManager === 'embedded') return shared;
  const { port, user, fingerprint } = callManager;
  return {
    ...shared,
    'unifiedCm.host': host,
    'unifiedCm.port': port,
    'unifiedCm.user': user,
    'unifiedCm.passwordFile': PASSWORD_FILE,
    'unifiedCm.trust': fingerprint === undefined ? 'ca' : 'fingerprint',
    ...(fingerprint !== undefined && { 'unifiedCm.fingerprint': fingerprint }),
  };
}

/** Sets these in the settings file, and leaves all else in it, comments as well. */
function writeSettings(file: string, settings: Readonly<Record<string, unknown>>): void {
  const before = readFileSync(file, 'utf8');
  const document = parseDocument(before);
  for (const [key, value] of Object.entries(settings)) document.setIn(key.split('.'), value);
  const after = document.toString({ lineWidth: 0 });
  if (after !== before) replaceFile(file, after);
}
