import type { Clock } from './clock.ts';

interface Entry<T> {
  readonly item: T;
  /** Epoch milliseconds. */
  at: number;
  /** The second whose list it stands on. That of one that was put off comes first, and then it moves on. */
  second: number;
}

const TICK_MS = 1000;

/**
 * Things that fall due at a time of their own, and are mostly put off before that. However many there are, there is one
 * timer, and putting one off costs a look-up. They fall due up to a second late, never early.
 */
export class Deadlines<T> {
  readonly #clock: Clock;
  readonly #due: (item: T) => void;
  readonly #entries = new Map<T, Entry<T>>();
  readonly #lists = new Map<number, Entry<T>[]>();
  #last = 0;
  #stop: (() => void) | undefined;

  constructor(clock: Clock, due: (item: T) => void) {
    this.#clock = clock;
    this.#due = due;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Says when something falls due; what was said of it before no longer holds. */
  set(item: T, at: number): void {
    const known = this.#entries.get(item);
    const entry = known ?? { item, at, second: Number.POSITIVE_INFINITY };
    entry.at = at;
    if (known === undefined) this.#entries.set(item, entry);
    this.#start();
    const second = Math.max(secondOf(at), this.#last + 1);
    if (second < entry.second) this.#list(entry, second);
  }

  delete(item: T): void {
    const entry = this.#entries.get(item);
    if (entry === undefined) return;
    this.#entries.delete(item);
    entry.second = Number.NaN;
    if (this.#entries.size === 0) this.stop();
  }

  /** Nothing falls due any more. */
  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
    this.#entries.clear();
    this.#lists.clear();
  }

  #start(): void {
    if (this.#stop !== undefined) return;
    this.#last = Math.floor(this.#clock.now() / TICK_MS);
    this.#stop = this.#clock.every(TICK_MS, () => this.#tick());
  }

  #list(entry: Entry<T>, second: number): void {
    entry.second = second;
    const list = this.#lists.get(second);
    if (list === undefined) this.#lists.set(second, [entry]);
    else list.push(entry);
  }

  #tick(): void {
    const now = Math.floor(this.#clock.now() / TICK_MS);
    // After a machine has slept there are more seconds than lists.
    const seconds =
      now - this.#last > this.#lists.size
        ? [...this.#lists.keys()].filter((second) => second <= now).sort((a, b) => a - b)
        : Array.from({ length: Math.max(0, now - this.#last) }, (_, i) => this.#last + 1 + i);
    this.#last = Math.max(this.#last, now);
    for (const second of seconds) this.#run(second);
    if (this.#entries.size === 0) this.stop();
  }

  #run(second: number): void {
    const list = this.#lists.get(second);
    if (list === undefined) return;
    this.#lists.delete(second);
    for (const entry of list) {
      if (entry.second !== second) continue;
      if (secondOf(entry.at) > second) {
        this.#list(entry, secondOf(entry.at));
      } else {
        this.#entries.delete(entry.item);
        entry.second = Number.NaN;
        this.#due(entry.item);
      }
    }
  }
}

/** The first whole second at which it is past. */
function secondOf(at: number): number {
  return Math.ceil(at / TICK_MS);
}
