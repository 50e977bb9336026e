import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { until } from '../support/until.ts';

/** Colours, and what a terminal is told besides. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
const CONTROL = /\u001b\[[0-9;]*[A-Za-z\]]|[\u0000\u0007]/g;

export interface ConsoleProgramOptions {
  command: string;
  arguments: readonly string[];
  environment?: Record<string, string>;
}

/** A program that is told what to do line by line, and shows what happens. */
export class ConsoleProgram {
  readonly #command: string;
  readonly #child: ChildProcess;
  #shown = '';
  #atExit = () => this.#child.kill('SIGKILL');

  constructor({ command, arguments: args, environment }: ConsoleProgramOptions) {
    this.#command = command;
    this.#child = spawn(command, args, { stdio: 'pipe', env: { ...process.env, ...environment } });
    process.on('exit', this.#atExit);
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#shown += text.replace(CONTROL, '');
      });
    }
    // It may have ended; `expect` says so better.
    this.#child.stdin!.on('error', () => {});
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** All that it has shown and that nobody has found yet. */
  get shown(): string {
    return this.#shown;
  }

  type(line: string): void {
    this.#child.stdin!.write(`${line}\n`);
  }

  /** Resolves when it shows that, or has shown it already; it is not found again. */
  async expect(what: string, pattern: RegExp): Promise<RegExpExecArray> {
    const look = () => {
      const found = this.#find(pattern);
      if (found === undefined && !this.running)
        throw new Error(`${this.#command} has ended:\n${this.#shown.slice(-4000)}`);
      return found;
    };
    return until(`${this.#command} ${what}`, look, { explain: () => this.#shown.slice(-4000) });
  }

  /** Forgets what it has shown. */
  forget(): void {
    this.#shown = '';
  }

  /** Waits for it to end by itself; insists after a while. */
  async ended(withinMs = 10_000): Promise<void> {
    if (this.running) {
      const insist = setTimeout(() => this.#child.kill('SIGKILL'), withinMs);
      await once(this.#child, 'exit');
      clearTimeout(insist);
    }
    process.off('exit', this.#atExit);
  }

  /** Ends it at once, as when its battery is empty. */
  async kill(): Promise<void> {
    if (this.running) this.#child.kill('SIGKILL');
    await this.ended();
  }

  #find(pattern: RegExp): RegExpExecArray | undefined {
    const found = pattern.exec(this.#shown);
    if (found === null) return undefined;
    this.#shown = this.#shown.slice(0, found.index) + this.#shown.slice(found.index + found[0].length);
    return found;
  }
}
