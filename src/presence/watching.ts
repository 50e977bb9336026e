import type { Home } from '#accounts/home.ts';
import type { Homes } from '#accounts/homes.ts';
import { contactsOf, isSubscribedFrom } from '#contacts/contact-list.ts';
import { say } from '#contacts/subscribing.ts';
import { type Composition, compose } from './composition.ts';
import { probeArriving } from './hooks.ts';
import { type Verdict, verdictOf } from './rules/judging.ts';
import { judgementOn } from './rules/rulebook.ts';
import { clientsOf, sceneOf } from './shown.ts';
import { type AuthorizationListener, upkeepOf } from './upkeep.ts';
import { isSeenUnasked } from './visibility.ts';
import type { Watcher } from './watcher.ts';

/** A composition, and which one of the account's it is. */
export interface Composed extends Composition {
  /** Moves on with each change, and never comes again. */
  readonly version: number;
}

/** Somebody watches an account from now on. @returns how to end it; the home stays loaded until then */
export function watch(home: Home, watcher: Watcher): () => void {
  const { watchers } = sceneOf(home);
  watchers.add(watcher);
  return () => {
    watchers.delete(watcher);
    home.usedAt = home.homes.clock.now();
  };
}

/** Who watches an account, XMPP contacts left out. */
export function watchersOf(home: Home): ReadonlySet<Watcher> {
  return sceneOf(home).watchers;
}

/** What all that is said of an account comes to; the same object until something changes. */
export function presenceOf(home: Home): Composed {
  const scene = sceneOf(home);
  if (scene.composition !== undefined) return scene.composition;
  const { sources, overlay, isHidden, shown, version } = scene;
  const composition = { ...compose({ clients: clientsOf(home, scene), sources, overlay, isHidden, shown }), version };
  scene.composition = composition;
  return composition;
}

/** By contact list, block list and rules, whatever protocol is spoken. An account always sees itself. */
export function mayWatch(home: Home, address: string): Verdict {
  if (address === home.address) return 'allowed';
  if (home.homes.hooks.run(probeArriving, { home, from: address, fromDevice: '' }) === 'stop') return 'denied';
  const verdict = verdictOf(judgementOn(home, address), isSubscribedFrom(home, address));
  return verdict === 'pending' && isSeenUnasked(home, address) ? 'allowed' : verdict;
}

/**
 * Somebody would like to watch, and asks for it as an XMPP contact does (RFC 6121 §3.1, RFC 8048 §4.2): the other side's
 * devices are asked, now or when they sign in. Who has asked already does not ask again.
 * @throws {Failure} 'not-found' where nobody is called so, 'over-limit', 'store-failing'
 */
export async function askToWatch(watcherHome: Home, presentity: string): Promise<void> {
  if (watcherHome.address === presentity) return;
  const contact = contactsOf(watcherHome).get(presentity);
  if (contact?.pendingOut) return;
  await say(watcherHome, 'subscribe', presentity, '');
}

/**
 * Calls a listener whenever it may be that somebody may watch who could not, or the other way round; it asks `mayWatch`.
 * @returns how to stop listening
 */
export function onAuthorizationChange(homes: Homes, listener: AuthorizationListener): () => void {
  const { authorizations } = upkeepOf(homes);
  authorizations.add(listener);
  return () => authorizations.delete(listener);
}
