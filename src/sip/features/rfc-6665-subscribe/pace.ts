/** A change that many watch is told in slices, so that what comes in meanwhile is read in between. */
const SLICE_MS = 4;
/** So many are told before the clock is looked at again, and at most so many in one turn of the event loop. */
const BETWEEN_LOOKS = 16;
const SLICE = 128;

/** Works a queue off, a slice in each turn of the event loop. */
export class Pace<T> {
  readonly #run: (item: T) => void;
  #queue: T[] = [];
  #next = 0;
  #turn: NodeJS.Immediate | undefined;

  constructor(run: (item: T) => void) {
    this.#run = run;
  }

  add(item: T): void {
    this.#queue.push(item);
    this.#turn ??= setImmediate(this.#slice);
  }

  stop(): void {
    clearImmediate(this.#turn);
    this.#queue = [];
    this.#next = 0;
  }

  #slice = (): void => {
    const until = performance.now() + SLICE_MS;
    const end = Math.min(this.#next + SLICE, this.#queue.length);
    while (this.#next < end) {
      this.#run(this.#queue[this.#next++]!);
      if (this.#next % BETWEEN_LOOKS === 0 && performance.now() > until) break;
    }
    if (this.#next < this.#queue.length) {
      this.#turn = setImmediate(this.#slice);
      return;
    }
    this.#queue = [];
    this.#next = 0;
    this.#turn = undefined;
  };
}
