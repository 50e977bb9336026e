import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../support/free-ports.ts';
import type { ServerUnderTest } from '../support/server-under-test.ts';
import { PASSWORD } from './people.ts';

const SCENARIOS = join(import.meta.dirname, 'sipp');
const LIMIT_SECONDS = 30;

export interface Part {
  /** The one who speaks. */
  user: string;
  /** The one who is spoken to. */
  peer?: string;
  transport?: 'udp' | 'tcp';
  password?: string;
  /** To be reached again at the port of another part. */
  port?: number;
  /** More words of the scenario, in square brackets there. */
  words?: Readonly<Record<string, string>>;
}

export interface Played {
  /** The entity-tag that the scenario logged; empty where it logged none. */
  entityTag: string;
  /** When its first message was sent. */
  sentAt: number;
}

/** SIPp, on its way through one scenario of the folder `sipp`, once. */
export class SippCall {
  readonly port: number;
  #child: ChildProcess;
  #ended: Promise<unknown>;
  #folder: string;
  #scenario: string;
  #atExit = () => this.#child.kill('SIGKILL');

  private constructor(town: ServerUnderTest, scenario: string, port: number, part: Part) {
    const { user, peer = '', transport = 'udp', password = PASSWORD, words = {} } = part;
    this.#scenario = scenario;
    this.port = port;
    this.#folder = mkdtempSync(join(tmpdir(), 'sipp-'));
    const said = Object.entries({ domain: town.domain, user, peer, ...words }).flatMap(([key, value]) => [
      '-key',
      key,
      value,
    ]);
    const credentials = ['-au', user, '-ap', password];
    const socket = ['-i', town.host, '-p', String(port), '-t', transport === 'tcp' ? 't1' : 'u1'];
    const once = ['-m', '1', '-nostdin', '-timeout', `${LIMIT_SECONDS}s`, '-timeout_error', '-recv_timeout', '20000'];
    const logs = [
      '-trace_err',
      '-error_file',
      'errors',
      '-trace_msg',
      '-message_file',
      'messages',
      '-trace_logs',
      '-log_file',
      'log',
    ];
    this.#child = spawn(
      'sipp',
      [
        `${town.host}:${town.ports.sip}`,
        ...['-sf', join(SCENARIOS, `${scenario}.xml`), ...said, ...credentials],
        ...[...socket, ...once, ...logs],
      ],
      { cwd: this.#folder, stdio: 'ignore' },
    );
    this.#ended = new Promise((resolve) => {
      this.#child.once('exit', resolve).once('error', resolve);
    });
    process.on('exit', this.#atExit);
  }

  static async begin(town: ServerUnderTest, scenario: string, part: Part): Promise<SippCall> {
    const port = part.port ?? (await freePorts(1))[0]!;
    return new SippCall(town, scenario, port, part);
  }

  /** Resolves when the scenario has gone as it is written. @throws {Error} with what was said instead */
  async end(): Promise<Played> {
    await this.#ended;
    process.off('exit', this.#atExit);
    const { exitCode } = this.#child;
    const [errors, messages, log] = ['errors', 'messages', 'log'].map((file) => this.#read(file)) as [
      string,
      string,
      string,
    ];
    rmSync(this.#folder, { recursive: true, force: true });
    if (exitCode !== 0)
      throw new Error(`SIPp, ${this.#scenario}, ended with ${exitCode}\n${errors}\n${messages.slice(-6000)}`);
    // '2026-11-23 18:04:14.667387', in the time zone of this machine.
    const [, day, time] = /^-+ (\S+) (\S+)/m.exec(messages) ?? [];
    return { entityTag: /etag=\s*(\S+)/.exec(log)?.[1] ?? '', sentAt: Date.parse(`${day}T${time?.slice(0, 12)}`) };
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const gone = once(this.#child, 'exit');
      this.#child.kill('SIGKILL');
      await gone;
    }
    process.off('exit', this.#atExit);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #read(file: string): string {
    try {
      return readFileSync(join(this.#folder, file), 'utf8');
    } catch {
      return '';
    }
  }
}

/** Plays a scenario to its end. */
export async function sipp(town: ServerUnderTest, scenario: string, part: Part): Promise<Played> {
  return (await SippCall.begin(town, scenario, part)).end();
}
