/**
 * A file of lines that begins anew when it is full; those before are kept beside it, up to a number:
 * `rollcall.log`, then `rollcall.log.1`, the younger the lower the number.
 */
import { closeSync, fstatSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

export interface LogFileLimits {
  /** Live: a change holds at once. */
  readonly fileBytes: number;
  /** How many there are, the one that is written to included. */
  readonly files: number;
}

/** How long nothing is tried after a write that failed: a full disk does not become a burden besides. */
const REST_MS = 5000;

/** Written before `write` returns, so that a crash loses none. A disk that takes nothing costs lines, and nothing else. */
export class LogFile {
  readonly path: string;
  /** Lines that could not be written since the last one that could. */
  lost = 0;
  readonly #limits: LogFileLimits;
  #handle: number | undefined;
  #size = 0;
  #restUntil = 0;

  constructor(path: string, limits: LogFileLimits) {
    this.path = path;
    this.#limits = limits;
  }

  /** @param line with its end */
  write(line: string): void {
    if (this.lost > 0 && performance.now() < this.#restUntil) {
      this.lost++;
      return;
    }
    try {
      this.#handle ??= this.#open();
      const bytes = Buffer.from(this.#withLost(line));
      if (this.#size > 0 && this.#size + bytes.length > this.#limits.fileBytes) this.#turn();
      this.#size += writeSync(this.#handle, bytes);
      this.lost = 0;
    } catch {
      this.lost++;
      this.#restUntil = performance.now() + REST_MS;
      this.close();
    }
  }

  close(): void {
    const handle = this.#handle;
    this.#handle = undefined;
    if (handle !== undefined) closeSync(handle);
  }

  #withLost(line: string): string {
    if (this.lost === 0) return line;
    const words = {
      level: 'warn',
      time: new Date().toISOString(),
      lines: this.lost,
      msg: 'lines of the log were lost',
    };
    return `${JSON.stringify(words)}\n${line}`;
  }

  #open(): number {
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
    const handle = openSync(this.path, 'a', 0o600);
    this.#size = fstatSync(handle).size;
    return handle;
  }

  #turn(): void {
    this.close();
    const { files } = this.#limits;
    rmSync(this.#numbered(files - 1), { force: true });
    for (let number = files - 2; number >= 0; number--) {
      try {
        renameSync(this.#numbered(number), this.#numbered(number + 1));
      } catch {
        // There are not so many yet.
      }
    }
    this.#handle = this.#open();
  }

  #numbered(number: number): string {
    return number === 0 ? this.path : `${this.path}.${number}`;
  }
}
