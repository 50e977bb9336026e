/** Looks for what is wrong with a server or the machine under it, each with its cause and its cure. Changes nothing. */
import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { lacksIpv6 } from '#base/listen-failure.ts';
import { Settings, SettingsProblems } from '#base/loaded-settings.ts';
import type { SettingsGroup } from '#base/settings.ts';
import { checkCertificate } from './check-certificate.ts';
import { type DataFolder, openDataFolder } from './data-folder.ts';
import { serverSettings } from './settings.ts';

export interface Finding {
  what: string;
  state: 'ok' | 'warning' | 'failed';
  /** A sentence: what is, and why that matters where it is not well. */
  message: string;
  /** What to do; absent when all is well. */
  cure?: string;
}

export interface Listener {
  name: string;
  host: string;
  port: number;
}

export interface CheckOptions {
  data: string;
  groups: readonly SettingsGroup[];
  env: NodeJS.ProcessEnv;
  listeners(settings: Settings): Listener[];
  /** The ports of the running server of this data folder, by listener; absent where none runs. */
  running?: Readonly<Record<string, number>>;
  /** Epoch milliseconds. */
  now: number;
}

const GIB = 1_073_741_824;
const DISK_WARNING_BYTES = 2 * GIB;
const DISK_FAILED_BYTES = GIB / 4;
/** A clock that is behind this is not set: the release is younger. */
const EARLIEST_AT = Date.UTC(2026, 0, 1);
/** How far a file may be ahead of the clock before one of the two must be wrong. */
const AHEAD_MS = 60_000;

export async function checkAll(options: CheckOptions): Promise<Finding[]> {
  const { data, now } = options;
  let folder: DataFolder;
  try {
    folder = openDataFolder(data);
  } catch (error) {
    return [{ what: 'data folder', state: 'failed', message: (error as Error).message }];
  }
  const settings = loadSettings(folder, options);
  const findings = [
    checkFolder(folder),
    ...(Array.isArray(settings) ? settings : [ok('settings', `${folder.settingsFile} is right`)]),
  ];
  if (settings instanceof Settings) {
    for (const warning of settings.warnings) findings.push({ what: 'settings', state: 'warning', message: warning });
    findings.push(...(await checkPorts(options, settings)));
    const domains = [folder.domain, ...settings.of(serverSettings).domains];
    for (const domain of domains) findings.push(checkCertificate(join(folder.tlsFolder, domain), domain, now));
  }
  return [...findings, checkClock(folder, now), checkSpace(folder), checkWriting(folder)];
}

function ok(what: string, message: string): Finding {
  return { what, state: 'ok', message };
}

function loadSettings(folder: DataFolder, { groups, env }: CheckOptions): Settings | Finding[] {
  try {
    return Settings.load({ groups, env, file: folder.settingsFile });
  } catch (error) {
    if (!(error instanceof SettingsProblems)) throw error;
    return error.problems.map((message) => ({
      what: 'settings',
      state: 'failed',
      message,
      cure: `Correct ${folder.settingsFile}.`,
    }));
  }
}

function checkFolder({ path }: DataFolder): Finding {
  const open = statSync(path).mode & 0o077;
  if (open === 0) return ok('data folder', `${path} is its owner's alone`);
  const message = `${path} can be entered by others, and it holds keys`;
  return { what: 'data folder', state: 'warning', message, cure: `chmod 700 ${path}` };
}

function checkPorts({ running, listeners }: CheckOptions, settings: Settings): Promise<Finding[]> | Finding[] {
  if (running === undefined) return Promise.all(listeners(settings).map(checkPort));
  return Object.entries(running).map(([name, port]) => ok(`port ${port}`, `the server listens on it (${name})`));
}

async function checkPort({ name, host, port }: Listener): Promise<Finding> {
  const what = `port ${port}`;
  let error = await tryToListen(host, port);
  if (lacksIpv6(error ?? {}, host)) error = await tryToListen('0.0.0.0', port);
  if (error === undefined) return ok(what, `free for ${name}`);
  const causes: Record<string, [string, string]> = {
    EADDRINUSE: [
      'another program has it',
      'Stop that program ("ss -ltnp" names it), or start with --port-offset 1000.',
    ],
    EACCES: ['this user may not open it', 'Choose a port of 1024 or above.'],
    EADDRNOTAVAIL: [`this machine has no address ${host}`, 'Correct the host in the settings.'],
  };
  const [cause, cure] = causes[error.code ?? ''] ?? [error.message, 'Correct the host and port in the settings.'];
  return { what, state: 'failed', message: `${name} cannot listen on it: ${cause}`, cure };
}

function tryToListen(host: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const server = createServer().once('error', resolve);
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/** Whether the clock can be right: nothing in the data folder may be from its future. */
function checkClock({ path, storeFile }: DataFolder, now: number): Finding {
  const cure = 'Set the clock, and keep it set with an NTP service (apt-get install chrony).';
  if (now < EARLIEST_AT) return { what: 'clock', state: 'failed', message: `it says ${iso(now)}, which is past`, cure };
  const changed = [path, join(path, 'server.json'), storeFile].map(
    (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0,
  );
  const latest = Math.max(...changed);
  if (latest > now + AHEAD_MS) {
    return {
      what: 'clock',
      state: 'failed',
      message: `it says ${iso(now)}, but files were written at ${iso(latest)}`,
      cure,
    };
  }
  return ok('clock', `${iso(now)}`);
}

function iso(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z/, 'Z');
}

function checkSpace({ path }: DataFolder): Finding {
  const { bavail, bsize } = statfsSync(path);
  const free = bavail * bsize;
  const message = `${(free / GIB).toFixed(1)} GiB are free`;
  if (free >= DISK_WARNING_BYTES) return ok('disk space', message);
  const state = free < DISK_FAILED_BYTES ? 'failed' : 'warning';
  return {
    what: 'disk space',
    state,
    message: `only ${message}`,
    cure: 'Make room; a full disk stops all that has to be kept.',
  };
}

function checkWriting({ path }: DataFolder): Finding {
  const file = join(path, `.check-${randomUUID()}`);
  try {
    const handle = openSync(file, 'wx', 0o600);
    try {
      writeSync(handle, 'x');
      fsyncSync(handle);
    } finally {
      closeSync(handle);
      rmSync(file);
    }
    return ok('writing', 'a file was written to the disk and removed');
  } catch (error) {
    const { message } = error as Error;
    return {
      what: 'writing',
      state: 'failed',
      message,
      cure: `Let this user write to ${path}, or run this as the server's user.`,
    };
  }
}
