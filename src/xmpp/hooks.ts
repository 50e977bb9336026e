import { hook } from '#base/hook.ts';
import type { Element } from '#xml/element.ts';
import type { Session } from './session.ts';
import type { Jid } from './wire/jid.ts';

/** A client has signed in and bound a resource (RFC 6120 §7). */
export const sessionStarted = hook<Session>()('xmpp.session-started', ['observe']);

/** A session is over: signed out, replaced, or waited for in vain. */
export const sessionEnded = hook<Session>()('xmpp.session-ended', ['observe']);

export interface ConnectionLost {
  readonly session: Session;
  /** Set by a handler: the session stays, without a connection (XEP-0198). */
  keep: boolean;
}

/** The connection of a session broke without the stream having been closed. */
export const connectionLost = hook<ConnectionLost>()('xmpp.connection-lost', ['keep', 'observe']);

export interface DiscoQuery {
  readonly session: Session;
  readonly to: Jid | undefined;
  readonly node: string | undefined;
  /** Of the account addressed, when it is one; else the server itself. */
  readonly account: string | undefined;
  readonly isOwner: boolean;
  /** Children of the answer's query element; handlers push to it. */
  readonly answer: Element[];
}

/** What is said of the server or an account in service discovery (XEP-0030) beyond the features' own namespaces. */
export const discoInfo = hook<DiscoQuery>()('xmpp.disco-info', ['collect']);
export const discoItems = hook<DiscoQuery>()('xmpp.disco-items', ['collect']);

/** An IQ from another client has reached a session; stopped, the sender is told that nobody is there. */
export const iqToSession = hook<{ readonly session: Session; readonly from: string }>()('xmpp.iq-to-session', ['block']);
