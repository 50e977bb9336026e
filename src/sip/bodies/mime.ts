/** What parts of bodies have in common: RFC 2045, as far as SIP has need of it. Byte strings throughout. */
import { decodeBase64 } from '#base/base64.ts';
import { SipError } from '../wire/sip-error.ts';

/** Name in lower case, value, name, value. */
export type MimeHeaders = readonly string[];

export interface MimePart {
  readonly headers: MimeHeaders;
  /** As it stands there: still in its transfer encoding. */
  readonly body: string;
}

export interface ContentType {
  /** In lower case: 'text/plain'. */
  readonly type: string;
  /** Names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

const MAX_HEADERS = 64;
const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const TYPE = new RegExp(`^[ \\t]*(${TOKEN}/${TOKEN})[ \\t]*(?=;|$)`);
const PARAMETER = new RegExp(
  `[ \\t]*;[ \\t]*(?:(${TOKEN})[ \\t]*=[ \\t]*(?:"((?:[^"\\\\]|\\\\.)*)"|([^ \\t\\r\\n;"]*))[ \\t]*)?`,
  'y',
);

/** @throws {SipError} 400 */
export function readContentType(value: string): ContentType {
  const found = TYPE.exec(value);
  if (found === null) throw new SipError(400, 'Bad Content-Type');
  const parameters = new Map<string, string>();
  PARAMETER.lastIndex = found[0].length;
  while (PARAMETER.lastIndex < value.length) {
    const one = PARAMETER.exec(value);
    if (one === null) throw new SipError(400, 'Bad Content-Type');
    const [, name, quoted, plain = ''] = one;
    if (name === undefined) continue;
    const key = name.toLowerCase();
    if (!parameters.has(key)) parameters.set(key, quoted === undefined ? plain : quoted.replace(/\\(.)/gs, '$1'));
  }
  return { type: found[1]!.toLowerCase(), parameters };
}

/** The first value of a header. @param name in lower case */
export function mimeHeader(headers: MimeHeaders, name: string): string | undefined {
  for (let i = 0; i < headers.length; i += 2) if (headers[i] === name) return headers[i + 1];
  return undefined;
}

/**
 * A part: headers, an empty line, the body. Without headers it begins with the empty line (RFC 2046 §5.1).
 * @throws {SipError} 400
 */
export function readMimePart(text: string): MimePart {
  if (text.startsWith('\r\n')) return { headers: [], body: text.slice(2) };
  if (text.startsWith('\n')) return { headers: [], body: text.slice(1) };
  const gap = /\r?\n\r?\n/.exec(text);
  const head = gap === null ? text.replace(/\r?\n$/, '') : text.slice(0, gap.index);
  return { headers: readHeaders(head), body: gap === null ? '' : text.slice(gap.index + gap[0].length) };
}

function readHeaders(head: string): string[] {
  if (head === '') return [];
  const headers: string[] = [];
  for (const line of head.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)) {
    const colon = line.indexOf(':');
    const name = trimSpace(line.slice(0, Math.max(colon, 0)));
    if (!/^[!-9;-~]+$/.test(name) || line.includes('\r')) throw new SipError(400, 'Bad MIME: a header is malformed');
    if (headers.length >= 2 * MAX_HEADERS) throw new SipError(400, 'Bad MIME: a part has too many headers');
    headers.push(name.toLowerCase(), trimSpace(line.slice(colon + 1)));
  }
  return headers;
}

/** Header lines, each ended by CRLF. */
export function writeMimeHeaders(headers: MimeHeaders): string {
  let out = '';
  for (let i = 0; i < headers.length; i += 2)
    out += `${mimeName(headers[i]!)}: ${headers[i + 1]!.replace(/[\r\n]+/g, ' ')}\r\n`;
  return out;
}

/** `content-id` is written `Content-ID`, as in the RFCs. */
function mimeName(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (letters) => letters.toUpperCase()).replace(/-Id$/, '-ID');
}

/**
 * The body in its own bytes (RFC 2045 §6).
 * @throws {SipError} 400 for a faulty encoding, 415 for one that does not exist
 */
export function decodeContent({ headers, body }: MimePart): string {
  const encoding = mimeHeader(headers, 'content-transfer-encoding')?.toLowerCase() ?? 'binary';
  if (encoding === 'binary' || encoding === '8bit' || encoding === '7bit') return body;
  if (encoding === 'base64') {
    const bytes = decodeBase64(body.replace(/[\r\n\t ]/g, ''));
    if (bytes === undefined) throw new SipError(400, 'Bad MIME: a part is no base64');
    return bytes.toString('latin1');
  }
  if (encoding === 'quoted-printable') return decodeQuotedPrintable(body);
  throw new SipError(415, 'Unsupported Content-Transfer-Encoding');
}

/** RFC 2045 §6.7; what is no escape stays as it is. */
function decodeQuotedPrintable(text: string): string {
  return text
    .split('\n')
    .map(trimEnd)
    .join('\r\n')
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** Without the white space around it. A byte string's 0xA0 is half of a letter, and no white space as `trim` has it. */
export function trimSpace(text: string): string {
  let start = 0;
  while (start < text.length && isSpace(text.charCodeAt(start))) start++;
  return start === 0 ? trimEnd(text) : trimEnd(text.slice(start));
}

function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isSpace(text.charCodeAt(end - 1))) end--;
  return end === text.length ? text : text.slice(0, end);
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0d || code === 0x0a;
}
