import { hook } from '#base/hook.ts';
import type { Delivery } from './delivery.ts';

/** A message of an account of ours is about to leave it. `sender` is there. A guard may throw a `Failure`. */
export const messageFromAccount = hook<Delivery>()('messaging.from-account', ['block', 'authorize', 'archive', 'copy']);

/**
 * A message, from either edge, has reached the account it is addressed to (RFC 6121 §8.5, RFC 7572). `receiver` is
 * there. A message stopped in `block` is answered with an error, as if nobody were there.
 */
export const messageToAccount = hook<Delivery>()('messaging.to-account', ['block', 'archive', 'copy', 'deliver']);
