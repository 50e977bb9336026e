/**
 * RFC 3857: A Watcher Information Event Template-Package for SIP.
 * Tells an account who watches its presence and who would like to (RFC 3858): subscribers over SIP and XMPP contacts alike.
 */
import type { Home } from '#accounts/home.ts';
import { blockListChanged, contactChanged } from '#contacts/hooks.ts';
import { WATCHERINFO_TYPE } from '../../bodies/watcherinfo.ts';
import type { EventPackage, NotifyDocument } from '../../event-package.ts';
import { sipFeature } from '../../feature.ts';
import { subscriptionAccepted, subscriptionChanged } from '../../hooks.ts';
import { SipError } from '../../wire/sip-error.ts';
import type { Subscription } from '../rfc-6665-subscribe/subscription.ts';
import { KnownWatchers, Told } from './told.ts';

export const watcherInfo = sipFeature({
  spec: 'RFC 3857',
  title: 'Watcher Information',
  version: '',
  status: 'complete',
  note: 'Of presence; with RFC 3858. Several subscriptions of one person are told of as one watcher.',
  setup(sip) {
    const winfo = new WatcherInfoPackage();
    sip.eventPackage(winfo);
    sip.on(subscriptionAccepted, 'observe', ({ subscription }) => winfo.subscribed(subscription));
    sip.on(subscriptionChanged, 'observe', (subscription) => winfo.subscribed(subscription));
    sip.on(contactChanged, 'observe', ({ home }) => winfo.changed(home));
    sip.on(blockListChanged, 'push', ({ home }) => winfo.changed(home));
  },
});

class WatcherInfoPackage implements EventPackage {
  readonly name = 'presence.winfo';
  readonly contentTypes = [WATCHERINFO_TYPE];
  /** RFC 3857 §4.3. */
  readonly defaultSeconds = 3600;
  /** RFC 3857 §4.10. */
  readonly gatherMs = 5000;
  readonly #homes = new Map<Home, { readonly known: KnownWatchers; readonly subscriptions: Set<Subscription> }>();

  /** @throws {SipError} 403: §4.6, who may subscribe is the account itself alone */
  open(subscription: Subscription, _incoming: unknown, isRefresh: boolean): void {
    const { home, watcher, init } = subscription;
    if (watcher !== home.address || init.trust !== undefined) throw new SipError(403, 'Not Your Watchers');
    if (isRefresh) {
      // §4.7.2: asked again, all is told.
      (subscription.data as Told).restart();
      return;
    }
    const entry = this.#homes.get(home) ?? { known: new KnownWatchers(home), subscriptions: new Set() };
    this.#homes.set(home, entry);
    entry.subscriptions.add(subscription);
    subscription.data = new Told(entry.known, init.resource);
  }

  isNews({ data }: Subscription): boolean {
    return (data as Told).isNews();
  }

  document({ data, edge }: Subscription): NotifyDocument {
    return (data as Told).document(edge.clock.now());
  }

  lost({ data }: Subscription): void {
    (data as Told).restart();
  }

  close(subscription: Subscription): void {
    const entry = this.#homes.get(subscription.home);
    entry?.subscriptions.delete(subscription);
    if (entry?.subscriptions.size === 0) this.#homes.delete(subscription.home);
  }

  /** A subscription has begun, is in another state, or is over. */
  subscribed({ home, init, state, reason, watcher }: Subscription): void {
    const entry = this.#homes.get(home);
    if (entry === undefined || init.eventPackage.name !== 'presence') return;
    if (state === 'terminated' && reason !== undefined && reason !== 'invariant') entry.known.ended(watcher, reason);
    this.changed(home);
  }

  changed(home: Home): void {
    for (const subscription of this.#homes.get(home)?.subscriptions ?? []) subscription.changed();
  }
}
