import type { Home } from '#accounts/home.ts';
import type { Contact, Wanted } from './contact.ts';
import { contactsOf } from './contact-list.ts';
import { watcherJoined, watcherLeft } from './hooks.ts';
import { isFrom, isTo, type Subscription } from './subscription.ts';

/**
 * A contact has another address from now on: its entry with name, groups and subscription goes over to the new address,
 * and is joined with what the list has of that already. Neither side is asked, for it is the same person. For an
 * administrator; each device is told of a contact that goes and one that comes.
 * @returns false when the list knows nobody of the old address, and nothing has changed
 * @throws {Failure} 'store-failing'
 */
export async function renameContact(home: Home, from: string, to: string): Promise<boolean> {
  const list = contactsOf(home);
  const changes = await list.change(() => {
    const before = list.get(from);
    if (before === undefined) return [];
    return [
      { address: from, wanted: undefined },
      { address: to, wanted: to === home.address ? undefined : joined(before, list.get(to), to) },
    ];
  });
  if (changes.length === 0) return false;
  const { hooks } = home.homes;
  for (const { address, before, after } of changes) {
    const was = before !== undefined && isFrom(before.subscription);
    const is = after !== undefined && isFrom(after.subscription);
    if (was && !is) hooks.run(watcherLeft, { home, watcher: address });
    if (is && !was) hooks.run(watcherJoined, { home, watcher: address });
  }
  return true;
}

function joined(old: Contact, known: Contact | undefined, address: string): Wanted {
  const { version: _, ...wanted } = old;
  if (known === undefined) return { ...wanted, address };
  const to = isTo(old.subscription) || isTo(known.subscription);
  const from = isFrom(old.subscription) || isFrom(known.subscription);
  return {
    address,
    name: known.name === '' ? old.name : known.name,
    groups: [...new Set([...known.groups, ...old.groups])],
    subscription: subscription(to, from),
    pendingOut: !to && (old.pendingOut || known.pendingOut),
    pendingIn: !from && (old.pendingIn || known.pendingIn),
    approved: old.approved || known.approved,
    listed: old.listed || known.listed,
    request: from ? '' : known.request || old.request,
  };
}

function subscription(to: boolean, from: boolean): Subscription {
  if (to) return from ? 'both' : 'to';
  return from ? 'from' : 'none';
}
