import { gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import { SipError } from '../../wire/sip-error.ts';

const ACCEPTED = 'Accept-Encoding: identity, deflate, gzip\r\n';

/**
 * The body in its own bytes (RFC 3261 §20.12).
 * COMPAT(linphone 5.1): receipts come deflated, and are not sent again where that is refused.
 * @param maxBytes it may become: what is small as it comes may be large within
 * @throws {SipError} 400; 413; 415 for an encoding that is not known
 */
export function decodeBody(body: string, encoding: string | undefined, maxBytes: number): string {
  switch (encoding?.toLowerCase()) {
    case undefined:
    case 'identity':
      return body;
    case 'deflate':
      return inflated(body, maxBytes, isZlib(body) ? inflateSync : inflateRawSync);
    case 'gzip':
      return inflated(body, maxBytes, gunzipSync);
    default:
      throw new SipError(415, undefined, ACCEPTED);
  }
}

function inflated(body: string, maxBytes: number, inflate: typeof inflateSync): string {
  try {
    return inflate(Buffer.from(body, 'latin1'), { maxOutputLength: maxBytes }).toString('latin1');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE')
      throw new SipError(400, 'Bad Content-Encoding');
    throw new SipError(413, `A Message Has At Most ${maxBytes} Bytes`);
  }
}

/** RFC 1950 §2.2: its first two bytes. Some send what is within alone. */
function isZlib(body: string): boolean {
  return (body.charCodeAt(0) & 0x0f) === 8 && ((body.charCodeAt(0) << 8) + body.charCodeAt(1)) % 31 === 0;
}
