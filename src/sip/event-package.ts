import type { Subscription } from './features/rfc-6665-subscribe/subscription.ts';
import type { IncomingRequest } from './incoming-request.ts';

/** What a NOTIFY carries. Byte strings. */
export interface NotifyDocument {
  readonly contentType: string;
  readonly body: string;
  /** Differs when the document does (RFC 5839 §3); '' where that is not known. */
  readonly entityTag: string;
  /** Further header lines, each ended by CRLF (`Require: eventlist` of RFC 4662 §4.3). */
  readonly head?: string;
}

/**
 * An event package (RFC 6665 §5.4): what subscriptions of one name are about. `rfc-6665-subscribe` knows none by name.
 */
export interface EventPackage {
  /** As in the Event header: 'presence', 'presence.winfo'. */
  readonly name: string;
  /** Types that its documents come in, the default first. */
  readonly contentTypes: readonly string[];
  readonly defaultSeconds: number;
  /** The package wants the request bodies of these types (filters, lists); others are answered with 415. */
  readonly requestTypes?: readonly string[];
  /** Header lines of each 2xx to a SUBSCRIBE, each ended by CRLF. */
  readonly responseHead?: string;
  /**
   * Takes a new subscription up, or a refresh (`incoming` is the SUBSCRIBE): says whether it is active or pending by
   * `subscription.state`, and begins to follow what it is about. Must not send anything.
   * @throws {SipError} 403, 404, 406, ...: there is no subscription then
   */
  open(subscription: Subscription, incoming: IncomingRequest, isRefresh: boolean): void | Promise<void>;
  /** The document for the next NOTIFY; undefined: nothing to tell (a pending subscription). Once for each. The hot path. */
  document(subscription: Subscription): NotifyDocument | undefined;
  /** The entity-tag of what `document` would give, where it tells the whole state; '' where nothing is to be told. */
  entityTag?(subscription: Subscription): string;
  /** Of what said that it has changed: whether there is anything that the watcher has not been told. */
  isNews?(subscription: Subscription): boolean;
  /** Milliseconds within which changes are gathered into one NOTIFY. */
  readonly gatherMs?: number;
  /** A NOTIFY was refused: the watcher does not have the last document. */
  lost?(subscription: Subscription): void;
  /** The subscription is over, for whatever reason. */
  close(subscription: Subscription): void;
}
