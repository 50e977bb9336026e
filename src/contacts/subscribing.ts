import type { Home } from '#accounts/home.ts';
import type { Homes, Item, SubscriptionRequest } from '#accounts/homes.ts';
import { Failure } from '#base/failure.ts';
import { Commit } from '#store/database.ts';
import { type Contact, newContact, type Wanted } from './contact.ts';
import { type ContactList, contactsOf, type Edit } from './contact-list.ts';
import {
  type ContactChange,
  requestArriving,
  subscriptionArrived,
  subscriptionArriving,
  watcherJoined,
  watcherLeft,
} from './hooks.ts';
import { checkRoom, limitsOf, setLimits } from './limits.ts';
import type { ContactLimits } from './settings.ts';
import { hearFrom, isFrom, type Standing, sayTo } from './subscription.ts';

/** Lets the homes take what is said about subscriptions. Done once for each server. */
export function startContacts(homes: Homes, limits?: ContactLimits): void {
  if (limits !== undefined) setLimits(homes, limits);
  homes.onItem('subscription', (home, news) => asCommit(hear(home, news)));
}

/**
 * The account says something about a subscription to a contact of a domain that is ours (RFC 6121 §3.1.2, §3.1.5,
 * §3.2.2, §3.3.2, §3.4.2). Settled when both sides have it on disk.
 * @param stanza what the contact's devices are to see, in the namespace jabber:client; '' for nothing but its type
 * @throws {Failure} 'not-found' when it asks somebody who does not exist; 'over-limit'; 'store-failing'
 */
export async function say(home: Home, type: SubscriptionRequest, to: string, stanza: string): Promise<void> {
  const list = contactsOf(home);
  const known = list.get(to)?.listed ?? false;
  let route = false;
  const changes = await list.change(() => {
    const outbound = sayTo(standingOf(list, to), type);
    route = outbound.route;
    return move(home, to, outbound.next, type === 'subscribe' || type === 'subscribed');
  });
  const { joined, left } = watching(changes);
  if (left) tellLeft(home, to);
  if (route) await tell(home, type, to, stanza, known);
  if (joined) home.homes.hooks.run(watcherJoined, { home, watcher: to });
}

/**
 * Takes somebody off the list, and ends what there was between the two (RFC 6121 §2.5.2).
 * @throws {Failure} 'not-found', 'store-failing'
 */
export async function removeContact(home: Home, address: string): Promise<void> {
  const list = contactsOf(home);
  const [change] = await list.change(() => {
    if (!list.get(address)?.listed) throw new Failure('not-found', `${address} is not on the contact list`);
    return [{ address, wanted: undefined }];
  });
  await takeLeave(home, change!.before!);
}

/** Tells somebody who was taken off the list that all there was between the two is over. */
export async function takeLeave(home: Home, before: Contact): Promise<void> {
  const { address, subscription, pendingIn, pendingOut } = before;
  const last: SubscriptionRequest[] = [];
  if (subscription === 'to' || subscription === 'both' || pendingOut) last.push('unsubscribe');
  if (isFrom(subscription) || pendingIn) last.push('unsubscribed');
  if (isFrom(subscription)) tellLeft(home, address);
  for (const type of last) await inform(home, type, address);
}

/**
 * Asks once more those who have not answered yet (RFC 6121 §3.1.2), in case they never heard of it. Whoever did is not
 * asked twice. Not waited for.
 */
export function askAgain(home: Home): void {
  for (const contact of contactsOf(home).all()) {
    if (contact.pendingOut) void inform(home, 'subscribe', contact.address);
  }
}

/** Somebody says something about a subscription to the account (RFC 6121 §3.1.3, §3.1.6, §3.2.3, §3.3.3). */
async function hear(home: Home, news: Extract<Item, { kind: 'subscription' }>): Promise<void> {
  const { hooks } = home.homes;
  const { from, type, stanza } = news;
  const said = { home, from, type, stanza };
  if (hooks.run(subscriptionArriving, said) === 'stop') return;
  const list = contactsOf(home);
  let answer: SubscriptionRequest | undefined;
  let deliver = false;
  const changes = await list.change(
    () => {
      const standing = standingOf(list, from);
      const request = { ...said, isApproved: standing.approved };
      if (type === 'subscribe') hooks.run(requestArriving, request);
      const inbound = hearFrom({ ...standing, approved: request.isApproved }, type);
      ({ answer, deliver } = inbound);
      if (inbound.next.pendingIn && !standing.pendingIn) checkRequests(home);
      // Who is let in by rules stands on the account's list, as one that it has approved of itself (§3.4.2).
      const isLetIn = request.isApproved && !standing.approved && answer !== undefined;
      return move(home, from, { ...inbound.next, approved: standing.approved }, isLetIn, stanza);
    },
    () => {
      if (deliver) hooks.run(subscriptionArrived, said);
    },
  );
  if (watching(changes).left) tellLeft(home, from);
  // Not waited for: the other side may be waiting for this one to be done.
  if (answer !== undefined) {
    void inform(home, answer, from).then(() => hooks.run(watcherJoined, { home, watcher: from }));
  }
}

