/** What the benchmark asks of a server that takes part: to be started on a folder of its own, and stopped. */
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { stop, untilListening } from '../../lib/process.ts';

/** The domain that all servers serve. */
export const DOMAIN = 'bench.test';

/**
 * `none`: no message is kept. `internal`: the server's own store. `sqlite`: SQLite with its default settings, at the
 * peers; of ours, the same as `internal`.
 */
export type Archive = 'none' | 'internal' | 'sqlite';

export interface StartOptions {
  /** The server's data; with the certificate's files (`cert.pem`, `key.pem`, `both.pem`) in it. */
  folder: string;
  archive: Archive;
  nice: number;
  /** Where to leave CPU profiles, for a server that can make them. */
  profiles?: string;
}

export interface Server {
  /** Its name in tables and on the command line. */
  readonly name: string;
  /** The Debian packages that it takes. */
  readonly packages: readonly string[];
  /** Its version and that of what it runs on, in one line. */
  version(): string;
  start(options: StartOptions): Promise<RunningServer>;
}

export interface RunningServer {
  /** The process whose CPU time counts, with all its descendants. */
  pid: number;
  /** Plain connections and STARTTLS. */
  port: number;
  /** From its start until it accepted connections. */
  readyMs: number;
  stop(): Promise<void>;
}

/** Where a server's own output goes. */
export function logOf(folder: string): string {
  return join(folder, 'stdout.log');
}

/** Waits for a server that was launched at `startedAt` (of performance.now()). */
export async function running(
  child: ChildProcess,
  port: number,
  folder: string,
  startedAt: number,
): Promise<RunningServer> {
  try {
    await untilListening(child, port, logOf(folder));
  } catch (error) {
    await stop(child);
    throw error;
  }
  return { pid: child.pid as number, port, readyMs: performance.now() - startedAt, stop: () => stop(child) };
}
