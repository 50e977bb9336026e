import { reasonPhrases } from './reason-phrases.ts';

/**
 * What a request is answered with instead of what it asked for. Thrown where the fault is seen; the router alone turns
 * it into a response.
 */
export class SipError extends Error {
  readonly status: number;
  /** The reason phrase: names the fault, where the status alone does not. */
  readonly reason: string;
  /** Header lines that the status asks for (`Min-Expires: 60`), each ended by CRLF. */
  readonly head: string;

  constructor(status: number, reason = reasonPhrases[status] ?? 'Error', head = '') {
    // Whoever sends what is wrong is not to cost a walk over the stack; where it was thrown tells nobody anything.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(`${status} ${reason}`);
    Error.stackTraceLimit = stackTraceLimit;
    this.name = 'SipError';
    this.status = status;
    this.reason = reason;
    this.head = head;
  }
}
