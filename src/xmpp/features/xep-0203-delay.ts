/**
 * XEP-0203: Delayed Delivery, version 2.0.
 * Messages that waited say since when. A client cannot say so in the name of the server.
 */
import { NS_DELAY } from '#messaging/delay.ts';
import { messageFromAccount } from '#messaging/hooks.ts';
import type { Element } from '#xml/element.ts';
import { xmppFeature } from '../feature.ts';

export const delayedDelivery = xmppFeature({
  spec: 'XEP-0203',
  title: 'Delayed Delivery',
  version: '2.0',
  status: 'complete',
  setup(xmpp) {
    const { edge } = xmpp;
    /** §5: what our domains, or the account that it is for, would have noted themselves. */
    const isForged = (delay: Element, to: string) =>
      delay.attributes.from === to || edge.isLocal(delay.attributes.from?.toLowerCase() ?? '');

    xmpp.on(messageFromAccount, 'block', ({ element, to }) => {
      for (const child of element.children) {
        if (typeof child === 'string' || !child.is('delay', NS_DELAY) || !isForged(child, to.address)) continue;
        element.children = element.children.filter((other) => other !== child);
      }
    });
  },
});
