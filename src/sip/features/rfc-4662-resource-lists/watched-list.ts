import type { Homes } from '#accounts/homes.ts';
import type { PidfFilters } from '../rfc-3856-presence/views.ts';
import type { Subscription } from '../rfc-6665-subscribe/subscription.ts';
import { ListEntry } from './entry.ts';
import type { Member, Source } from './members.ts';

/** So many accounts are read from the store at a time. */
const AT_ONCE = 32;

/** A list that somebody watches, its entries, and what of them has not been told yet. */
export class WatchedList {
  readonly subscription: Subscription;
  readonly #maxMembers: number;
  #source: Source;
  /** By the URI. */
  readonly entries = new Map<string, ListEntry>();
  /** Entries that are to be told of; those that have left the list are not among `entries`. */
  readonly untold = new Set<ListEntry>();
  /** All of it is to be told. */
  isAllUntold = true;
  version = 0;
  /** What the watcher wants to see of its resources (RFC 4660); undefined: all. */
  filters: PidfFilters | undefined;
  #ids = 0;
  #isOver = false;
  #filling: Promise<void> | undefined;
  #isStale = false;

  constructor(subscription: Subscription, source: Source, maxMembers: number) {
    this.subscription = subscription;
    this.#source = source;
    this.#maxMembers = maxMembers;
  }

  /** Something of an entry is not as it was told. */
  changed(entry: ListEntry): void {
    if (this.#isOver) return;
    this.untold.add(entry);
    // Before that nobody has been told that there is a subscription.
    if (this.version > 0) this.subscription.changed();
  }

  /** The watcher has brought another list along (RFC 5367 §4). */
  replace(source: Source): void {
    this.#source = source;
  }

  /** All is told once more: a list that the watcher has asked for again (RFC 4662 §5.2). */
  restart(): void {
    this.isAllUntold = true;
  }

  /** Brings the entries to what the list says now. One after the other, the last with what is true then. */
  fill(): Promise<void> {
    this.#isStale = true;
    this.#filling ??= this.#fill().finally(() => {
      this.#filling = undefined;
    });
    return this.#filling;
  }

  stop(): void {
    this.#isOver = true;
    for (const entry of this.entries.values()) entry.stop();
  }

  async #fill(): Promise<void> {
    while (this.#isStale && !this.#isOver) {
      this.#isStale = false;
      const members = (await this.#source()).slice(0, this.#maxMembers);
      this.#remove(members);
      await this.#add(members);
    }
    if (this.#isOver) this.stop();
  }

  #remove(members: readonly Member[]): void {
    const wanted = new Set(members.map(({ uri }) => uri));
    for (const [uri, entry] of this.entries) {
      if (wanted.has(uri)) continue;
      this.entries.delete(uri);
      entry.watch(undefined);
      this.changed(entry);
    }
  }

  async #add(members: readonly Member[]): Promise<void> {
    const { homes } = this.subscription.home;
    const queue = members.values();
    const work = async (): Promise<void> => {
      for (const member of queue) await this.#put(homes, member);
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, members.length) }, work));
  }

  async #put(homes: Homes, member: Member): Promise<void> {
    const { uri, address } = member;
    const known = this.entries.get(uri);
    const entry = known ?? new ListEntry(this, (++this.#ids).toString(36), member);
    this.entries.set(uri, entry);
    const home = address === undefined ? undefined : (homes.loaded(address) ?? (await homes.load(address)));
    if (this.#isOver || this.entries.get(uri) !== entry) return;
    if (entry.watch(home) || known === undefined || !hasSameNames(entry.member, member)) this.changed(entry);
    entry.member = member;
  }
}

function hasSameNames(one: Member, other: Member): boolean {
  return JSON.stringify(one.names) === JSON.stringify(other.names);
}
