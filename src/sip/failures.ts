import { randomBytes } from 'node:crypto';
import { Failure, type FailureKind } from '#base/failure.ts';
import type { Log } from '#base/log.ts';
import { writeText } from './wire/byte-string.ts';
import { SipError } from './wire/sip-error.ts';

const LATER = 'Retry-After: 60\r\n';

/** The SIP edge's half of the table of failures (RFC 3261 §21, RFC 7247 §7.1). */
const STATUSES: Record<FailureKind, [status: number, head?: string]> = {
  malformed: [400],
  conflict: [400],
  'not-found': [404],
  'not-acceptable': [406],
  forbidden: [403],
  blocked: [403],
  'over-limit': [500, LATER],
  unavailable: [480],
  'store-failing': [503, LATER],
};

/** What is answered to a request whose handling threw. Anything unforeseen gets a short id that the log has too. */
export function toSipError(error: unknown, log: Log): SipError {
  if (error instanceof SipError) return error;
  if (error instanceof Failure) {
    const [status, head] = STATUSES[error.kind];
    return new SipError(status, asReason(error.message), head);
  }
  const id = randomBytes(4).toString('hex');
  log.error({ err: error, errorId: id }, 'a request could not be handled');
  return new SipError(500, `Server Internal Error, the log has more under ${id}`);
}

/** RFC 3261 §25.1: a reason phrase is one line of text in UTF-8. */
function asReason(sentence: string): string {
  return writeText(sentence.replace(/\p{Cc}+/gu, ' '));
}
