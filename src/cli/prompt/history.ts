/** What was typed at the prompt, from one time to the next; nobody but the owner of the data folder reads it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '#setup/files.ts';

const MAX_LINES = 500;
const MAX_LENGTH = 2000;
/** Lines with these words may hold what is nobody else's business. */
const SECRET = /passw|secret|token|credential|private/i;

export class History {
  readonly #file: string;
  #lines: string[];

  /** @param data the data folder; where there is none, nothing is kept */
  constructor(data: string) {
    this.#file = join(data, 'cli_history');
    this.#lines = read(this.#file);
  }

  /** The latest first, as readline has them. */
  get latestFirst(): string[] {
    return this.#lines.toReversed();
  }

  add(line: string): void {
    const kept = line.trim();
    if (kept === '' || kept.length > MAX_LENGTH || SECRET.test(kept) || kept === this.#lines.at(-1)) return;
    this.#lines = [...this.#lines, kept].slice(-MAX_LINES);
    if (!existsSync(join(this.#file, '..', 'server.json'))) return;
    try {
      replaceFile(this.#file, `${this.#lines.join('\n')}\n`);
    } catch {
      // A full disk, or another's folder: the prompt works without.
    }
  }
}

function read(file: string): string[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .slice(-MAX_LINES);
  } catch {
    return [];
  }
}
