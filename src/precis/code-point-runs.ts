/** A property of all code points, kept as the runs in which it does not change. */
export class CodePointRuns {
  #starts: Uint32Array;
  #values: string[];

  /** @param text `start:value` of each run, start in hexadecimal, in order, the first at 0 */
  constructor(text: string) {
    const runs = text
      .trim()
      .split(/\s+/)
      .map((run) => run.split(':'));
    this.#starts = Uint32Array.from(runs, ([start]) => Number.parseInt(start!, 16));
    this.#values = runs.map(([, value]) => value!);
  }

  of(codePoint: number): string {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#starts[middle]! <= codePoint) low = middle;
      else high = middle - 1;
    }
    return this.#values[low]!;
  }
}
