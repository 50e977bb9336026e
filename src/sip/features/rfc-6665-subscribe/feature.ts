/**
 * RFC 6665: SIP-Specific Event Notification.
 * Serves subscriptions: the dialogs, their states and ends, and which NOTIFY goes out when. What they are about is a
 * matter of event packages.
 */
import { accountDisabled, accountRemoved, passwordChanged } from '#accounts/hooks.ts';
import { duration, integer } from '#base/settings.ts';
import { type SipFeatureContext, sipFeature } from '../../feature.ts';
import { SubscribeHandler } from './subscribe.ts';
import type { Subscription, TerminationReason } from './subscription.ts';
import { Subscriptions } from './subscriptions.ts';

const settings = {
  minExpiresSeconds: duration({
    default: 60,
    min: 1,
    max: 3599,
    unit: 'seconds',
    help: 'A subscription for less is refused with 423 (RFC 6665 section 4.2.1.1).',
  }),
  maxExpiresSeconds: duration({
    default: 7200,
    min: 60,
    max: 604_800,
    unit: 'seconds',
    help: 'A subscription for more is shortened to this.',
  }),
  maxSubscriptions: integer({
    default: 500_000,
    min: 1,
    unit: 'subscriptions',
    help: 'Subscriptions served at a time; more are refused with 503.',
  }),
  maxSubscriptionsPerWatcher: integer({
    default: 2000,
    min: 1,
    unit: 'subscriptions',
    help: 'Subscriptions of one account at a time; more are refused with 503. Call managers are not counted.',
  }),
  minNotifySeconds: duration({
    default: 0,
    max: 3600,
    unit: 'seconds',
    help: 'A watcher is not told of changes more often than this. RFC 3856 section 6.10 asks for 5; 0 tells each at once.',
  }),
};

export type SubscribeContext = SipFeatureContext<typeof settings>;

export const subscribe = sipFeature({
  spec: 'RFC 6665',
  title: 'SIP-Specific Event Notification',
  version: '',
  status: 'complete',
  settings,
  setup(sip) {
    const subscriptions = new Subscriptions(sip.edge, sip.settings);
    const handler = new SubscribeHandler(sip, subscriptions);
    sip.onMethod({ method: 'SUBSCRIBE' }, (incoming) => handler.take(incoming));
    sip.edge.subscriptions = subscriptions;
    sip.on(accountRemoved, 'react', ({ address }) => endOf(subscriptions, address));
    sip.on(accountDisabled, 'react', ({ address }) => endOf(subscriptions, address));
    // Whoever has the new one subscribes again; whoever only had the old one is told nothing any more.
    sip.on(passwordChanged, 'react', ({ address }) =>
      endAll(subscriptions, subscriptions.ofWatcher(address), 'deactivated'),
    );
    sip.onStop(() => {
      void subscriptions.leave();
      sip.edge.subscriptions = undefined;
    });
  },
});

/** Nobody is called so any more, or may not sign in: as somebody who is watched, and as one who watches. */
function endOf(subscriptions: Subscriptions, address: string): void {
  endAll(subscriptions, subscriptions.toAccount(address), 'noresource');
  endAll(subscriptions, subscriptions.ofWatcher(address), 'rejected');
}

function endAll(subscriptions: Subscriptions, some: Iterable<Subscription>, reason: TerminationReason): void {
  for (const subscription of some) subscriptions.terminateSoon(subscription, reason);
}
