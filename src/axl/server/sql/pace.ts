import { setImmediate } from 'node:timers/promises';

const PORTION = 2048;

/** Long work gives way to others after each portion: `if (pace.isDue()) await pace.rest()`. */
export class Pace {
  #steps = 0;

  isDue(): boolean {
    return ++this.#steps % PORTION === 0;
  }

  rest(): Promise<void> {
    return setImmediate();
  }

  /** Sorts in portions; what is equal stays in its order. */
  async sort<T>(all: readonly T[], compare: (a: T, b: T) => number): Promise<T[]> {
    let runs: T[][] = [];
    for (let i = 0; i < all.length; i += PORTION) {
      runs.push(all.slice(i, i + PORTION).sort(compare));
      await this.rest();
    }
    while (runs.length > 1) {
      const merged: T[][] = [];
      for (let i = 0; i < runs.length; i += 2) merged.push(await this.#merge(runs[i]!, runs[i + 1] ?? [], compare));
      runs = merged;
    }
    return runs[0] ?? [];
  }

  async #merge<T>(a: readonly T[], b: readonly T[], compare: (a: T, b: T) => number): Promise<T[]> {
    const merged: T[] = [];
    let i = 0;
    let j = 0;
    while (i < a.length || j < b.length) {
      if (j >= b.length || (i < a.length && compare(a[i]!, b[j]!) <= 0)) merged.push(a[i++]!);
      else merged.push(b[j++]!);
      if (this.isDue()) await this.rest();
    }
    return merged;
  }
}
