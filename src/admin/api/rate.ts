import type { Clock } from '#base/clock.ts';

const MINUTE_MS = 60_000;
/** So many are remembered; then all begin anew. */
const MAX_ENTRIES = 10_000;

/** How often somebody does something within a minute. */
export class Rate {
  readonly #clock: Clock;
  readonly #perMinute: () => number;
  readonly #counts = new Map<string, { since: number; count: number }>();

  /** @param perMinute asked each time, so that a changed setting holds at once */
  constructor(clock: Clock, perMinute: () => number) {
    this.#clock = clock;
    this.#perMinute = perMinute;
  }

  /** Counts once more. @returns in how many seconds it may be tried again; 0: now */
  count(who: string): number {
    const now = this.#clock.now();
    let known = this.#counts.get(who);
    if (known === undefined || known.since + MINUTE_MS <= now || known.since > now) {
      if (this.#counts.size >= MAX_ENTRIES) this.#counts.clear();
      known = { since: now, count: 0 };
      this.#counts.set(who, known);
    }
    known.count++;
    return this.#waitSeconds(known, now);
  }

  /** The same, without counting. */
  wait(who: string): number {
    const known = this.#counts.get(who);
    const now = this.#clock.now();
    if (known === undefined || known.since + MINUTE_MS <= now) return 0;
    return known.count >= this.#perMinute() ? this.#waitSeconds({ ...known, count: known.count + 1 }, now) : 0;
  }

  #waitSeconds({ since, count }: { since: number; count: number }, now: number): number {
    return count > this.#perMinute() ? Math.max(1, Math.ceil((since + MINUTE_MS - now) / 1000)) : 0;
  }
}
