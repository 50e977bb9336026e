/** The prompt `admin:`: reads lines from a terminal or from a pipe, and runs each. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { ReadStream, WriteStream } from 'node:tty';
import type { Command } from 'commander';
import { EXIT, printError, table } from '../cli.ts';
import { confirm } from '../password.ts';
import { type Token, tokens, type Verb } from '../words/grammar.ts';
import { words } from '../words/words.ts';
import { History } from './history.ts';
import { showPages } from './pager.ts';
import { Vocabulary } from './vocabulary.ts';

export interface PromptOptions {
  data: string;
  program: Command;
  /** Ends with the first line that fails. */
  stopOnError: boolean;
  /** From a pipe: shows each line behind the prompt before it is run. */
  echo: boolean;
}

const PROMPT = 'admin:';
const BANNER = `Command Line Interface is starting up, please wait ...

   Welcome to the Platform Command Line Interface

`;
const UNKNOWN = 'No valid command entered';
/** As a shell has it for what Ctrl-C has ended: 128 and the number of SIGINT. */
const INTERRUPTED = 130;

/** @returns the exit code: of the first line that failed, else 0 */
export async function runPrompt(options: PromptOptions): Promise<number> {
  const prompt = new Prompt(options);
  return process.stdin.isTTY && process.stdout.isTTY ? prompt.onTerminal() : prompt.fromPipe();
}

class Prompt {
  readonly #options: PromptOptions;
  readonly #vocabulary: Vocabulary;
  readonly #history: History;
  #isTerminal = false;

  constructor(options: PromptOptions) {
    this.#options = options;
    this.#vocabulary = new Vocabulary(words, options.program);
    this.#history = new History(options.data);
  }

  async onTerminal(): Promise<number> {
    this.#isTerminal = true;
    process.stdout.write(BANNER);
    // Ctrl-C ends what runs, and is sent to programs that were started as well; the prompt stays.
    process.on('SIGINT', () => undefined);
    for (;;) {
      const line = await this.#readLine();
      if (line === undefined || isExit(line)) return EXIT.ok;
      this.#history.add(line);
      const code = await this.#run(line);
      if (code !== EXIT.ok && this.#options.stopOnError) return code;
    }
  }

  async fromPipe(): Promise<number> {
    let failed: number = EXIT.ok;
    for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
      if (this.#options.echo) process.stdout.write(`${PROMPT}${line}\n`);
      if (isExit(line)) break;
      const code = await this.#run(line);
      if (failed === EXIT.ok) failed = code;
      if (code !== EXIT.ok && this.#options.stopOnError) break;
    }
    return failed;
  }

  /** One interface for each line: while a command runs, the terminal is the command's. */
  #readLine(): Promise<string | undefined> {
    const { stdin: input, stdout: output } = process;
    const completer = (line: string) => this.#vocabulary.complete(line);
    const line = createInterface({ input, output, completer, history: this.#history.latestFirst, prompt: PROMPT });
    const help = (typed: string | undefined) => {
      if (typed !== '?' || !line.line.endsWith('?') || line.cursor !== line.line.length) return;
      line.write(null, { name: 'backspace' });
      output.write(`\n${this.#help(line.line)}\n`);
      line.prompt(true);
    };
    input.on('keypress', help);
    return new Promise((resolve) => {
      const end = (typed: string | undefined) => {
        input.off('keypress', help);
        resolve(typed);
        line.close();
      };
      line.once('line', end);
      line.once('close', () => end(undefined));
      line.on('SIGINT', () => {
        output.write('^C\n');
        end('');
      });
      line.prompt();
    });
  }

  /** @returns its exit code */
  async #run(line: string): Promise<number> {
    const text = line.trim();
    if (text === '' || text.startsWith('#')) return EXIT.ok;
    if (text === 'help' || text.endsWith('?')) {
      return this.#print(this.#help(text === 'help' ? '' : text.replace(/\?+$/, '')));
    }
    const json = /\s--json$/.test(text);
    const command = json ? text.replace(/\s--json$/, '') : text;
    const typed = tokens(command);
    const found = words.find(typed, (from) => command.slice(typed[from]!.at));
    if (found !== undefined && 'verb' in found) return this.#runVerb(found.verb, found.args, json);
    if (this.#vocabulary.isCommand(typed)) return this.#runProgram(tokens(text));
    if (found === undefined) return this.#say(UNKNOWN, EXIT.usage);
    return this.#say(`${command} goes on:\n${this.#help(`${command} `)}`, EXIT.usage);
  }

  async #runVerb(verb: Verb, args: Record<string, string>, json: boolean): Promise<number> {
    const ask = (question: string) => (this.#isTerminal ? confirm(question) : Promise.resolve(true));
    const interrupted = Promise.withResolvers<undefined>();
    const interrupt = () => interrupted.resolve(undefined);
    if (this.#isTerminal) process.once('SIGINT', interrupt);
    try {
      const running = verb.run({ data: this.#options.data, args, confirm: ask });
      // What comes of it after Ctrl-C nobody waits for.
      running.catch(() => undefined);
      const outcome = await Promise.race([running, interrupted.promise]);
      if (outcome === undefined) return INTERRUPTED;
      await this.#print(json ? JSON.stringify(outcome.result, undefined, 2) : outcome.text);
      return outcome.failed ? EXIT.failed : EXIT.ok;
    } catch (error) {
      if (json) return printError(error, true);
      return this.#say(error instanceof Error ? error.message : String(error), EXIT.failed);
    } finally {
      process.off('SIGINT', interrupt);
    }
  }

  /** In a process of its own, which Ctrl-C ends and which may ask on the terminal. */
  async #runProgram(typed: readonly Token[]): Promise<number> {
    const script = process.argv[1]!;
    const args = [...process.execArgv, script, ...typed.map(({ text }) => text)];
    const env = { ...process.env, ROLLCALL_DATA: this.#options.data };
    const stdin = this.#isTerminal ? 'inherit' : 'ignore';
    const child = spawn(process.execPath, args, { stdio: [stdin, 'inherit', 'inherit'], env });
    const [code] = await once(child, 'close');
    return code ?? INTERRUPTED;
  }

  /** Beside what commands print, so that each stands behind its own line. */
  #say(text: string, code: number): number {
    process.stdout.write(`${text}\n`);
    return code;
  }

  async #print(text: string): Promise<number> {
    if (!this.#isTerminal) process.stdout.write(`${text}\n`);
    else await showPages(text, process.stdin as ReadStream, process.stdout as WriteStream);
    return EXIT.ok;
  }

  #help(line: string): string {
    const found = this.#vocabulary.candidates(line);
    if (found.length === 0) return UNKNOWN;
    return table(found.map(({ text, help }) => [`  ${text}`, help]));
  }
}

function isExit(line: string): boolean {
  return /^\s*(exit|quit)\s*$/i.test(line);
}
