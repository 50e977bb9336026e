/** SIPp (Debian: sip-tester), which makes the calls of the simple loads, and what it counted. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const SCENARIOS = join(import.meta.dirname, '../scenarios');
const SOCKET_BUFFER_BYTES = 4 << 20;

export interface Counted {
  succeeded: number;
  failed: number;
  retransmissions: number;
}

export interface SippOptions {
  /** Host and port of the server. */
  target: string;
  domain: string;
  /** Its own port. */
  port: number;
  /** For its own files. */
  folder: string;
  args: readonly string[];
}

let runs = 0;

export class Sipp {
  #child: ChildProcess;
  #ended: Promise<unknown>;
  #statistics: string;
  #errors: string;

  /** @param scenario  a file of `scenarios`, without its ending */
  constructor(scenario: string, { target, domain, port, folder, args }: SippOptions) {
    const run = ++runs;
    this.#statistics = join(folder, `${run}.csv`);
    this.#errors = join(folder, `${run}.log`);
    const fixed = ['-sf', join(SCENARIOS, `${scenario}.xml`), '-key', 'domain', domain];
    const socket = ['-i', '127.0.0.1', '-p', String(port), '-t', 'u1', '-buff_size', String(SOCKET_BUFFER_BYTES)];
    const kept = ['-trace_stat', '-fd', '1', '-stf', this.#statistics, '-trace_err', '-error_file', this.#errors];
    // A Call-ID of an earlier run would be taken for an old one by a registrar (RFC 3261 §10.3).
    const fresh = ['-nostdin', '-timer_resol', '1', '-cid_str', `%u-%p-${run}-${Date.now()}@%s`];
    this.#child = spawn('sipp', [target, ...fixed, ...socket, ...kept, ...fresh, ...args], {
      cwd: folder,
      stdio: 'ignore',
    });
    this.#ended = once(this.#child, 'exit');
  }

  /** Its exit code, when all calls are over: 0 when they went well. */
  async ended(): Promise<number> {
    await this.#ended;
    return this.#child.exitCode ?? 255;
  }

  /** Of one that answers: lets it finish what it has begun; insists after a while. */
  async stop(): Promise<void> {
    this.#child.kill('SIGUSR1');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5_000);
    await this.#ended;
    clearTimeout(timer);
  }

  /** Once it has ended. */
  counted(): Counted {
    const [names = [], ...rows] = readFileSync(this.#statistics, 'utf8')
      .trim()
      .split('\n')
      .map((row) => row.split(';'));
    const last = rows.at(-1) ?? [];
    const column = (name: string): number => Number(last[names.indexOf(name)]);
    return {
      succeeded: column('SuccessfulCall(C)'),
      failed: column('FailedCall(C)'),
      retransmissions: column('Retransmissions(C)'),
    };
  }

  /** The beginning of what it complained of. */
  complaints(): string {
    try {
      return readFileSync(this.#errors, 'utf8').split('\n').slice(0, 12).join('\n');
    } catch {
      return '';
    }
  }
}
