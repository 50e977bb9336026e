import type { Home } from '#accounts/home.ts';
import { mayWatch } from '#presence/watching.ts';
import { WATCHERINFO_TYPE, type Watcher, type WatcherEvent, writeWatcherinfo } from '../../bodies/watcherinfo.ts';
import type { NotifyDocument } from '../../event-package.ts';
import { goneWatcher, toWatcher, type Watchers, watchersNow } from './watchers.ts';

/** So many reasons are remembered until they are told. */
const MAX_REASONS = 1000;

/** What is known of an account's watchers while somebody wants to know of them. */
export class KnownWatchers {
  readonly home: Home;
  #now: Watchers = new Map();
  /** Why those ended who have ended otherwise than by their time. */
  readonly #reasons = new Map<string, WatcherEvent>();

  constructor(home: Home) {
    this.home = home;
    this.#now = watchersNow(home, this.#now);
  }

  /** Looks again. */
  look(): Watchers {
    this.#now = watchersNow(this.home, this.#now);
    for (const address of this.#reasons.keys()) if (this.#now.has(address)) this.#reasons.delete(address);
    return this.#now;
  }

  ended(address: string, reason: WatcherEvent): void {
    if (this.#reasons.size >= MAX_REASONS) this.#reasons.clear();
    this.#reasons.set(address, reason);
  }

  reasonOf(address: string): WatcherEvent {
    if (mayWatch(this.home, address) === 'denied') return 'rejected';
    return this.#reasons.get(address) ?? 'timeout';
  }
}

/** What one subscription has been told of them (RFC 3858 §4.1): all at first, then what has changed. */
export class Told {
  readonly known: KnownWatchers;
  readonly #resource: string;
  #version = 0;
  /** Status and event by address; undefined: all is to be told. */
  #told: ReadonlyMap<string, string> | undefined;

  /** @param resource the URI that was subscribed to: a byte string */
  constructor(known: KnownWatchers, resource: string) {
    this.known = known;
    this.#resource = resource;
  }

  /** The next document tells all. */
  restart(): void {
    this.#told = undefined;
  }

  isNews(): boolean {
    return this.#told === undefined || this.#changes(this.known.look(), this.#told).length > 0;
  }

  /** @param now epoch milliseconds */
  document(now: number): NotifyDocument {
    const watchers = this.known.look();
    const { home } = this.known;
    const told = this.#told;
    const addresses = told === undefined ? [...watchers.keys()] : this.#changes(watchers, told);
    this.#told = new Map([...watchers].map(([address, { status, event }]) => [address, `${status} ${event}`]));
    const list: Watcher[] = addresses.map((address) => {
      const watcher = watchers.get(address);
      return watcher === undefined
        ? goneWatcher(address, this.known.reasonOf(address))
        : toWatcher(home, address, watcher, now);
    });
    const body = writeWatcherinfo({
      version: this.#version++,
      isFull: told === undefined,
      lists: [{ resource: this.#resource, package: 'presence', watchers: list }],
    });
    return { contentType: WATCHERINFO_TYPE, body, entityTag: '' };
  }

  /** Those who have come, changed or gone. */
  #changes(watchers: Watchers, told: ReadonlyMap<string, string>): string[] {
    const found: string[] = [];
    for (const [address, { status, event }] of watchers) {
      if (told.get(address) !== `${status} ${event}`) found.push(address);
    }
    for (const address of told.keys()) if (!watchers.has(address)) found.push(address);
    return found;
  }
}
