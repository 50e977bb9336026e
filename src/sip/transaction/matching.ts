import type { SipRequest, SipResponse } from '../wire/message.ts';
import { TOKEN_LENGTH } from './tokens.ts';

/** RFC 3261 §8.1.1.7: how branches begin that tell transactions apart. */
export const COOKIE = 'z9hG4bK';

/**
 * What tells a server transaction from all others (RFC 3261 §17.2.3); an ACK has that of its INVITE.
 * @throws {SipError} 400 where Via or CSeq cannot be read
 */
export function serverKey(request: SipRequest, method = request.method): string {
  const { via } = request;
  const of = method === 'ACK' ? 'INVITE' : method;
  if (via.branch.length > COOKIE.length && via.branch.startsWith(COOKIE)) {
    return `${via.branch} ${via.host}:${via.port ?? ''} ${of}`;
  }
  return oldKey(request, of);
}

/** From those who write no branch that tells, as RFC 2543 had it. The ACK's To has a tag more: it is left out. */
function oldKey(request: SipRequest, method: string): string {
  const via = request.header('via');
  const from = request.header('from');
  return `${request.uri} ${from} ${request.callId} ${request.cseq.number} ${via} ${method}`;
}

/** RFC 3261 §8.2.2.2: what a request has in common with itself when it comes on two ways. */
export function mergeKey(request: SipRequest): string {
  return `${request.callId} ${request.from.tag} ${request.header('cseq')}`;
}

const BRANCH = ';branch=';

/**
 * What a response is found by: the part of our branch that nobody guesses, looked for without reading the rest. Whoever
 * knows it has seen the request, so where in the top Via it stands need not be proved.
 */
export function clientKeyOf(response: SipResponse): string {
  const line = response.header('via') ?? '';
  const at = line.indexOf(BRANCH);
  return at < 0 ? clientKey(response.via.branch) : line.slice(at + BRANCH.length, at + BRANCH.length + KEY_LENGTH);
}

const KEY_LENGTH = COOKIE.length + TOKEN_LENGTH;

/** What follows the token in a branch is a proxy's (RFC 3261 §16.6 step 8). */
export function clientKey(branch: string): string {
  return branch.slice(0, KEY_LENGTH);
}
