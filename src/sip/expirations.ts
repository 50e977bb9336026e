import type { Clock } from '#base/clock.ts';

/**
 * What ends at a time that is known, to the second, and is mostly put off before: a hundred thousand of them cost one
 * timer, and to put one off costs two operations on sets.
 */
export class Expirations<T extends object> {
  readonly #clock: Clock;
  readonly #expired: (item: T) => void;
  readonly #bySecond = new Map<number, Set<T>>();
  readonly #secondOf = new Map<T, number>();
  #lastSecond: number;
  #stopTicking: (() => void) | undefined;

  constructor(clock: Clock, expired: (item: T) => void) {
    this.#clock = clock;
    this.#expired = expired;
    this.#lastSecond = this.#now();
  }

  /** @param at epoch milliseconds; takes the place of what was said of it before */
  set(item: T, at: number): void {
    const second = Math.max(Math.ceil(at / 1000), this.#lastSecond + 1);
    const before = this.#secondOf.get(item);
    if (before === second) return;
    if (before !== undefined) this.#remove(item, before);
    this.#secondOf.set(item, second);
    const others = this.#bySecond.get(second);
    if (others === undefined) this.#bySecond.set(second, new Set([item]));
    else others.add(item);
    if (this.#stopTicking === undefined) {
      this.#lastSecond = Math.min(this.#now(), second - 1);
      this.#stopTicking = this.#clock.every(1000, () => this.#tick());
    }
  }

  delete(item: T): void {
    const second = this.#secondOf.get(item);
    if (second === undefined) return;
    this.#secondOf.delete(item);
    this.#remove(item, second);
  }

  stop(): void {
    this.#stopTicking?.();
    this.#stopTicking = undefined;
    this.#bySecond.clear();
    this.#secondOf.clear();
  }

  #now(): number {
    return Math.floor(this.#clock.now() / 1000);
  }

  #remove(item: T, second: number): void {
    const others = this.#bySecond.get(second);
    others?.delete(item);
    if (others?.size === 0) this.#bySecond.delete(second);
  }

  #tick(): void {
    const now = this.#now();
    while (this.#lastSecond < now) {
      const due = this.#bySecond.get(++this.#lastSecond);
      if (due === undefined) continue;
      this.#bySecond.delete(this.#lastSecond);
      for (const item of due) {
        this.#secondOf.delete(item);
        this.#expired(item);
      }
    }
    if (this.#secondOf.size > 0) return;
    this.#stopTicking?.();
    this.#stopTicking = undefined;
  }
}
