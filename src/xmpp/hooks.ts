import type { Home } from '#accounts/home.ts';
import { hook } from '#base/hook.ts';
import type { Element } from '#xml/element.ts';
import type { AdHocNode } from './ad-hoc.ts';
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
  /** Who asks; undefined when the server sums up what it can do (XEP-0115). */
  readonly session: Session | undefined;
  /** The account that is asked about; undefined: the server itself. */
  readonly home: Home | undefined;
  /** Undefined: the account or the server as such. A node that no handler has anything to say of does not exist. */
  readonly node: string | undefined;
  /** Whether the account is that of the one who asks. */
  readonly isOwner: boolean;
  /** Whether the one who asks may see the account's presence. */
  readonly isSubscribed: boolean;
  /** Children of the answer's query element; handlers push to it. */
  readonly answer: Element[];
}

/**
 * What is said of the server or an account in service discovery (XEP-0030) beyond the features' own namespaces. Of an
 * account it is asked only by those who may see its presence.
 */
export const discoInfo = hook<DiscoQuery>()('xmpp.disco-info', ['collect']);
/** What belongs to the server or an account. Of an account anyone may ask: see `isSubscribed`. */
export const discoItems = hook<DiscoQuery>()('xmpp.disco-items', ['collect']);

/** A client says something to somebody by IQ or presence. Messages pass `messageFromAccount`. A guard may throw. */
export const stanzaLeaving = hook<{ readonly session: Session; readonly to: Jid }>()('xmpp.stanza-leaving', ['block']);

/** A client asks an account that is not its own; stopped, it is told that nobody is there. */
export const iqToAccount = hook<{ readonly home: Home; readonly from: Jid }>()('xmpp.iq-to-account', ['block']);

/** A session that had lost its connection goes on on another one (XEP-0198), and has been sent what it had missed. */
export const sessionResumed = hook<Session>()('xmpp.session-resumed', ['observe']);

/** An IQ from another client has reached a session; stopped, the sender is told that nobody is there. */
export const iqToSession = hook<{ readonly session: Session; readonly from: string }>()('xmpp.iq-to-session', [
  'block',
]);

/** A client is told that its message could not be delivered. */
export const messageBounced = hook<{ readonly session: Session; readonly error: Element }>()('xmpp.message-bounced', [
  'observe',
]);

/** What may be run by ad hoc commands (XEP-0050), by node. Asked each time, so that what is switched off is gone. */
export const adHocNodes = hook<{ readonly nodes: Map<string, AdHocNode> }>()('xmpp.ad-hoc-nodes', ['collect']);
