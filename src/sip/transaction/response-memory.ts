import { randomInt } from 'node:crypto';

/** What is left of an answered request over UDP (RFC 3261 §17.2.2, Completed): what to say when it comes again. */
export interface Remembered {
  readonly response: string;
  /** Who has got it: an IP address. */
  readonly to: string;
}

/** A page has place for so many entries and bytes, of which each has half a kilobyte then. */
const PAGE_ENTRIES = 256;
const PAGE_BYTES = 131_072;
/** So many bytes for each entry are taken at most, over all. */
const MEAN_BYTES = 1024;
/** A table of tens of thousands would stand still while it grows; so many small ones do not. A power of two. */
const TABLES = 64;
/** Whoever knew it could choose branches that are looked for one after the other. */
const SEED = randomInt(2 ** 31);
/** Numbers of pages go round below this; those of entries are then what V8 keeps without an object of its own. */
const ROUND = 2 ** 22;
const NONE = -1;

/**
 * The answers of the last while, and never more than a number of them: the oldest goes first. Most are never looked at
 * again, so they are no objects: tens of thousands that live for half a minute each would keep the garbage collector busy
 * for nothing. Texts lie in pages of bytes, what is known of them in arrays of numbers, and time is looked at when
 * somebody asks. Nothing of what is kept is ever moved.
 */
export class ResponseMemory {
  readonly #now: () => number;
  readonly #keptMs: number;
  readonly #maxEntries: () => number;
  /** The newest entry of each hash; older ones follow by `older`. */
  readonly #newest = Array.from({ length: TABLES }, () => new Map<number, number>());
  /** The oldest first. */
  #pages: Page[] = [];
  /** The number of the first page. The number of an entry is its page's times `PAGE_ENTRIES`, and its place there. */
  #firstPage = 0;
  /** The place of the oldest entry in the first page, and how many there are in all. */
  #first = 0;
  #count = 0;
  #spare: Page | undefined;

  /**
   * @param now         milliseconds
   * @param keptMs      how long an answer is given again
   * @param maxEntries  asked each time
   */
  constructor(now: () => number, keptMs: number, maxEntries: () => number) {
    this.#now = now;
    this.#keptMs = keptMs;
    this.#maxEntries = maxEntries;
  }

  get size(): number {
    return this.#count;
  }

