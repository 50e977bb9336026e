import { Failure } from '#base/failure.ts';
import type { Commit } from '#store/database.ts';
import type { Element } from '#xml/element.ts';
import { toStanzaError } from './failures.ts';
import { stanzaLeaving } from './hooks.ts';
import { routeIq } from './iq.ts';
import { submitMessage } from './message.ts';
import { handlePresence } from './presence.ts';
import type { Session } from './session.ts';
import { Jid } from './wire/jid.ts';
import { StanzaError } from './wire/stanza-error.ts';
import { StreamError } from './wire/stream-error.ts';

/**
 * Takes a stanza from a signed-in client to whom it is for (RFC 6120 §8.1, §10). The stanza is dealt with when the
 * returned promise is settled, or at once where there is none; until then the next one of the session has to wait.
 * @throws {StreamError} for what ends the stream
 */
export function routeStanza(session: Session, stanza: Element): void | Promise<void> {
  session.xmpp.counts.stanzasReceived.add(1);
  checkFrom(session, stanza);
  try {
    const handling = dispatch(session, stanza);
    if (handling instanceof Promise) {
      session.handling = handling.then(
        (commit) => session.countHandled(commit ?? undefined),
        (error: unknown) => refuse(session, stanza, error),
      );
      return session.handling;
    }
    session.countHandled(handling ?? undefined);
  } catch (error) {
    refuse(session, stanza, error);
  }
}

// biome-ignore lint/suspicious/noConfusingVoidType: presence and IQs have nothing to return
type Handling = Commit | undefined | void;

function dispatch(session: Session, stanza: Element): Handling | Promise<Handling> {
  const to = stanza.attributes.to === undefined ? undefined : parseAddress(stanza.attributes.to);
  if (to !== undefined && stanza.name !== 'message') checkLeaving(session, to);
  switch (stanza.name) {
    case 'message':
      return submitMessage(session, stanza, to);
    case 'presence':
      return handlePresence(session, stanza);
    default:
      return routeIq(session, stanza, to);
  }
}

function checkLeaving(session: Session, to: Jid): void {
  const { hooks } = session.home.homes;
  if (hooks.has(stanzaLeaving)) hooks.run(stanzaLeaving, { session, to });
}

/** RFC 6120 §8.1.2.1: `from` is the client's own, or is not there; then it is put there. */
function checkFrom(session: Session, stanza: Element): void {
  const { from } = stanza.attributes;
  if (from !== undefined && from !== session.jid.full && from !== session.jid.bare) {
    let claimed: Jid | undefined;
    try {
      claimed = Jid.parse(from);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
    }
    if (claimed === undefined || (claimed.full !== session.jid.full && claimed.full !== session.jid.bare)) {
      throw new StreamError('invalid-from', 'A client sends from its own address.');
    }
  }
  stanza.attributes.from = session.jid.full;
}

function parseAddress(text: string): Jid {
  try {
    return Jid.parse(text);
  } catch (error) {
    if (error instanceof Failure) throw new StanzaError('jid-malformed', { text: error.message });
    throw error;
  }
}

/** The router alone turns what was thrown into an answer. Errors are never answered (RFC 6120 §8.3.1). */
function refuse(session: Session, stanza: Element, thrown: unknown): void {
  if (thrown instanceof StreamError) throw thrown;
  const error = toStanzaError(thrown, session.xmpp.log);
  const { type } = stanza.attributes;
  if (type !== 'error' && !(stanza.name === 'iq' && type === 'result')) session.sendError(stanza, error);
  session.countHandled(undefined);
}
