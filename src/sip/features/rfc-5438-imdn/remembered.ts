/** What has to be known of a message when something is told of it later. A few for each, in memory alone. */
export class Remembered<Owner extends object, T> {
  readonly #all = new WeakMap<Owner, Map<string, T>>();
  readonly #max: number;

  /** @param max for each owner; the oldest is forgotten first */
  constructor(max: number) {
    this.#max = max;
  }

  put(owner: Owner, id: string, value: T): void {
    let own = this.#all.get(owner);
    if (own === undefined) {
      own = new Map();
      this.#all.set(owner, own);
    }
    own.delete(id);
    own.set(id, value);
    if (own.size > this.#max) own.delete(own.keys().next().value!);
  }

  get(owner: Owner | undefined, id: string): T | undefined {
    return owner === undefined ? undefined : this.#all.get(owner)?.get(id);
  }
}
