import type { MessageType } from '#messaging/delivery.ts';
import type { Element } from '#xml/element.ts';

export const NS_CARBONS = 'urn:xmpp:carbons:2';
const NS_MUC_USER = 'http://jabber.org/protocol/muc#user';
const NS_CONFERENCE = 'jabber:x:conference';
/** XEP-0184, XEP-0085, XEP-0333. */
const PAYLOADS: readonly string[] = [
  'urn:xmpp:receipts',
  'http://jabber.org/protocol/chatstates',
  'urn:xmpp:chat-markers:0',
];

/**
 * Whether copies are made of a message by what it is: all the rules of XEP-0280 §6.1 but that of errors, which takes
 * knowing what they answer.
 */
export function isEligible(element: Element, type: MessageType, direction: 'sent' | 'received'): boolean {
  if (type === 'groupchat' || type === 'error') return false;
  let isChat = type === 'chat';
  let invites = false;
  let isOfRoom = false;
  for (const child of element.children) {
    if (typeof child === 'string') continue;
    const { name, ns } = child;
    if (ns === element.ns) isChat ||= type === 'normal' && name === 'body';
    else if (ns === NS_CARBONS && name === 'private') return false;
    else if (ns === NS_CONFERENCE && name === 'x') invites = true;
    else if (ns === NS_MUC_USER && name === 'x') {
      isOfRoom = true;
      invites ||= child.child('invite') !== undefined;
    } else isChat ||= PAYLOADS.includes(ns);
  }
  // What somebody in a room says in private, the room says to each of our devices itself.
  return invites || (isChat && !(isOfRoom && direction === 'received'));
}
