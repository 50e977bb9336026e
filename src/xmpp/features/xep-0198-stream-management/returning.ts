import { redeliver } from '#messaging/redeliver.ts';
import { parseElement } from '#xml/parse-element.ts';
import { serialize } from '#xml/serializer.ts';
import type { Session } from '../../session.ts';
import { Jid } from '../../wire/jid.ts';
import { NS_CLIENT } from '../../wire/namespaces.ts';
import { errorReply, StanzaError } from '../../wire/stanza-error.ts';
import type { Unacknowledged } from './unacknowledged.ts';

/**
 * A session ended with stanzas that its client never acknowledged (XEP-0198 §6): messages go back to the account, for its
 * other devices or the next one; who asked something is told that nobody is there.
 */
export function returnUnacknowledged(session: Session, rest: readonly Unacknowledged[]): void {
  if (rest.length === 0) return;
  const { home } = session;
  const messages: { archiveId: number; text: string }[] = [];
  for (const entry of rest) {
    if (entry.archiveId !== 0 || entry.text.startsWith('<message')) messages.push(entry);
    else if (entry.text.startsWith('<iq')) bounce(session, entry.text);
  }
  redeliver(home, session.jid.domain, messages);
}

function bounce(session: Session, text: string): void {
  const iq = parseElement(text, NS_CLIENT);
  const { type, from } = iq.attributes;
  if ((type !== 'get' && type !== 'set') || from === undefined) return;
  const sender = Jid.parse(from);
  if (sender.local === '' || !session.xmpp.isLocal(sender.domain)) return;
  const error = serialize(errorReply(iq, new StanzaError('recipient-unavailable'), session.jid.full), NS_CLIENT);
  void session.home.homes.offer(sender.bare, sender.resource, 'xmpp', error, session.jid.full);
}
