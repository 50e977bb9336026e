/**
 * RFC 6121 §3: Managing Presence Subscriptions.
 * Tells clients who asks to see their account, and what became of what they asked. What clients say is in presence.ts.
 */
import type { Home } from '#accounts/home.ts';
import type { SubscriptionRequest } from '#accounts/homes.ts';
import { contactsOf } from '#contacts/contact-list.ts';
import { subscriptionArrived, subscriptionArriving } from '#contacts/hooks.ts';
import { presencePublished } from '#presence/hooks.ts';
import { element } from '#xml/element.ts';
import { escapeAttribute } from '#xml/serializer.ts';
import { xmppFeature } from '../feature.ts';
import type { Session } from '../session.ts';

const NS_PRE_APPROVAL = 'urn:xmpp:features:pre-approval';

export const subscriptions = xmppFeature({
  spec: 'RFC 6121 §3',
  title: 'Presence Subscriptions',
  version: '',
  status: 'complete',
  note: 'With approval in advance (§3.4).',
  setup(xmpp) {
    xmpp.streamFeature('after-sign-in', () => element('sub', NS_PRE_APPROVAL));
    xmpp.on(subscriptionArrived, 'deliver', ({ home, type, from, stanza }) => {
      const text = stanza === '' ? render(home, type, from) : stanza;
      for (const device of home.devices.values()) {
        // A question goes to who is there to answer it, news to who follows the list (§3.1.3, §3.1.6).
        const wanted = type === 'subscribe' ? device.publication !== undefined : device.wantsContacts;
        if (device.edge === 'xmpp' && wanted) (device as Session).sendText(text);
      }
    });
    xmpp.on(presencePublished, 'observe', ({ home, device, publication, before }) => {
      if (device?.edge !== 'xmpp' || publication === undefined || before !== undefined) return;
      deliverRequests(home, device as Session);
    });
  },
});

/** §3.1.3: with each device that becomes available, until they are answered. */
function deliverRequests(home: Home, session: Session): void {
  for (const { pendingIn, request, address } of contactsOf(home).all()) {
    if (!pendingIn) continue;
    const news = { home, from: address, type: 'subscribe', stanza: request } as const;
    if (home.homes.hooks.run(subscriptionArriving, news) === 'stop') continue;
    session.sendText(request === '' ? render(home, 'subscribe', address) : request);
  }
}

function render(home: Home, type: SubscriptionRequest, from: string): string {
  return `<presence from='${escapeAttribute(from)}' to='${escapeAttribute(home.address)}' type='${type}'/>`;
}
