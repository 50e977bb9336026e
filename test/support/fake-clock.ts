import type { Clock } from '#base/clock.ts';

/** A clock that stands still until `advance` is called: a test of a 32-second timer takes a millisecond. */
export class FakeClock implements Clock {
  #now: number;
  #timers = new Set<{ at: number; every: number; run: () => void }>();

  constructor(now = Date.UTC(2026, 0, 1)) {
    this.#now = now;
  }

  now = (): number => this.#now;

  after(afterMs: number, run: () => void): () => void {
    return this.#add({ at: this.#now + afterMs, every: 0, run });
  }

  every(everyMs: number, run: () => void): () => void {
    return this.#add({ at: this.#now + everyMs, every: everyMs, run });
  }

  /** Moves the time on by `ms`, running what falls due on the way, in order. */
  advance(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      let next: { at: number; every: number; run: () => void } | undefined;
      for (const timer of this.#timers) if (timer.at <= until && (!next || timer.at < next.at)) next = timer;
      if (!next) break;
      this.#now = next.at;
      if (next.every > 0) next.at += next.every;
      else this.#timers.delete(next);
      next.run();
    }
    this.#now = until;
  }

  #add(timer: { at: number; every: number; run: () => void }): () => void {
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }
}
