import type { Version } from '../wire/notation.ts';
import { type AxlError, tooLarge } from './axl-fault.ts';
import type { AxlRequest } from './request.ts';
import type { Caller } from './sign-in.ts';

/** Carries out one operation. @returns what is inside the response's element, as it stands on the wire */
export type Run = (request: AxlRequest, caller: Caller) => Promise<string>;

/** One operation of AXL. */
export interface Served {
  /** Whether it changes anything. */
  readonly writes: boolean;
  /** Whether its answer may be large; few of those are made at once. */
  readonly isLarge: boolean;
  /** The first schema version that has it, and the last. */
  readonly from: Version;
  readonly until: Version;
  readonly run: Run;
}

export type Operations = ReadonlyMap<string, Served>;

/** Gathers the rows of an answer, and measures them on the way. */
export class Rows {
  readonly #maxBytes: number;
  #pieces: string[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get count(): number {
    return this.#pieces.length;
  }

  /** @returns false where it would be too much with this row */
  add(row: string): boolean {
    this.#bytes += Buffer.byteLength(row);
    if (this.#bytes > this.#maxBytes) return false;
    this.#pieces.push(row);
    return true;
  }

  text(): string {
    return inReturn(this.#pieces.join(''));
  }

  /** @param matched rows in all */
  tooLarge(matched: number): AxlError {
    return tooLarge(matched, Math.max(1, this.#pieces.length));
  }
}

export function inReturn(inside: string): string {
  return inside === '' ? '<return/>' : `<return>${inside}</return>`;
}
