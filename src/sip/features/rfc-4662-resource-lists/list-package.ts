import type { Home } from '#accounts/home.ts';
import { RESOURCE_LISTS_TYPE } from '../../bodies/resource-lists.ts';
import type { SipEdge } from '../../edge.ts';
import type { EventPackage, NotifyDocument } from '../../event-package.ts';
import type { IncomingRequest } from '../../incoming-request.ts';
import type { SipRequest } from '../../wire/message.ts';
import { SipError } from '../../wire/sip-error.ts';
import { viewFor, viewMakersOf } from '../rfc-3856-presence/views.ts';
import { bodiesOf } from '../rfc-6665-subscribe/request-bodies.ts';
import type { Subscription } from '../rfc-6665-subscribe/subscription.ts';
import type { ListSettings } from './feature.ts';
import { listDocument } from './list-document.ts';
import { recipientList, type Source } from './members.ts';
import { WatchedList } from './watched-list.ts';

/** Larger documents are sent in parts over connections too: who reads them has limits of its own. */
const MAX_STREAM_BYTES = 200_000;
/** A list whose first NOTIFY ends it has no second one. */
const MAX_ONLY_BYTES = 60_000;

/** Presence of lists (RFC 4662): serves subscriptions in place of the presence package. */
export class ListPackage implements EventPackage {
  readonly name = 'presence';
  readonly contentTypes = ['multipart/related'];
  readonly responseHead = 'Require: eventlist\r\n';
  readonly defaultSeconds = 3600;
  readonly #settings: ListSettings;
  readonly #edge: SipEdge;
  /** By whose they are. */
  readonly #lists = new Map<Home, Set<WatchedList>>();
  /** Of SUBSCRIBEs that were found to be for a list, until they are taken up. */
  readonly #found = new WeakMap<IncomingRequest, Source>();

  constructor(edge: SipEdge, settings: ListSettings) {
    this.#edge = edge;
    this.#settings = settings;
  }

  get requestTypes(): readonly string[] {
    return [RESOURCE_LISTS_TYPE, ...[...viewMakersOf(this.#edge)].flatMap(({ requestTypes = [] }) => requestTypes)];
  }

  get gatherMs(): number {
    return this.#settings.gatherMilliseconds;
  }

  /** A SUBSCRIBE is for this list. */
  take(incoming: IncomingRequest, source: Source): void {
    this.#found.set(incoming, source);
  }

  /** @throws {SipError} 400, 403, 421, 503 */
  async open(subscription: Subscription, incoming: IncomingRequest, isRefresh: boolean): Promise<void> {
    const { request } = incoming;
    requireEventList(request);
    const brought = recipientList(bodiesOf(request), this.#settings.maxMembers);
    const before = subscription.data as WatchedList | undefined;
    const filters = viewFor({ filters: before?.filters }, subscription, incoming)?.filters;
    if (isRefresh && before !== undefined) {
      before.filters = filters;
      await this.#refresh(before, brought);
      return;
    }
    const source = this.#found.get(incoming) ?? brought;
    if (source === undefined) throw new SipError(400, 'There Is No List');
    const { home } = subscription;
    const others = this.#lists.get(home) ?? new Set();
    if (others.size >= this.#settings.maxLists) throw new SipError(503, 'Too Many Lists', 'Retry-After: 60\r\n');
    const list = new WatchedList(subscription, source, this.#settings.maxMembers);
    list.filters = filters;
    subscription.data = list;
    this.#lists.set(home, others.add(list));
    try {
      await list.fill();
    } catch (error) {
      this.close(subscription);
      throw error;
    }
  }

  isNews({ data }: Subscription): boolean {
    const { isAllUntold, untold } = data as WatchedList;
    return isAllUntold || untold.size > 0;
  }

  document(subscription: Subscription): NotifyDocument {
    const list = subscription.data as WatchedList;
    const isUdp = subscription.founder.flow?.transport === 'udp';
    const isOnly = subscription.state === 'terminated';
    const maxBytes = isUdp ? (isOnly ? MAX_ONLY_BYTES : this.#settings.maxDatagramBytes) : MAX_STREAM_BYTES;
    const document = listDocument(list, maxBytes);
    if (list.untold.size > 0 && !isOnly) subscription.continues();
    return document;
  }

  lost({ data }: Subscription): void {
    (data as WatchedList).restart();
  }

  close(subscription: Subscription): void {
    const list = subscription.data as WatchedList;
    const others = this.#lists.get(subscription.home);
    others?.delete(list);
    if (others?.size === 0) this.#lists.delete(subscription.home);
    list.stop();
  }

  /** A contact list, or a document that lists are in, has changed. */
  listsChanged(home: Home): void {
    for (const list of this.#lists.get(home) ?? []) this.#fill(list);
  }

  /** An account has come, or is gone. */
  accountChanged(address: string): void {
    for (const lists of this.#lists.values()) {
      for (const list of lists) {
        for (const { member } of list.entries.values()) if (member.address === address) this.#fill(list);
      }
    }
  }

  #fill(list: WatchedList): void {
    list.fill().catch((err: unknown) => {
      this.#edge.log.warn({ err, account: list.subscription.watcher }, 'a list could not be looked at');
    });
  }

  async #refresh(list: WatchedList, brought: Source | undefined): Promise<void> {
    if (brought !== undefined) {
      list.replace(brought);
      await list.fill();
    }
    list.restart();
  }
}

/** RFC 4662 §4.2: who does not know of lists cannot be told of one. @throws {SipError} 421 */
function requireEventList(request: SipRequest): void {
  const known = [...request.values('supported'), ...request.values('require')];
  if (known.some((tag) => tag.toLowerCase() === 'eventlist')) return;
  throw new SipError(421, undefined, 'Require: eventlist\r\n');
}
