/**
 * XEP-0334: Message Processing Hints, version 1.0.0.
 * Senders say whether a message is to be kept (messaging/may-keep.ts heeds that) and whether it is to be copied.
 */
import { messageEntered } from '#messaging/hooks.ts';
import { xmppFeature } from '../feature.ts';
import { NS_HINTS } from '../wire/namespaces.ts';

export const hints = xmppFeature({
  spec: 'XEP-0334',
  title: 'Message Processing Hints',
  version: '1.0.0',
  status: 'complete',
  disco: [NS_HINTS],
  setup(xmpp) {
    xmpp.on(messageEntered, 'mark', (delivery) => {
      // §5: in an error they are those of the message that it is about.
      if (delivery.type !== 'error' && delivery.element.child('no-copy', NS_HINTS)) delivery.private = true;
    });
  },
});
