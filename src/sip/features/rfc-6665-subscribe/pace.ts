/**
 * So many are told in one turn of the event loop. Each of them answers, and in one turn no more than 32 datagrams are read
 * (libuv): who sends more than is read in return has the answers of a crowd dropped by the system.
 */
const SLICE = 24;
/** Documents that are made for each watcher (lists, filters) take longer. */
const SLICE_MS = 8;

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
    const end = Math.min(this.#next + SLICE, this.#queue.length);
    const until = performance.now() + SLICE_MS;
    while (this.#next < end && performance.now() < until) this.#run(this.#queue[this.#next++]!);
    if (this.#next < this.#queue.length) {
      this.#turn = setImmediate(this.#slice);
      return;
    }
    this.#queue = [];
    this.#next = 0;
    this.#turn = undefined;
  };
}
