/**
 * RFC 5839: Conditional Event Notification.
 * A watcher that says what it has is not told it again: the NOTIFY that a SUBSCRIBE asks for goes without its body, or not
 * at all.
 */
import { sipFeature } from '../feature.ts';
import { subscriptionAccepted } from '../hooks.ts';
import { trimSpaces } from '../wire/text.ts';
import type { Subscription } from './rfc-6665-subscribe/subscription.ts';

export const conditional = sipFeature({
  spec: 'RFC 5839',
  title: 'Conditional Event Notification',
  version: '',
  status: 'complete',
  setup(sip) {
    sip.on(subscriptionAccepted, 'adjust', (accepted) => {
      const { incoming, subscription, isRefresh } = accepted;
      const condition = incoming.request.header('suppress-if-match');
      if (condition === undefined || !holds(subscription, trimSpaces(condition))) return;
      // §6.2: only within a dialog there need be no NOTIFY; a new one begins with it (RFC 6665 §4.1.2.4).
      accepted.suppress = isRefresh ? 'notification' : 'body';
    });
  },
});

/** §5.3: '*' is whatever there is. A subscription that nobody has decided about has no state to be compared. */
function holds(subscription: Subscription, condition: string): boolean {
  if (condition === '*') return true;
  const { eventPackage } = subscription.init;
  return subscription.state === 'active' && condition !== '' && eventPackage.entityTag?.(subscription) === condition;
}
