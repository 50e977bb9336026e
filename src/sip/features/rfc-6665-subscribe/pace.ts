/**
 * So many are told in one turn of the event loop. Each of them answers, and in one turn no more than 32 datagrams are read
 * (libuv): who sends more than is read in return has the answers of a crowd dropped by the system.
 */
const SLICE = 24;
/** So many answers the system's smallest buffer holds: a small crowd is told in one turn, after a pause. */
const BURST = 100;
const PAUSE_MS = 5;
/** Documents that are made for each watcher (lists, filters) take longer. */
const SLICE_MS = 8;

/** Works a queue off, a slice in each turn of the event loop. */
export class Pace<T> {
  readonly #run: (item: T) => void;
  #queue: T[] = [];
  #next = 0;
  #turn: NodeJS.Immediate | undefined;
  #lastAt = 0;

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
    const now = performance.now();
    const most = now - this.#lastAt > PAUSE_MS ? BURST : SLICE;
    const end = Math.min(this.#next + most, this.#queue.length);
    while (this.#next < end && performance.now() - now < SLICE_MS) this.#run(this.#queue[this.#next++]!);
    this.#lastAt = performance.now();
    if (this.#next < this.#queue.length) {
      this.#turn = setImmediate(this.#slice);
      return;
    }
    this.#queue = [];
    this.#next = 0;
    this.#turn = undefined;
  };
}
