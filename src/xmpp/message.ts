import { Delivery, type MessageType } from '#messaging/delivery.ts';
import { forget, submit } from '#messaging/submit.ts';
import type { Commit } from '#store/database.ts';
import type { Element } from '#xml/element.ts';
import { toStanzaError } from './failures.ts';
import type { Session } from './session.ts';
import type { Jid } from './wire/jid.ts';
import { StanzaError } from './wire/stanza-error.ts';

const TYPES: readonly string[] = ['chat', 'error', 'groupchat', 'headline', 'normal'];

/** RFC 6121 §5: a message from a client enters the middle. Without `to` it is for the sender's own account (§8.1.1.1). */
export function submitMessage(
  session: Session,
  stanza: Element,
  to: Jid | undefined,
): Commit | undefined | Promise<Commit | undefined> {
  const target = to ?? session.jid.toBare();
  if (!session.xmpp.isLocal(target.domain)) throw new StanzaError('remote-server-not-found');
  const { attributes } = stanza;
  attributes.to = target.full;
  if (attributes['xml:lang'] === undefined && session.stream?.lang) attributes['xml:lang'] = session.stream.lang;
  if (target.local === '') {
    // §8.5.1: nobody reads what is sent to the server itself.
    if (attributes.type === 'error' || attributes.type === 'headline') return undefined;
    throw new StanzaError('service-unavailable');
  }
  const { type } = attributes;
  const delivery = new Delivery({
    element: stanza,
    // §5.2.2: a type that is not known is as none.
    type: type !== undefined && TYPES.includes(type) ? (type as MessageType) : 'normal',
    from: { address: session.jid.bare, device: session.jid.resource },
    to: { address: target.bare, device: target.resource },
    at: session.home.homes.clock.now(),
    sender: session.home,
    promised: session.outbox !== undefined,
  });
  const submitted = submit(session.home.homes, delivery);
  if (submitted instanceof Promise) return submitted.then((commit) => watch(session, delivery, commit));
  return watch(session, delivery, submitted);
}

/** When the commit fails the sender gets an error in place of the acknowledgement. */
function watch(session: Session, delivery: Delivery, commit: Commit | undefined): Commit | undefined {
  commit?.onSettled(() => {
    if (commit.state !== 'failed') return;
    forget(delivery);
    session.sendError(delivery.element, toStanzaError(commit.error, session.xmpp.log));
  });
  return commit;
}
