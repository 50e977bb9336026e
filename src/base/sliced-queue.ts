import { performance } from 'node:perf_hooks';

/** What one turn of the event loop may be held up by it. */
const SLICE_MS = 8;
const LOOK_EVERY = 4;

/**
 * Work that may come in any amount, and is done a slice in each turn of the event loop, so that nothing else waits for
 * long. Something that waits already is not queued twice.
 */
export class SlicedQueue<T> {
  readonly #items = new Set<T>();
  readonly #work: (item: T) => 'more' | undefined;
  #scheduled = false;

  /** @param work does a small piece; 'more': there is more to do of this item. It must not throw. */
  constructor(work: (item: T) => 'more' | undefined) {
    this.#work = work;
  }

  get size(): number {
    return this.#items.size;
  }

  push(item: T): void {
    this.#items.add(item);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#slice());
  }

  delete(item: T): void {
    this.#items.delete(item);
  }

  /** Does all that is left, now. */
  drain(): void {
    for (const item of this.#items) this.#do(item);
  }

  #slice(): void {
    this.#scheduled = false;
    const until = performance.now() + SLICE_MS;
    let done = 0;
    for (const item of this.#items) {
      this.#do(item);
      if (++done % LOOK_EVERY === 0 && performance.now() >= until) break;
    }
    if (this.#items.size === 0) return;
    this.#scheduled = true;
    setImmediate(() => this.#slice());
  }

  /** What is queued again while it is worked on comes once more, after the others. */
  #do(item: T): void {
    this.#items.delete(item);
    if (this.#work(item) === 'more') this.#items.add(item);
  }
}
