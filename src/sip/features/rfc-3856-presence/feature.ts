/**
 * RFC 3856: A Presence Event Package for SIP.
 * Shows watchers who speak SIP what an account's devices, clients and phones say, as presence documents (RFC 3863, 4479,
 * 4480). Who may watch is a matter of the contact list; who may not yet, asks.
 */
import type { Home } from '#accounts/home.ts';
import { askToWatch, onAuthorizationChange, watchersOf } from '#presence/watching.ts';
import { PIDF_TYPES } from '../../bodies/pidf.ts';
import type { SipEdge } from '../../edge.ts';
import type { EventPackage } from '../../event-package.ts';
import { sipFeature } from '../../feature.ts';
import type { IncomingRequest } from '../../incoming-request.ts';
import type { Subscription } from '../rfc-6665-subscribe/subscription.ts';
import { viewFor, viewMakersOf } from './views.ts';
import { PresenceWatcher, verdictOn } from './watcher.ts';

export const presence = sipFeature({
  spec: 'RFC 3856',
  title: 'Presence Event Package',
  version: '',
  status: 'complete',
  note: 'With RFC 3863, 4479, 4480, 8048.',
  setup(sip) {
    sip.eventPackage(new PresencePackage(sip.edge));
    sip.onStop(onAuthorizationChange(sip.edge.homes, authorizationChanged));
  },
});

class PresencePackage implements EventPackage {
  readonly name = 'presence';
  readonly defaultSeconds = 3600;
  readonly #edge: SipEdge;

  constructor(edge: SipEdge) {
    this.#edge = edge;
  }

  get contentTypes(): readonly string[] {
    return [...PIDF_TYPES, ...[...viewMakersOf(this.#edge)].flatMap(({ contentTypes = [] }) => contentTypes)];
  }

  get requestTypes(): readonly string[] {
    return [...viewMakersOf(this.#edge)].flatMap(({ requestTypes = [] }) => requestTypes);
  }

  open(subscription: Subscription, incoming: IncomingRequest, isRefresh: boolean): void {
    const before = subscription.data as PresenceWatcher | undefined;
    const view = viewFor(before?.view, subscription, incoming);
    const verdict = verdictOn(subscription);
    // RFC 3856 §6.6: who is blocked is shown somebody who is not there, and does not learn why.
    subscription.state = verdict === 'pending' ? 'pending' : 'active';
    if (before !== undefined) before.view = view;
    else subscription.data = new PresenceWatcher(subscription, view);
    if (verdict === 'pending' && !isRefresh) this.#ask(subscription, incoming.sender);
  }

  document(subscription: Subscription) {
    return (subscription.data as PresenceWatcher).document();
  }

  entityTag(subscription: Subscription): string {
    const watcher = subscription.data as PresenceWatcher;
    // What is told in parts is not told by one document.
    return watcher.view?.form === undefined ? (watcher.document()?.entityTag ?? '') : '';
  }

  lost(subscription: Subscription): void {
    (subscription.data as PresenceWatcher).view?.form?.restart();
  }

  close(subscription: Subscription): void {
    (subscription.data as PresenceWatcher | undefined)?.stop();
  }

  /** RFC 8048 §4: a subscription that nobody has decided about is a request to the contact. */
  #ask({ home }: Subscription, watcherHome: Home | undefined): void {
    if (watcherHome === undefined) return;
    askToWatch(watcherHome, home.address).catch((err: unknown) => {
      this.#edge.log.warn({ err, account: watcherHome.address }, 'a contact could not be asked for its presence');
    });
  }
}

/** Some may watch now, or no longer, or are still to be decided about. */
function authorizationChanged(home: Home, addresses: ReadonlySet<string>, isRefused: boolean): void {
  for (const watcher of [...watchersOf(home)]) {
    if (!(watcher instanceof PresenceWatcher) || !addresses.has(watcher.address)) continue;
    const { subscription } = watcher;
    const verdict = verdictOn(subscription);
    // RFC 6665 §4.1.3: who was turned down need not try again.
    if (verdict === 'pending' && (subscription.state === 'active' || isRefused)) subscription.terminate('rejected');
    else if (verdict !== 'pending' && subscription.state === 'pending') subscription.activate();
    else if (verdict !== 'pending') subscription.changed();
  }
}
