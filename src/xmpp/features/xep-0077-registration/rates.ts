import { networkOf } from '#accounts/network.ts';
import type { Clock } from '#base/clock.ts';

const HOUR_MS = 3_600_000;
/** So many networks are remembered; the one that was seen first is forgotten first. */
const MAX_NETWORKS = 50_000;

/** Counts the attempts of each network within an hour from its first. */
export class Rates {
  readonly #clock: Clock;
  readonly #settings: { readonly perNetworkPerHour: number };
  readonly #counts = new Map<string, { attempts: number; until: number }>();

  /** @param settings read each time; 0 is without a limit */
  constructor(clock: Clock, settings: { readonly perNetworkPerHour: number }) {
    this.#clock = clock;
    this.#settings = settings;
  }

  /**
   * Counts an attempt.
   * @param ip as the socket gives it
   * @returns whether it may be made
   */
  attempt(ip: string): boolean {
    const most = this.#settings.perNetworkPerHour;
    if (most === 0) return true;
    const network = networkOf(ip);
    const now = this.#clock.now();
    let count = this.#counts.get(network);
    if (count === undefined || count.until <= now) {
      this.#counts.delete(network);
      count = { attempts: 0, until: now + HOUR_MS };
      this.#counts.set(network, count);
      if (this.#counts.size > MAX_NETWORKS) this.#counts.delete(this.#counts.keys().next().value!);
    }
    return ++count.attempts <= most;
  }
}
