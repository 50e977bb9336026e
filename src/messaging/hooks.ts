import type { Home } from '#accounts/home.ts';
import { hook } from '#base/hook.ts';
import type { Element } from '#xml/element.ts';
import type { Delivery } from './delivery.ts';

/**
 * A message has entered, from either edge, and nothing was done with it. What its sender had no right to say is taken
 * out of it here; afterwards its element stays as it is.
 */
export const messageEntered = hook<Delivery>()('messaging.entered', ['clean', 'mark']);

/** A message of an account of ours is about to leave it. `sender` is there. A guard may throw a `Failure`. */
export const messageFromAccount = hook<Delivery>()('messaging.from-account', ['block', 'authorize', 'archive', 'copy']);

/**
 * A message, from either edge, has reached the account it is addressed to (RFC 6121 §8.5, RFC 7572). `receiver` is
 * there. One that a handler stops is answered with an error, as if nobody were there. Copies follow delivery, for there
 * are none of what is refused.
 */
export const messageToAccount = hook<Delivery>()('messaging.to-account', ['block', 'archive', 'deliver', 'copy']);

export interface WaitingMessage {
  readonly home: Home;
  /** As it stands in the archive. */
  readonly stored: string;
  /** The same, read when it is asked for. */
  readonly element: Element;
}

/** What waited is about to be given to a device of the account; stopped, it counts as delivered. */
export const waitingMessage = hook<WaitingMessage>()('messaging.waiting', ['block']);
