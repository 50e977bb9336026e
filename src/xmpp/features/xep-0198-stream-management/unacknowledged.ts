/** A stanza that the client has not acknowledged yet. */
export interface Unacknowledged {
  readonly text: string;
  /** What the inbox is told once it is; 0 for nothing. */
  readonly archiveId: number;
}

/** Counters of XEP-0198 §4 are modulo 2^32. */
const MODULUS = 2 ** 32;

/** What was sent and not acknowledged, in order. Pure. XEP-0198 §4. */
export class UnacknowledgedQueue {
  /** Stanzas acknowledged since stream management was enabled, modulo 2^32. */
  acknowledged = 0;
  bytes = 0;
  #entries: Unacknowledged[] = [];
  /** Entries before it are done with; they are cut off now and then, not one by one. */
  #first = 0;

  get length(): number {
    return this.#entries.length - this.#first;
  }

  /** Stanzas sent, modulo 2^32. */
  get sent(): number {
    return (this.acknowledged + this.length) % MODULUS;
  }

  push(entry: Unacknowledged): void {
    this.#entries.push(entry);
    this.bytes += entry.text.length;
  }

  /**
   * The client has so many.
   * @returns the entries that it has acknowledged by that; undefined when it claims more than were sent
   */
  acknowledge(h: number): Unacknowledged[] | undefined {
    const count = (h - this.acknowledged + MODULUS) % MODULUS;
    if (count > this.length) return undefined;
    const done = this.#entries.slice(this.#first, this.#first + count);
    for (const { text } of done) this.bytes -= text.length;
    this.#first += count;
    this.acknowledged = h;
    if (this.#first > 64 && this.#first * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#first);
      this.#first = 0;
    }
    return done;
  }

  /** All that is left, oldest first. */
  rest(): Unacknowledged[] {
    return this.#entries.slice(this.#first);
  }
}

/** Reads a counter as it stands in an attribute; undefined when it is none. */
export function parseCount(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,10}$/.test(text)) return undefined;
  const count = Number(text);
  return count < MODULUS ? count : undefined;
}
