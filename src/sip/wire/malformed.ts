import type { SipRequest } from './message.ts';
import { SipError } from './sip-error.ts';

/** What came is no SIP message. It carries what could be read of it, so that it can be answered. */
export class Malformed extends SipError {
  /** What could be read of a request: its headers that are right. Undefined for what cannot be answered. */
  readonly request: SipRequest | undefined;

  constructor({ status, reason, head }: SipError, request: SipRequest | undefined) {
    super(status, reason, head);
    this.name = 'Malformed';
    this.request = request;
  }
}
