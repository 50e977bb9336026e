/** A power of two. */
const TABLES = 64;
/** What tells the keys of one map apart stands near their ends or their beginnings; so much of both is looked at. */
const ENDS = 8;

/**
 * A map of very many things. One table of a hundred thousand stands still for tens of milliseconds whenever it grows, and
 * whenever the garbage collector looks through it; of many small ones none does. Iteration is not in order of insertion.
 */
export class WideMap<K, V> {
  readonly #tables = Array.from({ length: TABLES }, () => new Map<K, V>());
  readonly #spread: (key: K) => number;
  #size = 0;

  /** @param spread a number for each key, always the same, and of its own as far as can be (see `spreadOf`) */
  constructor(spread: (key: K) => number) {
    this.#spread = spread;
  }

  get size(): number {
    return this.#size;
  }

  get(key: K): V | undefined {
    return this.#tableOf(key).get(key);
  }

  has(key: K): boolean {
    return this.#tableOf(key).has(key);
  }

  set(key: K, value: V): void {
    const table = this.#tableOf(key);
    const before = table.size;
    table.set(key, value);
    this.#size += table.size - before;
  }

  delete(key: K): boolean {
    const deleted = this.#tableOf(key).delete(key);
    if (deleted) this.#size--;
    return deleted;
  }

  clear(): void {
    for (const table of this.#tables) table.clear();
    this.#size = 0;
  }

  *values(): Generator<V, undefined> {
    for (const table of this.#tables) yield* table.values();
    return undefined;
  }

  #tableOf(key: K): Map<K, V> {
    return this.#tables[this.#spread(key) & (TABLES - 1)]!;
  }
}

/** A number for a text, by both its ends (FNV-1a). */
export function spreadOf(text: string): number {
  const { length } = text;
  let hash = 0x811c9dc5 ^ length;
  const step = (at: number): void => {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  };
  for (let at = 0; at < Math.min(ENDS, length); at++) step(at);
  for (let at = Math.max(ENDS, length - ENDS); at < length; at++) step(at);
  return hash ^ (hash >>> 15);
}
