import type { Subscription } from './subscription.ts';

const NONE: ReadonlySet<Subscription> = new Set();

/** Subscriptions by an address that they have to do with. */
export class ByAccount {
  readonly #sets = new Map<string, Set<Subscription>>();

  of(address: string): ReadonlySet<Subscription> {
    return this.#sets.get(address) ?? NONE;
  }

  add(address: string, subscription: Subscription): void {
    const set = this.#sets.get(address);
    if (set === undefined) this.#sets.set(address, new Set([subscription]));
    else set.add(subscription);
  }

  delete(address: string, subscription: Subscription): void {
    const set = this.#sets.get(address);
    set?.delete(subscription);
    if (set?.size === 0) this.#sets.delete(address);
  }
}
