import { createHash } from 'node:crypto';
import type { Home } from '#accounts/home.ts';
import { contactsOf } from '#contacts/contact-list.ts';
import { isFrom } from '#contacts/subscription.ts';
import { mayWatch, watchersOf } from '#presence/watching.ts';
import type { Watcher, WatcherEvent, WatcherStatus } from '../../bodies/watcherinfo.ts';
import { uriOf } from '../../wire/address.ts';
import { PresenceWatcher } from '../rfc-3856-presence/watcher.ts';

/** Somebody who watches, or would like to: by any number of subscriptions, as an XMPP contact, or both. */
export interface Known {
  readonly status: Exclude<WatcherStatus, 'terminated'>;
  /** What brought it there (RFC 3857 §4.7.1). */
  readonly event: WatcherEvent;
  /** Of the subscription that lasts longest, epoch milliseconds; undefined: an XMPP contact alone. */
  readonly since: number | undefined;
  readonly expiresAt: number | undefined;
}

/** By address. */
export type Watchers = ReadonlyMap<string, Known>;

/**
 * Who watches an account now. Whom it blocks is left out: that has been decided.
 * @param before  what was known last, by which it is told how they came to be what they are
 */
export function watchersNow(home: Home, before: Watchers): Watchers {
  const found = new Map<string, Known>();
  for (const watcher of watchersOf(home)) {
    if (!(watcher instanceof PresenceWatcher) || watcher.subscription.init.trust !== undefined) continue;
    const { address, subscription } = watcher;
    if (subscription.state === 'terminated' || mayWatch(home, address) === 'denied') continue;
    const { state, expiresAt, init } = subscription;
    const other = found.get(address);
    if (other?.expiresAt !== undefined && other.expiresAt >= expiresAt) continue;
    found.set(address, become(before.get(address), state, { since: init.at, expiresAt }));
  }
  for (const { address, subscription, pendingIn } of contactsOf(home).all()) {
    if (found.has(address) || !(isFrom(subscription) || pendingIn) || !address.includes('@')) continue;
    if (mayWatch(home, address) === 'denied') continue;
    found.set(
      address,
      become(before.get(address), isFrom(subscription) ? 'active' : statusOfAsking(before.get(address))),
    );
  }
  return found;
}

/** RFC 3857 §4.7.1: who asked by a subscription that ended before anybody decided is waiting. */
function statusOfAsking(before: Known | undefined): 'pending' | 'waiting' {
  return before?.status === 'waiting' || (before?.status === 'pending' && before.since !== undefined)
    ? 'waiting'
    : 'pending';
}

function become(
  before: Known | undefined,
  status: Known['status'],
  times: Pick<Known, 'since' | 'expiresAt'> = { since: undefined, expiresAt: undefined },
): Known {
  return { status, event: eventOf(before, status), ...times };
}

function eventOf(before: Known | undefined, status: Known['status']): WatcherEvent {
  if (before?.status === status) return before.event;
  if (status === 'waiting') return 'timeout';
  return status === 'active' && before !== undefined ? 'approved' : 'subscribe';
}

/** @param now epoch milliseconds */
export function toWatcher(
  home: Home,
  address: string,
  { status, event, since, expiresAt }: Known,
  now: number,
): Watcher {
  const displayName = contactsOf(home).get(address)?.name ?? '';
  return {
    ...identity(address),
    status,
    event,
    ...(displayName !== '' && { displayName }),
    ...(expiresAt !== undefined && { expirationSeconds: Math.max(0, Math.ceil((expiresAt - now) / 1000)) }),
    ...(since !== undefined && { durationSeconds: Math.max(0, Math.floor((now - since) / 1000)) }),
  };
}

/** Who does not watch any more. */
export function goneWatcher(address: string, event: WatcherEvent): Watcher {
  return { ...identity(address), status: 'terminated', event };
}

/** §4.3 of RFC 3858: an id that stays, and says nothing. */
function identity(address: string): Pick<Watcher, 'id' | 'uri'> {
  return { id: createHash('sha256').update(address).digest('hex').slice(0, 16), uri: uriOf(address) };
}
