import { type Queue, Timer, type Timers, TRANSACTION_MS } from './timers.ts';

/** What is left of an answered request over UDP (RFC 3261 §17.2.2, Completed): what to say when it comes again. */
export class Remembered extends Timer {
  readonly key: string;
  /** '' where nobody has asked whether it is merged. */
  readonly mergeKey: string;
  readonly response: string;
  /** Who has got it: an IP address. */
  readonly to: string;
  readonly #memory: Memory;

  constructor(memory: Memory, key: string, mergeKey: string, response: string, to: string) {
    super();
    this.#memory = memory;
    this.key = key;
    this.mergeKey = mergeKey;
    this.response = response;
    this.to = to;
  }

  /** Timer J. */
  fire(): void {
    this.#memory.gone(this);
  }
}

/** The answered requests of 32 seconds, and never more than a number of them: the oldest goes first. */
export class Memory {
  readonly #timers: Timers;
  readonly #queue: Queue;
  readonly #forgotten: (remembered: Remembered) => void;
  size = 0;

  /** @param forgotten told of each that goes */
  constructor(timers: Timers, forgotten: (remembered: Remembered) => void) {
    this.#timers = timers;
    this.#queue = timers.newQueue(TRANSACTION_MS);
    this.#forgotten = forgotten;
  }

  add(key: string, mergeKey: string, response: string, to: string, maxSize: number): Remembered {
    while (this.size >= maxSize) this.forget(this.#queue.first as Remembered);
    const remembered = new Remembered(this, key, mergeKey, response, to);
    this.#timers.startIn(this.#queue, remembered);
    this.size++;
    return remembered;
  }

  forget(remembered: Remembered): void {
    this.#timers.stop(remembered);
    this.gone(remembered);
  }

  /** Its time is over. */
  gone(remembered: Remembered): void {
    this.size--;
    this.#forgotten(remembered);
  }
}
