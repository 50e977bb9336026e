import type { Home } from '#accounts/home.ts';
import type { Watcher, WatcherFacts } from '#presence/watcher.ts';
import { mayWatch, watch } from '#presence/watching.ts';
import type { Instance } from '../../bodies/rlmi.ts';
import type { NotifyDocument } from '../../event-package.ts';
import { presenceDocument, presencePidf, shownTo } from '../rfc-3856-presence/document.ts';
import { documentFor, type PidfFilter, type PidfFilters } from '../rfc-3856-presence/views.ts';
import type { Member } from './members.ts';
import type { WatchedList } from './watched-list.ts';

/** One resource of a list that is watched: what would be a back-end subscription (RFC 4662 §4.4), were it elsewhere. */
export class ListEntry implements Watcher {
  readonly list: WatchedList;
  /** Of its one instance (§5.4): the same in all documents. */
  readonly id: string;
  member: Member;
  #home: Home | undefined;
  #filters: PidfFilters | undefined;
  #filter: PidfFilter | undefined;
  #stop: (() => void) | undefined;

  constructor(list: WatchedList, id: string, member: Member) {
    this.list = list;
    this.id = id;
    this.member = member;
  }

  /** Who watches. */
  get address(): string {
    return this.list.subscription.watcher;
  }

  describe(): WatcherFacts {
    const { init, expiresAt } = this.list.subscription;
    return { edge: 'sip', since: init.at, expiresAt, userAgent: init.userAgent };
  }

  changed(): void {
    const filter = this.#filterNow();
    const home = this.#home;
    if (filter !== undefined && home !== undefined) {
      if (!filter.isNews(presencePidf(home, this.member.uri, shownTo(home, this.address)))) return;
    }
    this.list.changed(this);
  }

  /** What the watcher wants to see of it (RFC 4660 §6.2). */
  #filterNow(): PidfFilter | undefined {
    const { filters } = this.list;
    if (filters !== this.#filters) {
      this.#filters = filters;
      this.#filter = filters?.for(this.member.uri);
    }
    return this.#filter;
  }

  /** @param home undefined: there is no such account (any more) @returns whether that is another than before */
  watch(home: Home | undefined): boolean {
    if (home === this.#home) return false;
    this.stop();
    this.#home = home;
    if (home !== undefined) this.#stop = watch(home, this);
    return true;
  }

  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  /** What the watcher may see of it now: the same as by a subscription of its own. */
  now(): { readonly state: Pick<Instance, 'state' | 'reason'>; readonly document?: NotifyDocument } {
    const home = this.#home;
    if (home === undefined) return { state: { state: 'terminated', reason: 'noresource' } };
    const verdict = mayWatch(home, this.address);
    if (verdict === 'pending') return { state: { state: 'pending' } };
    const { uri } = this.member;
    const filter = this.#filterNow();
    const shown = shownTo(home, this.address);
    const document =
      filter === undefined
        ? presenceDocument(home, uri, shown)
        : documentFor(presencePidf(home, uri, shown), filter, undefined);
    return { state: { state: 'active' }, document };
  }
}
