import type { Element } from '#xml/element.ts';
import { NS_DELAY } from './delay.ts';
import type { Delivery, Keep } from './delivery.ts';

const NS_HINTS = 'urn:xmpp:hints';
const NS_CHAT_STATES = 'http://jabber.org/protocol/chatstates';
const NS_STANZA_ID = 'urn:xmpp:sid:0';
const NS_CARBONS = 'urn:xmpp:carbons:2';
/** What only says how the message is to be handled, or how far somebody has got with a next one. */
const ABOUT_THE_MESSAGE: readonly string[] = [NS_CHAT_STATES, NS_STANZA_ID, NS_CARBONS, NS_DELAY];

/**
 * For how long a message may be kept at most, by what it is and by what its sender asks for (XEP-0313 §5.1.1, XEP-0160
 * §3, XEP-0334 §4): kept is what somebody said, or says about what was said, and not a passing state of a chat.
 */
export function mayKeep(delivery: Delivery): Keep {
  delivery.mayKeep ??= workOut(delivery);
  return delivery.mayKeep;
}

function workOut({ type, element }: Delivery): Keep {
  if (type === 'error' || type === 'groupchat') return 'no';
  let kept = false;
  let longest: Keep = 'archive';
  for (const child of element.children) {
    if (typeof child === 'string') continue;
    if (child.ns === NS_HINTS) {
      if (child.name === 'no-store') return 'no';
      if (child.name === 'no-permanent-store') longest = 'until-delivered';
      if (child.name === 'store') kept = true;
    } else if (type !== 'headline' && saysSomething(child)) kept = true;
  }
  return kept ? longest : 'no';
}

/** A `<thread/>` alone says nothing. */
function saysSomething({ name, ns }: Element): boolean {
  return name !== 'thread' && !ABOUT_THE_MESSAGE.includes(ns);
}