  /** Texts are byte strings. */
  set(key: string, response: string, to: string): void {
    const now = this.#now();
    const max = this.#maxEntries();
    while (this.#count > 0 && (this.#count >= max || now - this.#pages[0]!.times[this.#first]! > this.#keptMs))
      this.#dropFirst();
    const length = key.length + to.length + response.length;
    const page = this.#pageFor(length, max);
    const slot = page.count++;
    const hash = hashOf(key);
    const newest = this.#newest[hash % TABLES]!;
    page.bytes.write(key + to + response, page.used, 'latin1');
    page.hashes[slot] = hash;
    page.older[slot] = newest.get(hash) ?? NONE;
    page.offsets[slot] = page.used;
    page.keyLengths[slot] = key.length;
    page.toLengths[slot] = to.length;
    page.lengths[slot] = length;
    page.times[slot] = now;
    page.used += length;
    newest.set(hash, numberOf(this.#firstPage + this.#pages.length - 1, slot));
    this.#count++;
  }

  get(key: string): Remembered | undefined {
    const number = this.#find(key);
    if (number === NONE) return undefined;
    const page = this.#pageOf(number)!;
    const slot = number % PAGE_ENTRIES;
    const offset = page.offsets[slot]!;
    const start = offset + page.keyLengths[slot]!;
    const middle = start + page.toLengths[slot]!;
    return {
      to: page.bytes.toString('latin1', start, middle),
      response: page.bytes.toString('latin1', middle, offset + page.lengths[slot]!),
    };
  }

  has(key: string): boolean {
    return this.#find(key) !== NONE;
  }

  /** It is not found again; its place is free when its turn has come. */
  delete(key: string): void {
    const number = this.#find(key);
    if (number !== NONE) this.#pageOf(number)!.times[number % PAGE_ENTRIES] = Number.NEGATIVE_INFINITY;
  }

  clear(): void {
    for (const table of this.#newest) table.clear();
    this.#pages = [];
    this.#spare = undefined;
    this.#first = 0;
    this.#count = 0;
  }

  #find(key: string): number {
    if (this.#count === 0) return NONE;
    const now = this.#now();
    const hash = hashOf(key);
    let number = this.#newest[hash % TABLES]!.get(hash) ?? NONE;
    for (let page = this.#pageOf(number); page !== undefined; page = this.#pageOf(number)) {
      const slot = number % PAGE_ENTRIES;
      if (now - page.times[slot]! <= this.#keptMs && isKey(page, slot, key)) return number;
      number = page.older[slot]!;
    }
    return NONE;
  }

  /** Undefined for an entry that is no longer there. */
  #pageOf(number: number): Page | undefined {
    if (number === NONE) return undefined;
    const at = (Math.floor(number / PAGE_ENTRIES) - this.#firstPage + ROUND) % ROUND;
    return at === 0 && number % PAGE_ENTRIES < this.#first ? undefined : this.#pages[at];
  }

  #dropFirst(): void {
    const page = this.#pages[0]!;
    const hash = page.hashes[this.#first]!;
    const newest = this.#newest[hash % TABLES]!;
    if (newest.get(hash) === numberOf(this.#firstPage, this.#first)) newest.delete(hash);
    this.#first++;
    this.#count--;
    if (this.#first === page.count) this.#dropPage(page);
  }

  #dropPage(page: Page): void {
    this.#pages.shift();
    this.#firstPage = (this.#firstPage + 1) % ROUND;
    this.#first = 0;
    if (page.bytes.length === PAGE_BYTES) this.#spare = page;
  }

  /** The last page where it has room, else a new one; for it the oldest ones go when all bytes are taken. */
  #pageFor(length: number, max: number): Page {
    const last = this.#pages.at(-1);
    if (last !== undefined && last.count < PAGE_ENTRIES && last.used + length <= last.bytes.length) return last;
    while (this.#pages.length > 1 && this.#pages.length * PAGE_BYTES > max * MEAN_BYTES) this.#dropFirst();
    const page = length <= PAGE_BYTES && this.#spare !== undefined ? this.#spare : newPage(length);
    if (page === this.#spare) this.#spare = undefined;
    page.count = 0;
    page.used = 0;
    this.#pages.push(page);
    return page;
  }
}

interface Page {
  readonly bytes: Buffer;
  readonly hashes: Int32Array;
  readonly older: Int32Array;
  readonly offsets: Int32Array;
  readonly keyLengths: Int32Array;
  readonly toLengths: Int32Array;
  readonly lengths: Int32Array;
  readonly times: Float64Array;
  count: number;
  /** Bytes. */
  used: number;
}

/** @param length what it must have room for, in bytes */
function newPage(length: number): Page {
  const numbers = (): Int32Array => new Int32Array(PAGE_ENTRIES);
  return {
    bytes: Buffer.allocUnsafeSlow(Math.max(PAGE_BYTES, length)),
    hashes: numbers(),
    older: numbers(),
    offsets: numbers(),
    keyLengths: numbers(),
    toLengths: numbers(),
    lengths: numbers(),
    times: new Float64Array(PAGE_ENTRIES),
    count: 0,
    used: 0,
  };
}

function numberOf(page: number, slot: number): number {
  return (page % ROUND) * PAGE_ENTRIES + slot;
}

function isKey(page: Page, slot: number, key: string): boolean {
  const offset = page.offsets[slot]!;
  return page.keyLengths[slot] === key.length && page.bytes.toString('latin1', offset, offset + key.length) === key;
}

/** FNV-1a, in 30 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5 ^ SEED;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash & 0x3fffffff;
}
