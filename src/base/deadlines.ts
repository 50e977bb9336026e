import type { Clock } from './clock.ts';
import { WideMap } from './wide-map.ts';

interface Entry<T> {
  readonly item: T;
  /** Epoch milliseconds. */
  at: number;
  /** The tick whose list it stands on. That of one that was put off comes first, and then it moves on. */
  tick: number;
}

/** Unless said otherwise. */
const TICK_MS = 1000;
/** What one turn of the event loop may be held up by it. */
const SLICE_MS = 8;
const LOOK_EVERY = 16;

/**
 * Things that fall due at a time of their own, and are mostly put off before that. However many there are, there is one
 * timer, and putting one off costs a look-up. They fall due up to a tick (a second, unless said otherwise) late, never early.
 * Where a hundred thousand do in one tick, they do so in slices.
 */
export class Deadlines<T> {
  readonly #clock: Clock;
  readonly #due: (item: T) => void;
  readonly #tickMs: number;
  readonly #entries: WideMap<T, Entry<T>>;
  readonly #lists = new Map<number, Entry<T>[]>();
  #last = 0;
  /** What has fallen due and is not done, and how far it is. */
  #running: { readonly tick: number; readonly list: readonly Entry<T>[] }[] = [];
  #next = 0;
  #turn: NodeJS.Immediate | undefined;
  #stop: (() => void) | undefined;

  /** @param spread a number for each item, always the same: where there may be very many, see `WideMap` */
  constructor(clock: Clock, due: (item: T) => void, tickMs = TICK_MS, spread: (item: T) => number = toOne) {
    this.#entries = new WideMap(spread);
    this.#clock = clock;
    this.#due = due;
    this.#tickMs = tickMs;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Says when something falls due; what was said of it before no longer holds. */
  set(item: T, at: number): void {
    const known = this.#entries.get(item);
    const entry = known ?? { item, at, tick: Number.POSITIVE_INFINITY };
    entry.at = at;
    if (known === undefined) this.#entries.set(item, entry);
    this.#start();
    const tick = Math.max(this.#tickOf(at), this.#last + 1);
    if (tick < entry.tick) this.#list(entry, tick);
  }

  delete(item: T): void {
    const entry = this.#entries.get(item);
    if (entry === undefined) return;
    this.#entries.delete(item);
    entry.tick = Number.NaN;
    if (this.#entries.size === 0) this.stop();
  }

  /** Nothing falls due any more. */
  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
    clearImmediate(this.#turn);
    this.#turn = undefined;
    this.#running = [];
    this.#next = 0;
    this.#entries.clear();
    this.#lists.clear();
  }

  #start(): void {
    if (this.#stop !== undefined) return;
    this.#last = Math.floor(this.#clock.now() / this.#tickMs);
    this.#stop = this.#clock.every(this.#tickMs, () => this.#tick());
  }

  #list(entry: Entry<T>, tick: number): void {
    entry.tick = tick;
    const list = this.#lists.get(tick);
    if (list === undefined) this.#lists.set(tick, [entry]);
    else list.push(entry);
  }

  #tick(): void {
    const now = Math.floor(this.#clock.now() / this.#tickMs);
    // After a machine has slept there are more ticks than lists.
    const ticks =
      now - this.#last > this.#lists.size
        ? [...this.#lists.keys()].filter((tick) => tick <= now).sort((a, b) => a - b)
        : Array.from({ length: Math.max(0, now - this.#last) }, (_, i) => this.#last + 1 + i);
    this.#last = Math.max(this.#last, now);
    for (const tick of ticks) {
      const list = this.#lists.get(tick);
      if (list === undefined) continue;
      this.#lists.delete(tick);
      this.#running.push({ tick, list });
    }
    if (this.#turn === undefined) this.#slice();
    if (this.#entries.size === 0) this.stop();
  }

  #slice = (): void => {
    this.#turn = undefined;
    const until = performance.now() + SLICE_MS;
    for (let done = 1; this.#running.length > 0; done++) {
      const { tick, list } = this.#running[0]!;
      const entry = list[this.#next++];
      if (entry === undefined) {
        this.#running.shift();
        this.#next = 0;
      } else if (entry.tick === tick) this.#look(entry);
      if (done % LOOK_EVERY === 0 && performance.now() >= until) {
        this.#turn = setImmediate(this.#slice);
        return;
      }
    }
  };

  /** It is due, unless it was put off. */
  #look(entry: Entry<T>): void {
    const tick = this.#tickOf(entry.at);
    if (tick > this.#last) {
      this.#list(entry, tick);
      return;
    }
    this.#entries.delete(entry.item);
    entry.tick = Number.NaN;
    this.#due(entry.item);
  }

  /** The first whole tick at which it is past. */
  #tickOf(at: number): number {
    return Math.ceil(at / this.#tickMs);
  }
}

function toOne(): number {
  return 0;
}
