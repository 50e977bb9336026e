/** How many requests each network address has sent in the current minute, in bounded memory. */
import { isIPv6 } from 'node:net';

/** Addresses that are counted one by one within a minute; of a flood of invented ones the rest share a count. */
const MAX_ADDRESSES = 20_000;
const MINUTE_MS = 60_000;
/** Of all addresses together: time for others must not take the machine from what it is there for. */
const MAX_PER_SECOND = 5000;

export type Verdict = 'answer' | 'kiss' | 'drop';

export class RequestRates {
  #counts = new Map<string, { count: number }>();
  #others = { count: 0 };
  #minute = Number.NaN;
  #second = Number.NaN;
  #inSecond = 0;

  /**
   * Counts a request. The first one above the limit is worth a word, all that follow are not.
   * @param address an IP address
   * @param now epoch milliseconds
   */
  count(limit: number, address: string, now: number): Verdict {
    if (!this.#isWithinSecond(Math.floor(now / 1000))) return 'drop';
    const minute = Math.floor(now / MINUTE_MS);
    if (minute !== this.#minute) this.#begin(minute);
    const of = this.#countOf(networkOf(address));
    of.count++;
    if (of.count <= limit) return 'answer';
    return of.count === limit + 1 ? 'kiss' : 'drop';
  }

  #isWithinSecond(second: number): boolean {
    if (second !== this.#second) this.#inSecond = 0;
    this.#second = second;
    return ++this.#inSecond <= MAX_PER_SECOND;
  }

  #countOf(network: string): { count: number } {
    const known = this.#counts.get(network);
    if (known !== undefined) return known;
    if (this.#counts.size >= MAX_ADDRESSES) return this.#others;
    const fresh = { count: 0 };
    this.#counts.set(network, fresh);
    return fresh;
  }

  #begin(minute: number): void {
    this.#minute = minute;
    this.#counts.clear();
    this.#others = { count: 0 };
  }
}

/** An IPv4 address, or the /64 network of an IPv6 address: one subscriber has all of it. */
function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? [];
  if (mapped !== undefined) return mapped;
  const [before = ''] = address.split('::');
  const words = before === '' ? [] : before.split(':');
  return [...words, '0', '0', '0', '0'].slice(0, 4).join(':');
}