/** What is to be written so that two stand to each other as `next` says. */
function move(home: Home, address: string, next: Standing, list: boolean, request?: string): Edit[] {
  const before = contactsOf(home).get(address);
  const listed = list || (before?.listed ?? false);
  if (before !== undefined && same(before, next) && before.listed === listed) return [];
  if (before === undefined && !list && !next.pendingIn) return [];
  if (listed && !before?.listed) checkRoom(home);
  if (!listed && !next.pendingIn) return [{ address, wanted: undefined }];
  const { subscription, pendingOut, pendingIn, approved } = next;
  const asked = pendingIn ? (before?.pendingIn ? before.request : keepable(home, request ?? '')) : '';
  const base: Wanted = before ?? newContact(address);
  return [{ address, wanted: { ...base, subscription, pendingOut, pendingIn, approved, listed, request: asked } }];
}

function same(a: Standing, b: Standing): boolean {
  return (
    a.subscription === b.subscription &&
    a.pendingOut === b.pendingOut &&
    a.pendingIn === b.pendingIn &&
    a.approved === b.approved
  );
}

function standingOf(list: ContactList, address: string): Standing {
  return list.get(address) ?? newContact(address);
}

function keepable(home: Home, request: string): string {
  return request.length > limitsOf(home).maxRequestLength ? '' : request;
}

function checkRequests(home: Home): void {
  const { maxRequests } = limitsOf(home);
  if (contactsOf(home).count((contact) => contact.pendingIn) < maxRequests) return;
  throw new Failure('over-limit', `${maxRequests} requests wait for ${home.address} already`);
}

function watching([change]: readonly ContactChange[]): { joined: boolean; left: boolean } {
  const before = change?.before !== undefined && isFrom(change.before.subscription);
  const after = change?.after !== undefined && isFrom(change.after.subscription);
  return { joined: after && !before, left: before && !after };
}

function tellLeft(home: Home, watcher: string): void {
  home.homes.hooks.run(watcherLeft, { home, watcher });
}

/** Hands on what was said. A question that nobody got is taken back, so that it does not stay open for ever. */
async function tell(home: Home, type: SubscriptionRequest, to: string, stanza: string, known: boolean): Promise<void> {
  const said = { kind: 'subscription', type, from: home.address, stanza } as const;
  if (type !== 'subscribe') {
    await home.homes.tellSurely(to, said);
    return;
  }
  try {
    if (await home.homes.tellSurely(to, said)) return;
  } catch (error) {
    await takeBack(home, to, known);
    throw error;
  }
  await takeBack(home, to, known);
  throw new Failure('not-found', `there is nobody called ${to}`);
}

async function takeBack(home: Home, to: string, known: boolean): Promise<void> {
  const list = contactsOf(home);
  await list.change(() => {
    const contact = list.get(to);
    if (contact === undefined || !contact.pendingOut) return [];
    const bare = contact.subscription === 'none' && !contact.pendingIn && !contact.approved;
    return [{ address: to, wanted: bare && !known ? undefined : { ...contact, pendingOut: false } }];
  });
}

/** Tells a contact something that its owner need not hear has failed. */
async function inform(home: Home, type: SubscriptionRequest, to: string): Promise<void> {
  try {
    await home.homes.tellSurely(to, { kind: 'subscription', type, from: home.address, stanza: '' });
  } catch (error) {
    home.homes.log.warn({ err: error, account: home.address }, `a contact could not be told "${type}"`);
  }
}

function asCommit(work: Promise<void>): Commit {
  const commit = new Commit();
  work.then(
    () => commit.settle(),
    (error: Error) => commit.settle(error),
  );
  return commit;
}
