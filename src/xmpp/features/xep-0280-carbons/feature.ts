/**
 * XEP-0280: Message Carbons, version 1.0.1.
 * What one device receives or sends, the others of the same person get a copy of.
 */
import { type Home, homePart } from '#accounts/home.ts';
import type { Delivery } from '#messaging/delivery.ts';
import { messageFromAccount, messageToAccount } from '#messaging/hooks.ts';
import { isTaker } from '#messaging/takers.ts';
import { parseElement } from '#xml/parse-element.ts';
import { escapeAttribute, serialize } from '#xml/serializer.ts';
import { type IqRequest, xmppFeature } from '../../feature.ts';
import { messageBounced, sessionEnded } from '../../hooks.ts';
import type { Session } from '../../session.ts';
import { forwarded } from '../../wire/forwarded.ts';
import { Jid } from '../../wire/jid.ts';
import { NS_CLIENT } from '../../wire/namespaces.ts';
import { StanzaError } from '../../wire/stanza-error.ts';
import { isEligible, NS_CARBONS } from './eligible.ts';

/** So many messages of an account are remembered, to know their errors again. */
const MAX_REMEMBERED = 50;

interface Carbons {
  /** Devices that get copies. */
  readonly sessions: Set<Session>;
  /** Of what was copied when it was sent: 'id address'. */
  readonly sent: Set<string>;
}

const carbonsOf = homePart<Carbons>({ load: () => ({ sessions: new Set(), sent: new Set() }) });

export const carbons = xmppFeature({
  spec: 'XEP-0280',
  title: 'Message Carbons',
  version: '1.0.1',
  status: 'complete',
  disco: [NS_CARBONS, 'urn:xmpp:carbons:rules:0'],
  setup(xmpp) {
    const place = { ns: NS_CARBONS, by: 'anyone', otherwise: refuse } as const;
    xmpp.onIqSet({ ...place, name: 'enable' }, (iq) => {
      sessionsOf(iq).add(iq.session);
      return undefined;
    });
    xmpp.onIqSet({ ...place, name: 'disable' }, (iq) => {
      sessionsOf(iq).delete(iq.session);
      return undefined;
    });
    xmpp.on(sessionEnded, 'observe', (session) => void carbonsOf.of(session.home).sessions.delete(session));
    xmpp.on(messageFromAccount, 'copy', copySent);
    xmpp.on(messageToAccount, 'copy', copyReceived);
    xmpp.on(messageBounced, 'observe', ({ session, error }) => {
      const { sessions, sent } = carbonsOf.of(session.home);
      const { id, from, to } = error.attributes;
      // What came back because its address is none was never sent.
      if (sessions.size === 0 || to === undefined || from === undefined || !isAddress(from)) return;
      if (!sent.has(`${id} ${Jid.parse(from).bare}`)) return;
      copy(session.home, 'received', 'error', serialize(error, NS_CLIENT), (other) => other !== session);
    });
  },
});

function isAddress(text: string): boolean {
  try {
    Jid.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** §4, §5: the client's own session is meant, and nobody else's. */
function sessionsOf({ isOwner, home }: IqRequest): Set<Session> {
  if (!isOwner) refuse();
  return carbonsOf.of(home).sessions;
}

/** Also where there is no such account, or anyone could find out by this which ones there are. */
function refuse(): never {
  throw new StanzaError('not-allowed');
}

/** §8: to all others, with the id that it has in the archive. */
function copySent(delivery: Delivery): void {
  const home = delivery.sender!;
  const { sessions, sent } = carbonsOf.of(home);
  if (sessions.size === 0 || delivery.private) return;
  // What people say to themselves is copied as received, once.
  const { element, type, from, to } = delivery;
  if (to.address === home.address || !isEligible(element, type, 'sent')) return;
  if (element.attributes.id !== undefined) remember(sent, `${element.attributes.id} ${to.address}`);
  const text = () => delivery.textFor(home.address, delivery.senderArchiveId);
  copy(home, 'sent', type, text, ({ id }) => id !== from.device);
}

/** §7: to all that did not get the message itself. */
function copyReceived(delivery: Delivery): void {
  const home = delivery.receiver!;
  const { sessions, sent } = carbonsOf.of(home);
  if (sessions.size === 0 || delivery.private) return;
  const { element, type, from, to } = delivery;
  const answersCopied = type === 'error' && sent.has(`${element.attributes.id} ${from.address}`);
  if (!answersCopied && !isEligible(element, type, 'received')) return;
  const one = home.devices.get(to.device);
  const hasIt = (session: Session): boolean => (one === undefined ? isTaker(session) : session === one);
  const hasSent = ({ id }: Session): boolean => delivery.sender === home && id === from.device;
  const text = () => delivery.textFor(home.address, delivery.receiverArchiveId);
  copy(home, 'received', type, text, (session) => !hasIt(session) && !hasSent(session));
}

/** Makes the copy once, and addresses it to each. */
function copy(
  home: Home,
  direction: 'sent' | 'received',
  type: string,
  message: string | (() => string),
  isFor: (session: Session) => boolean,
): void {
  const from = escapeAttribute(home.address);
  let content: string | undefined;
  for (const session of carbonsOf.of(home).sessions) {
    if (!isFor(session)) continue;
    content ??= `<${direction} xmlns='${NS_CARBONS}'>${forwarded(typeof message === 'string' ? message : message())}</${direction}>`;
    const to = escapeAttribute(session.jid.full);
    const text = `<message from='${from}' to='${to}' type='${type}'>${content}</message>`;
    session.takeMessage({
      text,
      archiveId: 0,
      get element() {
        return parseElement(text, NS_CLIENT);
      },
    });
  }
}

function remember(sent: Set<string>, key: string): void {
  sent.add(key);
  if (sent.size > MAX_REMEMBERED) sent.delete(sent.values().next().value!);
}
