/** What is said about a test run: a line for each file, all about what failed, and the sum. */
import { relative } from 'node:path';
import { inspect, stripVTControlCharacters } from 'node:util';

/** An event of the test runner; only what is read here. */
interface TestEvent {
  type: string;
  // biome-ignore lint/suspicious/noExplicitAny: each kind of event has data of its own
  data: any;
}

/** How much of what one file printed is shown when something in it failed. */
const MAX_OUTPUT = 20_000;

export class TestReport {
  passed = 0;
  failed = 0;
  #root: string;
  #skipped: string[] = [];
  #failures: string[] = [];
  #output = new Map<string, string>();
  #startedAt = Date.now();

  constructor(root: string) {
    this.#root = root;
  }

  heading(title: string): void {
    process.stdout.write(`\n== ${title}\n`);
  }

  tool(name: string, ok: boolean): void {
    if (ok) this.passed++;
    else {
      this.failed++;
      this.#failures.push(name);
    }
    process.stdout.write(`${ok ? 'ok' : 'FAILED'}  ${name}\n`);
  }

  take({ type, data }: TestEvent): void {
    if (type === 'test:stdout' || type === 'test:stderr') this.#keep(data.file, data.message);
    else if (type === 'test:pass' && (data.skip !== undefined || data.todo !== undefined)) this.#skip(data);
    else if (type === 'test:fail') this.#fail(data);
    else if (type === 'test:summary' && data.file !== undefined) this.#file(data);
    else if (type === 'test:summary') this.#sum(data);
  }

  end(): void {
    if (this.#skipped.length > 0) process.stdout.write(`\n== Skipped\n${this.#skipped.join('\n')}\n`);
    if (this.#failures.length > 0) process.stdout.write(`\n== Failed\n${this.#failures.join('\n')}\n`);
    const seconds = Math.round((Date.now() - this.#startedAt) / 1000);
    process.stdout.write(`\n${this.#skipped.length} skipped, ${seconds} seconds\n`);
    process.stdout.write(`${this.passed} passed, ${this.failed} failed\n`);
  }

  #keep(file: string, message: string): void {
    this.#output.set(file, ((this.#output.get(file) ?? '') + message).slice(-MAX_OUTPUT));
  }

  #skip({ name, file, skip, todo }: { name: string; file: string; skip?: unknown; todo?: unknown }): void {
    const why = [skip, todo].find((reason) => typeof reason === 'string') ?? 'no reason given';
    this.#skipped.push(`${this.#path(file)}: ${name}: ${why}`);
  }

  #fail({ name, file, line, details }: { name: string; file: string; line: number; details: { error: Error } }): void {
    const error = details.error as Error & { failureType?: string; cause?: unknown };
    // Its parts have been told, each by itself.
    if (error.failureType === 'subtestsFailed') return;
    const place = `${this.#path(file)}:${line}`;
    this.#failures.push(name === file ? this.#path(file) : `${place}: ${name}`);
    // A file that failed before its first test says why in what it printed.
    const printed = name === file ? this.#output.get(file) : undefined;
    const cause = printed ?? error.cause ?? error;
    process.stdout.write(
      `\nFAILED  ${this.#failures.at(-1)}\n${typeof cause === 'string' ? cause : inspect(cause)}\n\n`,
    );
  }

  /** Over all files, with those that failed before their first test. */
  #sum({ counts, success }: { counts: Record<string, number>; success: boolean }): void {
    const { passed = 0, failed = 0, cancelled = 0 } = counts;
    this.passed += passed;
    this.failed += success ? 0 : Math.max(1, failed + cancelled);
  }

  #file({
    file,
    counts,
    duration_ms: ms,
  }: {
    file: string;
    counts: Record<string, number>;
    duration_ms: number;
  }): void {
    const { passed = 0, failed = 0, cancelled = 0, skipped = 0 } = counts;
    const bad = failed + cancelled;
    const words = [
      `${passed} passed`,
      ...(bad > 0 ? [`${bad} FAILED`] : []),
      ...(skipped > 0 ? [`${skipped} skipped`] : []),
    ];
    process.stdout.write(
      `${bad > 0 ? 'FAILED' : 'ok'}  ${this.#path(file)}: ${words.join(', ')} (${(ms / 1000).toFixed(1)} s)\n`,
    );
    const output = this.#output.get(file);
    if (bad > 0 && output) process.stdout.write(`${stripVTControlCharacters(output)}\n`);
    this.#output.delete(file);
  }

  #path(file: string | undefined): string {
    return file === undefined ? 'somewhere' : relative(this.#root, file);
  }
}
