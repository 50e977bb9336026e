import { randomBytes } from 'node:crypto';
import { Failure, type FailureKind } from '#base/failure.ts';
import type { Log } from '#base/log.ts';
import { type Element, element } from '#xml/element.ts';
import { StanzaError, type StanzaErrorCondition, type StanzaErrorType } from './wire/stanza-error.ts';

/** The XMPP edge's half of the table of failures (RFC 6120 §8.3, RFC 7247 §7). */
const STANZA_ERRORS: Record<FailureKind, [StanzaErrorType, StanzaErrorCondition, application?: Element]> = {
  malformed: ['modify', 'bad-request'],
  conflict: ['cancel', 'conflict'],
  'not-found': ['cancel', 'item-not-found'],
  'not-acceptable': ['modify', 'not-acceptable'],
  forbidden: ['auth', 'forbidden'],
  blocked: ['cancel', 'not-acceptable', element('blocked', 'urn:xmpp:blocking:errors')],
  'over-limit': ['wait', 'resource-constraint'],
  unavailable: ['cancel', 'service-unavailable'],
  'store-failing': ['wait', 'resource-constraint'],
};

/** What is answered to a stanza whose handling threw. Anything unforeseen gets a short id that the log has too. */
export function toStanzaError(error: unknown, log: Log): StanzaError {
  if (error instanceof StanzaError) return error;
  if (error instanceof Failure) {
    const [type, condition, application] = STANZA_ERRORS[error.kind];
    return new StanzaError(condition, { type, text: error.message, ...(application && { application }) });
  }
  const id = randomBytes(4).toString('hex');
  log.error({ err: error, errorId: id }, 'a stanza could not be handled');
  return new StanzaError('internal-server-error', { text: `The server failed; its log has more under ${id}.` });
}
