/**
 * Time servers of others, as Debian has them. As packages chrony and ntpsec exclude each other, and installing one starts
 * it; so they are only unpacked, with the libraries that they need, into `.cache/`.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../../.cache/ntp-programs');
const UNPACKED = join(ROOT, 'unpacked');
/** What each package is got for. */
const PROGRAMS = { chrony: 'chronyd', ntpsec: 'ntpd', iproute2: 'ip' } as const;
const DEPENDS = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances', 'pre-depends'];

type Program = (typeof PROGRAMS)[keyof typeof PROGRAMS];

/** Where a program was unpacked to: releases of Debian differ in it. */
function find(program: Program, folder = UNPACKED): string {
  const [found] = globSync(join(folder, '{usr/,}{sbin,bin}', program));
  if (found === undefined) throw new Error(`the packages hold no ${program}`);
  return found;
}

/** Unpacks what is missing; another test run waits for the first. @throws {Error} where a package cannot be had */
export async function getPrograms(): Promise<void> {
  mkdirSync(ROOT, { recursive: true });
  const done = join(ROOT, 'done');
  if (existsSync(done)) return;
  if (process.env.ROLLCALL_NTP_LOCKED === undefined) {
    const env = { ...process.env, ROLLCALL_NTP_LOCKED: '1' };
    const code = `import { getPrograms } from ${JSON.stringify(import.meta.url)};\nawait getPrograms();`;
    await run('flock', [join(ROOT, 'lock'), process.execPath, '--input-type=module', '-e', code], { env });
    return;
  }
  rmSync(UNPACKED, { recursive: true, force: true });
  const fresh = join(ROOT, 'fresh');
  rmSync(fresh, { recursive: true, force: true });
  await unpack(fresh, Object.keys(PROGRAMS));
  if (await lacksLibraries(fresh)) await unpack(fresh, await libraries());
  if (await lacksLibraries(fresh)) throw new Error('chronyd, ntpd or ip lack libraries even so');
  renameSync(fresh, UNPACKED);
  writeFileSync(done, '');
}

async function unpack(folder: string, packages: readonly string[]): Promise<void> {
  mkdirSync(join(folder, 'packages'), { recursive: true });
  const options = { cwd: join(folder, 'packages'), timeout: 300_000 };
  const get = ['-qq', '-o', 'APT::Sandbox::User=root', 'download', ...packages];
  // A machine that has never asked for a package list has none; one with an old list misses what was replaced since.
  await run('apt-get', get, options).catch(async () => {
    await run('apt-get', ['-qq', 'update'], options);
    await run('apt-get', get, options);
  });
  for (const file of globSync('*.deb', options)) await run('dpkg-deb', ['-x', file, folder], options);
}

/** All the libraries that the packages need, and the libraries of these. */
async function libraries(): Promise<string[]> {
  const args = ['depends', '--recurse', ...DEPENDS.map((kind) => `--no-${kind}`), ...Object.keys(PROGRAMS)];
  const { stdout } = await run('apt-cache', args, { maxBuffer: 16_000_000 });
  const names = stdout.split('\n').filter((line) => /^lib[a-z0-9.+-]+$/.test(line));
  return [...new Set(names)].filter((name) => !/^libc6$|^libperl|^libpython|^libdebian/.test(name));
}

async function lacksLibraries(folder: string): Promise<boolean> {
  const files = Object.values(PROGRAMS).map((program) => find(program, folder));
  const env = { ...process.env, LD_LIBRARY_PATH: libraryPath(folder) };
  const outputs = await Promise.all(files.map((file) => run('ldd', [file], { env })));
  return outputs.some(({ stdout }) => stdout.includes('not found'));
}

function libraryPath(folder = UNPACKED): string {
  return ['usr/lib', 'lib'].flatMap((part) => globSync(join(folder, part, '*-linux-gnu*'))).join(':');
}

function environment(): NodeJS.ProcessEnv {
  return { ...process.env, LD_LIBRARY_PATH: libraryPath() };
}

/**
 * Runs a program of Node's in a network of its own, where port 123 is free on 127.0.0.1 to 127.0.0.99, by the user
 * namespaces of Linux: it takes no rights. @returns its exit code and what it wrote
 */
export async function runInOwnNetwork(args: readonly string[], env: NodeJS.ProcessEnv): Promise<[number, string]> {
  const script =
    '"$0" link set lo up && for n in $(seq 2 99); do "$0" addr add "127.0.0.$n/8" dev lo || exit 1; done; exec "$@"';
  const ip = existsSync('/usr/sbin/ip') ? '/usr/sbin/ip' : find('ip');
  const child = spawn('unshare', ['-Urn', 'sh', '-c', script, ip, process.execPath, ...args], {
    env: { ...env, LD_LIBRARY_PATH: libraryPath() },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
  }
  const [code] = await once(child, 'close');
  return [code, output];
}

/** A program that serves until it is stopped. */
export interface Running {
  /** What it has written, for when something goes wrong. */
  log(): string;
  stop(): Promise<void>;
}

/** @param folder its own, for its files @param config lines for its configuration file, besides where its files are */
export function startChronyd(folder: string, config: readonly string[]): Running {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'chrony.conf');
  const own = ['cmdport 0', 'bindcmdaddress /', `pidfile ${join(folder, 'pid')}`];
  writeFileSync(file, [...own, ...config, ''].join('\n'));
  return start(folder, find('chronyd'), ['-x', '-U', '-d', '-u', 'root', '-f', file]);
}

/** It listens on every address that is there. Where it runs it has no right to set the clock. */
export function startNtpd(folder: string, config: readonly string[]): Running {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'ntp.conf');
  writeFileSync(file, [`driftfile ${join(folder, 'drift')}`, ...config, ''].join('\n'));
  return start(folder, find('ntpd'), ['-n', '-c', file, '-p', join(folder, 'pid')]);
}

/** chronyd as a client that asks once, and sets nothing. @returns what it wrote, and whether it got the time */
export async function askWithChronyd(server: string): Promise<{ ok: boolean; output: string }> {
  const args = ['-Q', '-U', '-u', 'root', '-t', '12', `server ${server} iburst maxsamples 4`, 'cmdport 0'];
  const options = { env: environment(), timeout: 30_000 };
  try {
    const { stdout, stderr } = await run(find('chronyd'), args, options);
    return { ok: true, output: stdout + stderr };
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    return { ok: false, output: stdout + stderr };
  }
}

function start(folder: string, program: string, args: readonly string[]): Running {
  const child: ChildProcess = spawn(program, args, { env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
  const file = join(folder, 'log');
  writeFileSync(file, '');
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.on('data', (chunk: Buffer) => writeFileSync(file, chunk, { flag: 'a' }));
  }
  const closed = once(child, 'close');
  return {
    log: () => readFileSync(file, 'utf8'),
    async stop() {
      child.kill();
      await closed;
    },
  };
}
