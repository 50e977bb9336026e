import type { Clock } from '#base/clock.ts';
import type { Values } from '#base/settings.ts';
import { networkOf } from './network.ts';
import type { throttleSettings } from './settings.ts';

export type ThrottleSettings = Readonly<Values<typeof throttleSettings.shape>>;

export type Attempt = { allowed: true } | { allowed: false; retryAfterMs: number };

/** Failures of one source, and when the next attempt may come. */
interface Count {
  failures: number;
  lastFailedAt: number;
  notBeforeAt: number;
}

const FIRST_WAIT_MS = 1000;

/**
 * Slows those down who guess passwords. Three things are counted: a network for one account, a network for all
 * accounts, and an account for all networks. Beyond a number of failures each has to wait, twice as long each time, up to
 * a limit; with time, failures are forgotten.
 *
 * Nobody can lock somebody else out: the wait for an account has a low limit, and neither it nor that of the network
 * holds for networks from which the owner has signed in before.
 *
 * An attempt is asked about twice, before the password is checked and before the answer is given: of many attempts made
 * at once only as many as are allowed learn whether they were right.
 */
export class Throttle {
  readonly #clock: Clock;
  readonly #settings: ThrottleSettings;
  // Maps hold their keys in the order in which they were last used: the first is the next to be forgotten.
  readonly #pairs = new Map<string, Count>();
  readonly #networks = new Map<string, Count>();
  readonly #accounts = new Map<string, Count>();
  readonly #proven = new Map<string, true>();

  /** @param settings read each time, so that a changed setting holds at once */
  constructor(clock: Clock, settings: ThrottleSettings) {
    this.#clock = clock;
    this.#settings = settings;
  }

  /**
   * Whether somebody may try to sign in now. Changes nothing.
   * @param address  the account, prepared; it need not exist
   * @param ip       where from, as the socket gives it
   */
  attempt(address: string, ip: string): Attempt {
    const network = networkOf(ip);
    const pair = `${network} ${address}`;
    let notBeforeAt = this.#pairs.get(pair)?.notBeforeAt ?? 0;
    if (!this.#proven.has(pair)) {
      notBeforeAt = Math.max(notBeforeAt, this.#networks.get(network)?.notBeforeAt ?? 0);
      notBeforeAt = Math.max(notBeforeAt, this.#accounts.get(address)?.notBeforeAt ?? 0);
    }
    const retryAfterMs = notBeforeAt - this.#clock.now();
    return retryAfterMs > 0 ? { allowed: false, retryAfterMs } : { allowed: true };
  }

  /** The password was wrong, or the account is not there. */
  failed(address: string, ip: string): void {
    const settings = this.#settings;
    const network = networkOf(ip);
    const pair = `${network} ${address}`;
    this.#count(this.#pairs, pair, settings.pairFreeFailures, settings.pairMaxWaitSeconds);
    // One who has signed in before and mistypes takes nothing from the others.
    if (this.#proven.has(pair)) return;
    this.#count(this.#networks, network, settings.networkFreeFailures, settings.networkMaxWaitSeconds);
    this.#count(this.#accounts, address, settings.accountFreeFailures, settings.accountMaxWaitSeconds);
  }

  /** The password was right. Counts of network and account stay: one good account must not buy guesses at others. */
  succeeded(address: string, ip: string): void {
    const pair = `${networkOf(ip)} ${address}`;
    this.#pairs.delete(pair);
    this.#remember(this.#proven, pair, true);
  }

  /** How much is remembered, for the metrics. */
  get entries(): number {
    return this.#pairs.size + this.#networks.size + this.#accounts.size + this.#proven.size;
  }

  #count(counts: Map<string, Count>, key: string, freeFailures: number, maxWaitSeconds: number): void {
    const now = this.#clock.now();
    const before = counts.get(key);
    const failures = (before === undefined ? 0 : this.#left(before, now)) + 1;
    const over = failures - freeFailures;
    const waitMs = over > 0 ? Math.min(FIRST_WAIT_MS * 2 ** (over - 1), maxWaitSeconds * 1000) : 0;
    this.#remember(counts, key, { failures, lastFailedAt: now, notBeforeAt: now + waitMs });
  }

  /** The failures that are not forgotten yet. */
  #left({ failures, lastFailedAt }: Count, now: number): number {
    return Math.max(0, failures - Math.floor((now - lastFailedAt) / (this.#settings.forgetSeconds * 1000)));
  }

  #remember<T>(map: Map<string, T>, key: string, value: T): void {
    map.delete(key);
    map.set(key, value);
    const most = this.#settings.maxEntries;
    // To find the oldest, those that were moved are walked over.
    if (map.size <= most) return;
    for (const oldest of map.keys()) {
      if (map.size <= most) break;
      map.delete(oldest);
    }
  }
}
