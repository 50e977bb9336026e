import { startProsody } from './prosody-server.ts';
import { startRollcall } from './rollcall-server.ts';

/**
 * A server as tests from outside see it: an address, a process that can be killed, nothing of its inside. So the same
 * test can be played against a peer (`ROLLCALL_TEST_PEER=prosody`), to tell whether the test or our server is wrong.
 */
export interface ServerUnderTest {
  readonly name: 'rollcall' | 'prosody';
  readonly host: string;
  /** 0 where it has no such port. */
  readonly ports: { c2s: number; c2sDirectTls: number; sip: number; sipTls: number };
  readonly domain: string;
  /** Of the process that runs now. */
  readonly pid: number;
  /** Whether its process runs. */
  readonly running: boolean;
  /** The end of what it wrote. */
  readonly output: string;
  /** SIGKILL, without a warning; resolves when the process is gone. */
  kill9(): Promise<void>;
  /** Starts it again on the same data and ports; resolves when it is ready. */
  restart(): Promise<void>;
  /** Ends it properly and removes the data folder where it was a temporary one. */
  stop(): Promise<void>;
}

export interface ServerOptions {
  domain: string;
  users: readonly { name: string; password: string }[];
  /** Kept afterwards; a temporary folder otherwise. */
  dataDir?: string;
  /** Settings of Rollcall that the test is about, by key in full. */
  settings?: Readonly<Record<string, string>>;
}

/** Starts the server that this run of the tests is about, with its users; resolves when it is ready. */
export function startServer(options: ServerOptions): Promise<ServerUnderTest> {
  const peer = process.env.ROLLCALL_TEST_PEER ?? 'rollcall';
  if (peer === 'rollcall') return startRollcall(options);
  if (peer === 'prosody') return startProsody(options);
  throw new Error(`ROLLCALL_TEST_PEER is 'rollcall' (the default) or 'prosody', not '${peer}'`);
}
