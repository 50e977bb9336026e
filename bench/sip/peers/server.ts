/** What the benchmark asks of a server that takes part: to be started on a folder of its own, and stopped. */
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { stop, untilListening } from '../../lib/process.ts';

/** The domain that all servers serve. */
export const DOMAIN = 'bench.test';

/** All users have it. */
export const PASSWORD = 'secret';

export interface StartOptions {
  /** The server's data. */
  folder: string;
  /** Whether it keeps each message on disk, where it can. */
  archive: boolean;
  /** The processor that it may use; undefined for all. */
  processor: number | undefined;
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
  /** Makes user0 to the last one in a new folder. */
  prepare(folder: string, users: number): Promise<void>;
  start(options: StartOptions): Promise<RunningServer>;
}

export interface RunningServer {
  /** The process whose CPU time counts, with all its descendants. */
  pid: number;
  /** SIP over UDP. */
  port: number;
  /** Where it shows its figures; empty where it has none. */
  metrics: string;
  stop(): Promise<void>;
}

/** Where a server's own output goes. */
export function logOf(folder: string): string {
  return join(folder, 'stdout.log');
}

/** A program that may use one processor, so that none wins by having more. @param processor undefined for all of them */
export function onProcessor(
  processor: number | undefined,
  command: string,
  args: readonly string[],
): [string, string[]] {
  if (processor === undefined) return [command, [...args]];
  return ['taskset', ['-c', String(processor), command, ...args]];
}

/** Waits until it takes connections; what listens on UDP does so by then. */
export async function running(
  child: ChildProcess,
  port: number,
  folder: string,
  metrics: string,
): Promise<RunningServer> {
  try {
    await untilListening(child, port, logOf(folder));
  } catch (error) {
    await stop(child);
    throw error;
  }
  return { pid: child.pid as number, port, metrics, stop: () => stop(child) };
}
