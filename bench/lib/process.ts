/** Child processes that cannot outlive this one, whatever ends it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { processTree } from './procfs.ts';

const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 30_000;
const POLL_MS = 10;

/** Ports below the range that outgoing connections are given (Linux: from 32768). */
const FIRST_PORT = 11_000;
const LAST_PORT = 31_000;

const children = new Set<ChildProcess>();

export interface LaunchOptions {
  env?: Record<string, string>;
  cwd?: string;
  /** Where what it prints goes. */
  log: string;
  /** Added to its priority: negative is more urgent, and takes root. */
  nice?: number;
}

/** Starts a program. The kernel kills it when this process is gone (PR_SET_PDEATHSIG, which survives exec). */
export function launch(command: string, args: readonly string[], options: LaunchOptions): ChildProcess {
  const log = openSync(options.log, 'a');
  const nice = options.nice === undefined || options.nice === 0 ? [] : ['nice', '-n', String(options.nice)];
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...nice, command, ...args], {
    stdio: ['ignore', log, log],
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  closeSync(log);
  children.add(child);
  child.once('error', () => children.delete(child));
  child.once('exit', () => children.delete(child));
  return child;
}

/** Resolves once something accepts connections on the port. */
export async function untilListening(child: ChildProcess, port: number, log: string): Promise<void> {
  const until = performance.now() + START_LIMIT_MS;
  while (performance.now() < until) {
    if (ended(child)) throw new Error(`the server stopped at its start:\n${tail(log)}`);
    if (await accepts(port)) return;
    await sleep(POLL_MS);
  }
  throw new Error(`the server does not listen on port ${port} after ${START_LIMIT_MS} ms:\n${tail(log)}`);
}

/** Asks it to end; after a while, and for what it left behind, insists. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined) return;
  const tree = processTree([child.pid]);
  if (!ended(child)) {
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    await gone;
    clearTimeout(timer);
  }
  for (const pid of tree) kill(pid);
}

/** Ends all that was started, at once. */
export function killAll(): void {
  for (const child of children) {
    if (child.pid !== undefined) for (const pid of processTree([child.pid])) kill(pid);
  }
}

/** The end of a log, for a message. */
export function tail(log: string, lines = 12): string {
  try {
    return readFileSync(log, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } catch {
    return '(no log)';
  }
}

/** A number n such that n, and n plus each of the offsets, are free ports on the loopback address. */
export async function freePorts(offsets: readonly number[] = [0], first = FIRST_PORT): Promise<number> {
  for (let tries = 0; tries < 200; tries++) {
    const port = first + Math.floor(Math.random() * (LAST_PORT - first - Math.max(...offsets)));
    const free = await Promise.all(offsets.map((offset) => isFree(port + offset)));
    if (free.every((yes) => yes)) return port;
  }
  throw new Error('no free ports found');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

function ended(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone already, which is what we want.
  }
}
