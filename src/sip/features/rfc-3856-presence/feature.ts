/**
 * RFC 3856: A Presence Event Package for SIP.
 * Shows watchers who speak SIP what an account's devices, clients and phones say, as presence documents (RFC 3863, 4479,
 * 4480). Who may watch is a matter of the contact list; who may not yet, asks.
 */
import type { Home } from '#accounts/home.ts';
import { askToWatch, mayWatch, onAuthorizationChange, type Verdict, watch, watchersOf } from '#presence/watching.ts';
import type { Watcher, WatcherFacts } from '#presence/watcher.ts';
import { PIDF_TYPES } from '../../bodies/pidf.ts';
import type { EventPackage } from '../../event-package.ts';
import { type SipFeatureContext, sipFeature } from '../../feature.ts';
import type { Subscription } from '../rfc-6665-subscribe/subscription.ts';
import { callManagerDocument, presenceDocument } from './document.ts';

export const presence = sipFeature({
  spec: 'RFC 3856',
  title: 'Presence Event Package',
  version: '',
  status: 'complete',
  note: 'With RFC 3863, 4479, 4480, 8048.',
  setup(sip) {
    const watching = new PresencePackage(sip);
    sip.eventPackage(watching);
    sip.onStop(
      onAuthorizationChange(sip.edge.homes, (home, watcher, isRefused) =>
        watching.authorizationChanged(home, watcher, isRefused),
      ),
    );
  },
});

class PresencePackage implements EventPackage {
  readonly name = 'presence';
  readonly contentTypes = PIDF_TYPES;
  readonly defaultSeconds = 3600;
  readonly #sip: SipFeatureContext;

  constructor(sip: SipFeatureContext) {
    this.#sip = sip;
  }

  open(subscription: Subscription, _incoming: unknown, isRefresh: boolean): void {
    const { home } = subscription;
    const verdict = verdictOn(subscription);
    // RFC 3856 §6.6: who is blocked is shown somebody who is not there, and does not learn why.
    subscription.state = verdict === 'pending' ? 'pending' : 'active';
    if (isRefresh) return;
    if (verdict === 'pending') this.#ask(subscription);
    subscription.data = watch(home, new SipWatcher(subscription));
  }

  document(subscription: Subscription) {
    if (subscription.state === 'pending') return undefined;
    const { home, init } = subscription;
    if (init.trust !== undefined) return callManagerDocument(home, init.resource);
    return presenceDocument(home, init.resource, mayWatch(home, init.watcher) === 'denied');
  }

  close(subscription: Subscription): void {
    (subscription.data as (() => void) | undefined)?.();
  }

  /**
   * Somebody may watch now, or no longer, or is still to be decided about.
   * @param isRefused  the owner has turned the request down (RFC 6665 §4.1.3: 'rejected')
   */
  authorizationChanged(home: Home, watcher: string, isRefused: boolean): void {
    for (const one of [...watchersOf(home)]) {
      if (one.address !== watcher || !(one instanceof SipWatcher)) continue;
      const { subscription } = one;
      if (subscription.init.eventPackage !== this) continue;
      const verdict = verdictOn(subscription);
      if (verdict === 'pending' && (isRefused || subscription.state === 'active')) subscription.terminate('rejected');
      else if (verdict !== 'pending') subscription.state = 'active';
      if (subscription.state !== 'terminated') subscription.changed();
    }
  }

  /** RFC 8048 §4: a subscription that nobody has decided about is a request to the contact. */
  #ask({ init: { watcherHome }, home }: Subscription): void {
    if (watcherHome === undefined) return;
    askToWatch(watcherHome, home.address).catch((err: unknown) => {
      this.#sip.edge.log.warn({ err, account: watcherHome.address }, 'a contact could not be asked for its presence');
    });
  }
}

/** A peer that is vouched for, such as a call manager, watches for its own users, and answers for them. */
function verdictOn({ home, init }: Subscription): Verdict {
  return init.trust === undefined ? mayWatch(home, init.watcher) : 'allowed';
}

/** A subscription, as the presentity's home knows it. */
export class SipWatcher implements Watcher {
  readonly subscription: Subscription;

  constructor(subscription: Subscription) {
    this.subscription = subscription;
  }

  get address(): string {
    return this.subscription.watcher;
  }

  describe(): WatcherFacts {
    const { init, expiresAt } = this.subscription;
    return { edge: 'sip', since: init.at, expiresAt, userAgent: init.userAgent };
  }

  changed(): void {
    this.subscription.changed();
  }
}
