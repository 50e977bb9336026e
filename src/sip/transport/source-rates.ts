/** Sources that are counted one by one within a second; of a flood of invented ones the rest share a count. */
const MAX_SOURCES = 20_000;

/** How much each network address has sent in the current second. Costs one look-up for each datagram. */
export class SourceRates {
  #counts = new Map<string, { count: number }>();
  #others = { count: 0 };
  #second = 0;

  /** Counts one, and tells whether it is within the limit. @param now epoch milliseconds */
  isWithin(limit: number, source: string, now: number): boolean {
    const second = Math.floor(now / 1000);
    if (second !== this.#second) this.#begin(second);
    let of = this.#counts.get(source);
    if (of === undefined) {
      of = this.#counts.size < MAX_SOURCES ? { count: 0 } : this.#others;
      if (of !== this.#others) this.#counts.set(source, of);
    }
    of.count++;
    return of.count <= limit;
  }

  #begin(second: number): void {
    this.#second = second;
    this.#counts.clear();
    this.#others.count = 0;
  }
}
