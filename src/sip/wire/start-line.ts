import { SipError } from './sip-error.ts';
import { isToken } from './text.ts';

/** The first line of a message (RFC 3261 §7.1, §7.2). */
export type StartLine =
  | { readonly kind: 'request'; readonly method: string; readonly uri: string; readonly fault: SipError | undefined }
  | { readonly kind: 'response'; readonly status: number; readonly reason: string };

const METHODS = new Set(
  'ACK BYE CANCEL INFO INVITE MESSAGE NOTIFY OPTIONS PRACK PUBLISH REFER REGISTER SUBSCRIBE UPDATE'.split(' '),
);
const STATUS_LINE = /^SIP\/2\.0 ([1-6][0-9]{2}) (.*)$/is;
const VERSION = /^SIP\/[0-9]+\.[0-9]+$/i;
/** Neither spaces nor controls, nor the brackets that others put around it (RFC 4475 §3.1.2.7). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const NO_URI = /[\x00-\x20<>"\x7f-\xff]/;

/** @returns undefined for what is neither the one nor the other, and a response with a fault, which nobody is told of */
export function parseStartLine(line: string): StartLine | undefined {
  if (line.charCodeAt(3) === 0x2f && /^SIP\//i.test(line)) return parseStatusLine(line);
  const first = line.indexOf(' ');
  const last = line.lastIndexOf(' ');
  if (first <= 0) return undefined;
  const method = line.slice(0, first);
  if (!METHODS.has(method) && !isToken(method)) return undefined;
  const uri = line.slice(first + 1, Math.max(last, first + 1));
  return { kind: 'request', method, uri, fault: faultOf(uri, line.slice(last + 1)) };
}

function parseStatusLine(line: string): StartLine | undefined {
  const match = STATUS_LINE.exec(line);
  return match === null ? undefined : { kind: 'response', status: Number(match[1]), reason: match[2]! };
}

function faultOf(uri: string, version: string): SipError | undefined {
  if (version !== 'SIP/2.0' && version.toUpperCase() !== 'SIP/2.0') {
    return VERSION.test(version) ? new SipError(505) : new SipError(400, 'Bad Request Line');
  }
  // RFC 4475 §3.1.2.9: another scheme may have anything in it, and is refused as such.
  if (uri === '' || NO_URI.test(uri)) return new SipError(400, 'Bad Request-URI');
  return undefined;
}
