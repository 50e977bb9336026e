/**
 * What was made lately, by text. Two generations: when the young one is full it becomes the old one, and what was not
 * asked for since the turn before goes. Nothing is ever deleted singly, which costs a Map of this size more than a look-up.
 */
export class Recent<Value> {
  #generationSize: number;
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();

  /** @param maxEntries of both generations together */
  constructor(maxEntries: number) {
    this.#generationSize = Math.ceil(maxEntries / 2);
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(text: string): Value | undefined {
    const young = this.#young.get(text);
    if (young !== undefined) return young;
    const old = this.#old.get(text);
    if (old !== undefined) this.set(text, old);
    return old;
  }

  set(text: string, value: Value): void {
    if (this.#young.size >= this.#generationSize) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(text, value);
  }
}
