import type { Flow } from '../transport/flow.ts';
import type { SipRequest, SipResponse } from '../wire/message.ts';

export interface ResponseOptions {
  /** Instead of the usual phrase of the status. */
  reason?: string;
  /** Header lines, each ended by CRLF: a byte string. Via, From, To, Call-ID, CSeq and Content-Length are not theirs. */
  head?: string;
  /** A byte string. */
  body?: string;
  /** Instead of the transaction's own: that of the dialog, or of a response that is passed on. */
  toTag?: string;
}

/** A request that is being answered (RFC 3261 §17.2). */
export interface ServerTransaction {
  readonly request: SipRequest;
  readonly flow: Flow;
  /** A final response has been given. */
  readonly isFinal: boolean;
  /** The tag that all responses but 100 add to To where the request has none (RFC 3261 §8.2.6.2). */
  readonly toTag: string;
  /** What comes after a final response is not sent; to an INVITE, further 2xx are (RFC 6026 §7.1). */
  respond(status: number, options?: ResponseOptions): void;
  /**
   * A proxy passes a response on (RFC 3261 §16.7).
   * @param head all header lines but our own Via, which is off, and Content-Length
   */
  forward(status: number, reason: string, head: string, body: string): void;
  /**
   * RFC 3261 §8.2.2.2: whether the same request is being served already, having come on another way. The first that is
   * asked is the one that is served. For those who serve a request, not for a proxy: what spirals is not merged.
   */
  isMerged(): boolean;
  /** An INVITE is taken back (RFC 3261 §9.2), before its final response. The CANCEL itself has been answered. */
  onCancel(run: () => void): void;
  /** The transaction is over: answered and forgotten, given up, or its responses cannot be sent. */
  onEnd(run: () => void): void;
}

export interface ResponseHandlers {
  /** Provisional ones, 100 too; one that is final, and of 2xx to an INVITE any number. */
  response(response: SipResponse): void;
  /** No final response will come: none came in time (to be taken for 408), or nothing can be sent (503). */
  failed?(why: 'timeout' | 'transport'): void;
}

/** A request of ours that waits for its response (RFC 3261 §17.1). */
export interface ClientTransaction {
  readonly branch: string;
  /** RFC 3261 §9.1: takes an INVITE back, as soon as anything has been heard of it. Nothing otherwise. */
  cancel(): void;
}
