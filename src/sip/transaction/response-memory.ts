import { randomInt } from 'node:crypto';

/** What is left of an answered request over UDP (RFC 3261 §17.2.2, Completed): what to say when it comes again. */
export interface Remembered {
  readonly response: string;
  /** Who has got it: an IP address. */
  readonly to: string;
}

const FIRST_ENTRIES = 256;
const FIRST_BYTES = 65_536;
/** So many bytes for each entry are taken at most, over all. */
const MEAN_BYTES = 1024;
/** Whoever knew it could choose branches that are looked for one after the other. */
const SEED = randomInt(2 ** 31);
/** Numbers of entries go round below this, which is what V8 keeps without an object of its own. */
const ROUND = 2 ** 30;
const NONE = -1;

/**
 * The answers of the last while, and never more than a number of them: the oldest goes first. Most are never looked at
 * again, so they are no objects: tens of thousands that live for half a minute each would keep the garbage collector busy
 * for nothing. Texts lie in one ring of bytes, what is known of them in arrays of numbers, and time is looked at when
 * somebody asks.
 */
export class ResponseMemory {
  readonly #now: () => number;
  readonly #keptMs: number;
  readonly #maxEntries: () => number;
  /** The newest entry of each hash; older ones follow by `#older`. */
  #newest = new Map<number, number>();
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #writeAt = 0;
  #entries = FIRST_ENTRIES;
  #hashes = new Int32Array(FIRST_ENTRIES);
  #older = new Int32Array(FIRST_ENTRIES);
  #offsets = new Int32Array(FIRST_ENTRIES);
  #keyLengths = new Int32Array(FIRST_ENTRIES);
  #toLengths = new Int32Array(FIRST_ENTRIES);
  #lengths = new Int32Array(FIRST_ENTRIES);
  #times = new Float64Array(FIRST_ENTRIES);
  /** The number of the oldest entry, and how many there are. */
  #first = 0;
  #count = 0;

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
    while (this.#count > 0 && (this.#count >= max || this.#isOver(this.#first, now))) this.#dropFirst();
    if (this.#count === this.#entries) this.#widen();
    const length = key.length + to.length + response.length;
    const offset = this.#room(length);
    const number = (this.#first + this.#count) % ROUND;
    const slot = number % this.#entries;
    const hash = hashOf(key);
    this.#bytes.write(key + to + response, offset, 'latin1');
    this.#hashes[slot] = hash;
    this.#older[slot] = this.#newest.get(hash) ?? NONE;
    this.#offsets[slot] = offset;
    this.#keyLengths[slot] = key.length;
    this.#toLengths[slot] = to.length;
    this.#lengths[slot] = length;
    this.#times[slot] = now;
    this.#newest.set(hash, number);
    this.#count++;
  }

  get(key: string): Remembered | undefined {
    const slot = this.#find(key);
    if (slot === NONE) return undefined;
    const start = this.#offsets[slot]! + this.#keyLengths[slot]!;
    const middle = start + this.#toLengths[slot]!;
    return {
      to: this.#bytes.toString('latin1', start, middle),
      response: this.#bytes.toString('latin1', middle, this.#offsets[slot]! + this.#lengths[slot]!),
    };
  }

  has(key: string): boolean {
    return this.#find(key) !== NONE;
  }

  /** It is not found again; its place is free when its turn has come. */
  delete(key: string): void {
    const slot = this.#find(key);
    if (slot !== NONE) this.#times[slot] = Number.NEGATIVE_INFINITY;
  }

  clear(): void {
    this.#newest.clear();
    this.#count = 0;
    this.#writeAt = 0;
  }

  #find(key: string): number {
    if (this.#count === 0) return NONE;
    const now = this.#now();
    let number = this.#newest.get(hashOf(key)) ?? NONE;
    while (number !== NONE && this.#isThere(number)) {
      const slot = number % this.#entries;
      if (!this.#isOver(number, now) && this.#isKey(slot, key)) return slot;
      number = this.#older[slot]!;
    }
    return NONE;
  }

  #isThere(number: number): boolean {
    return (number - this.#first + ROUND) % ROUND < this.#count;
  }

  #isOver(number: number, now: number): boolean {
    return now - this.#times[number % this.#entries]! > this.#keptMs;
  }

  #isKey(slot: number, key: string): boolean {
    const offset = this.#offsets[slot]!;
    return this.#keyLengths[slot] === key.length && this.#bytes.toString('latin1', offset, offset + key.length) === key;
  }

  #dropFirst(): void {
    const hash = this.#hashes[this.#first % this.#entries]!;
    if (this.#newest.get(hash) === this.#first) this.#newest.delete(hash);
    this.#first = (this.#first + 1) % ROUND;
    this.#count--;
  }

  /** Where so many bytes are written: the ring is made larger for them, up to what is allowed; then the oldest go. */
  #room(length: number): number {
    for (let at = this.#fit(length); ; at = this.#fit(length)) {
      if (at !== NONE) {
        this.#writeAt = at + length;
        return at;
      }
      if (this.#count > 0 && 2 * this.#bytes.length > this.#maxEntries() * MEAN_BYTES) this.#dropFirst();
      else this.#enlarge(length);
    }
  }

  /** A free place in the ring. What is written never reaches the oldest text, for then it would look empty. */
  #fit(length: number): number {
    const { length: size } = this.#bytes;
    if (this.#count === 0) return length <= size ? 0 : NONE;
    const oldest = this.#offsets[this.#first % this.#entries]!;
    if (this.#writeAt <= oldest) return this.#writeAt + length < oldest ? this.#writeAt : NONE;
    if (this.#writeAt + length <= size) return this.#writeAt;
    return length < oldest ? 0 : NONE;
  }

  /** The ring at twice its size, its texts from the beginning in their order. */
  #enlarge(length: number): void {
    const larger = Buffer.allocUnsafeSlow(2 * this.#bytes.length + length);
    let at = 0;
    for (let i = 0; i < this.#count; i++) {
      const slot = ((this.#first + i) % ROUND) % this.#entries;
      const offset = this.#offsets[slot]!;
      this.#bytes.copy(larger, at, offset, offset + this.#lengths[slot]!);
      this.#offsets[slot] = at;
      at += this.#lengths[slot]!;
    }
    this.#bytes = larger;
    this.#writeAt = at;
  }

  /** Place for twice as many entries. Numbers start anew, so that they fit the places. */
  #widen(): void {
    const wider = 2 * this.#entries;
    const kept = Array.from({ length: this.#count }, (_, i) => ((this.#first + i) % ROUND) % this.#entries);
    const move = <A extends Int32Array | Float64Array>(from: A, to: A): A => {
      for (const [i, slot] of kept.entries()) to[i] = from[slot]!;
      return to;
    };
    this.#hashes = move(this.#hashes, new Int32Array(wider));
    this.#offsets = move(this.#offsets, new Int32Array(wider));
    this.#keyLengths = move(this.#keyLengths, new Int32Array(wider));
    this.#toLengths = move(this.#toLengths, new Int32Array(wider));
    this.#lengths = move(this.#lengths, new Int32Array(wider));
    this.#times = move(this.#times, new Float64Array(wider));
    this.#older = new Int32Array(wider);
    this.#entries = wider;
    this.#first = 0;
    this.#newest.clear();
    for (let i = 0; i < this.#count; i++) {
      const hash = this.#hashes[i]!;
      this.#older[i] = this.#newest.get(hash) ?? NONE;
      this.#newest.set(hash, i);
    }
  }
}

/** FNV-1a, in 30 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5 ^ SEED;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash & 0x3fffffff;
}
