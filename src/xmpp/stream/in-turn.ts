/**
 * Deals with things one after the other: one that takes time holds up those that come after it, for a client's stanzas
 * are dealt with in their order (RFC 6120 §10.1).
 */
export class InTurn<T> {
  #handle: (item: T) => void | Promise<void>;
  #failed: (error: unknown) => void;
  #busy = false;
  #waiting: T[] = [];
  #first = 0;

  /** @param failed told what `handle` threw, or its promise was rejected with */
  constructor(handle: (item: T) => void | Promise<void>, failed: (error: unknown) => void) {
    this.#handle = handle;
    this.#failed = failed;
  }

  /** How many have to wait. */
  get length(): number {
    return this.#waiting.length - this.#first;
  }

  take(item: T): void {
    if (this.#busy) this.#waiting.push(item);
    else this.#start(item);
  }

  /** Forgets what waits. */
  clear(): void {
    this.#waiting = [];
    this.#first = 0;
  }

  #start(item: T): void {
    try {
      const handling = this.#handle(item);
      if (handling === undefined) return;
      this.#busy = true;
      handling.then(
        () => this.#goOn(),
        (error: unknown) => {
          this.#failed(error);
          this.#goOn();
        },
      );
    } catch (error) {
      this.#failed(error);
    }
  }

  #goOn(): void {
    this.#busy = false;
    while (!this.#busy && this.#first < this.#waiting.length) this.#start(this.#waiting[this.#first++]!);
    if (this.#first === this.#waiting.length) this.clear();
  }
}
