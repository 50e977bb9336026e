/** What has to be right in a request before anybody looks at what it asks for (RFC 3261 §8.1.1, §8.2, §16.3). */
import type { SipRequest } from './message.ts';
import { SipError } from './sip-error.ts';

/** RFC 3261 §20: there is one of each, and each has one value. Those that every request has come first. */
const MANDATORY = ['via', 'from', 'to', 'call-id', 'cseq'] as const;
const SPELLED: Readonly<Record<string, string>> = {
  via: 'Via',
  from: 'From',
  to: 'To',
  'call-id': 'Call-ID',
  cseq: 'CSeq',
  'max-forwards': 'Max-Forwards',
  'content-type': 'Content-Type',
  'content-length': 'Content-Length',
  expires: 'Expires',
  event: 'Event',
  'sip-if-match': 'SIP-If-Match',
};
const HAS_VIA = 1;
const HAS_FROM = 2;
const HAS_TO = 4;
const HAS_CALL_ID = 8;
const HAS_CSEQ = 16;
const HAS_MAX_FORWARDS = 32;
const HAS_CONTENT_TYPE = 64;
const HAS_CONTENT_LENGTH = 128;
const HAS_EXPIRES = 256;
const HAS_EVENT = 512;
const HAS_IF_MATCH = 1024;
const HAS_ALL = 31;

const MAX_TAG_LENGTH = 255;
const MAX_CALL_ID_LENGTH = 1024;
/** RFC 3261 §25.1 `callid` is less than that, and what is sent is more. */
const CALL_ID = /^[!-~]+$/;

/** @throws {SipError} what the request is answered with */
export function validateRequest(request: SipRequest): void {
  requireHeaders(request.headers);
  const { method, cseq } = request;
  void request.via;
  if (cseq.method !== method) throw new SipError(400, 'CSeq Method Does Not Match');
  if (request.from.tag.length > MAX_TAG_LENGTH) throw new SipError(400, 'From Tag Too Long');
  if (request.to.tag.length > MAX_TAG_LENGTH) throw new SipError(400, 'To Tag Too Long');
  const { callId } = request;
  if (callId.length > MAX_CALL_ID_LENGTH || !CALL_ID.test(callId)) throw new SipError(400, 'Bad Call-ID');
  readMaxForwards(request);
}

/** RFC 3261 §8.1.1.6, §20.22. @returns 70 where there is none, as in RFC 2543 @throws {SipError} 400 */
export function readMaxForwards(request: SipRequest): number {
  const text = request.header('max-forwards');
  if (text === undefined) return 70;
  const hops = /^0*[0-9]{1,9}$/.test(text) ? Number(text) : 256;
  if (hops > 255) throw new SipError(400, 'Bad Max-Forwards');
  return hops;
}

function requireHeaders(headers: readonly string[]): void {
  let seen = 0;
  for (let i = 0; i < headers.length; i += 2) {
    const bit = bitOf(headers[i]!);
    if (bit === 0) continue;
    if ((seen & bit) !== 0 && bit !== HAS_VIA) throw new SipError(400, `Several ${SPELLED[headers[i]!]}`);
    seen |= bit;
  }
  if ((seen & HAS_ALL) === HAS_ALL) return;
  const missing = MANDATORY.find((name) => (seen & bitOf(name)) === 0)!;
  throw new SipError(400, `Missing ${SPELLED[missing]}`);
}

function bitOf(name: string): number {
  switch (name) {
    case 'via':
      return HAS_VIA;
    case 'from':
      return HAS_FROM;
    case 'to':
      return HAS_TO;
    case 'call-id':
      return HAS_CALL_ID;
    case 'cseq':
      return HAS_CSEQ;
    case 'max-forwards':
      return HAS_MAX_FORWARDS;
    case 'content-type':
      return HAS_CONTENT_TYPE;
    case 'content-length':
      return HAS_CONTENT_LENGTH;
    case 'expires':
      return HAS_EXPIRES;
    case 'event':
      return HAS_EVENT;
    case 'sip-if-match':
      return HAS_IF_MATCH;
    default:
      return 0;
  }
}
