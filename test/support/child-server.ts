import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { until } from './until.ts';

/** How much of what a server wrote is kept, for the message of a test that fails. */
const KEPT_OUTPUT = 16_384;

export interface ChildServerOptions {
  command: string;
  arguments: readonly string[];
  environment?: Record<string, string>;
  cwd?: string;
  /** Asked until it says true. */
  isReady: () => Promise<boolean>;
  readyWithinMs?: number;
}

/** A server in a process of its own, which can be killed without warning and started again. */
export class ChildServer {
  readonly options: ChildServerOptions;
  #child: ChildProcess | undefined;
  #output = '';
  #atExit = () => this.#signal('SIGKILL');

  constructor(options: ChildServerOptions) {
    this.options = options;
    process.on('exit', this.#atExit);
  }

  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error('the server does not run');
    return this.#child.pid;
  }

  /** The end of what it wrote since it was first started. */
  get output(): string {
    return this.#output;
  }

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /**
   * Starts it and waits until it is ready.
   * @throws {Error} with what it wrote, when it ends before that or takes too long
   */
  async start(): Promise<void> {
    const { command, arguments: args, environment, cwd, isReady, readyWithinMs = 30_000 } = this.options;
    // A process group of its own: Ctrl-C in a terminal does not reach it, and a shell wrapper dies with its child.
    const child = spawn(command, args, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
      ...(cwd === undefined ? {} : { cwd }),
    });
    this.#child = child;
    let failure: Error | undefined;
    child.once('error', (error) => {
      failure = error;
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-KEPT_OUTPUT);
      });
    }
    const explain = () => `${command} ${args.join(' ')}\n${this.#output}`;
    const ready = async (): Promise<boolean> => {
      if (failure || this.#child !== child || !this.running) {
        throw new Error(`The server ended before it was ready: ${failure?.message ?? ''}${explain()}`);
      }
      return isReady();
    };
    await until('the server is ready', ready, { withinMs: readyWithinMs, everyMs: 30, explain });
  }

  /** Ends it at once, as a power cut would; resolves when it is gone. */
  async kill9(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Asks it to end, and insists after ten seconds. */
  async stop(): Promise<void> {
    const child = this.#child;
    const insist = setTimeout(() => this.#child === child && this.#signal('SIGKILL'), 10_000);
    await this.#end('SIGTERM');
    clearTimeout(insist);
    process.off('exit', this.#atExit);
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!child || !this.running) return;
    const gone = once(child, 'exit');
    this.#signal(signal);
    await gone;
  }

  #signal(signal: NodeJS.Signals): void {
    if (!this.running || this.#child?.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // It ended by itself in the meantime.
    }
  }
}
