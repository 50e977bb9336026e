import type { Handover } from '#accounts/device.ts';
import type { Element } from '#xml/element.ts';
import { NS_CLIENT, NS_HINTS, NS_STANZA_ID } from '../../wire/namespaces.ts';

const NS_CHAT_STATES = 'http://jabber.org/protocol/chatstates';
const NS_CARBONS = 'urn:xmpp:carbons:2';
const NS_FORWARD = 'urn:xmpp:forward:0';

/**
 * Whether a message only says in what state its sender is just now (XEP-0085), also as a copy (XEP-0280): the next one
 * of the same sender makes it worthless.
 * @returns what that sender's next one will have in common with it; undefined for any other message
 */
export function passingState(message: Handover): string | undefined {
  // What is kept is worth something. The element may have to be parsed, so the text is looked at first.
  if (message.archiveId !== 0 || !message.text.includes(NS_CHAT_STATES)) return undefined;
  return stateOf(message.element) ?? copiedState(message.element);
}

function stateOf({ attributes, children }: Element): string | undefined {
  if (attributes.type === 'error') return undefined;
  let found = false;
  for (const child of children) {
    if (typeof child === 'string') continue;
    if (child.ns === NS_CHAT_STATES) found = true;
    else if (!saysNothing(child)) return undefined;
  }
  return found ? `${attributes.from} ${attributes.to}` : undefined;
}

function saysNothing({ name, ns }: Element): boolean {
  return (
    ns === NS_HINTS ||
    ns === NS_STANZA_ID ||
    (ns === NS_CLIENT && name === 'thread') ||
    (ns === NS_CARBONS && name === 'private')
  );
}

function copiedState(message: Element): string | undefined {
  const copy = message.child('received', NS_CARBONS) ?? message.child('sent', NS_CARBONS);
  const inner = copy?.child('forwarded', NS_FORWARD)?.child('message', NS_CLIENT);
  const state = inner && stateOf(inner);
  return state && `${copy!.name} ${state}`;
}
