import { Params, parseParams } from './header-params.ts';
import { SipError } from './sip-error.ts';
import { LESS, QUOTE, quote, skipQuoted, skipSpaces, trimSpaces, unquote } from './text.ts';

/** From, To, Contact, Route and their like: `"Display" <uri>;params` (RFC 3261 §20.10). */
export interface NameAddress {
  /** Without quotes: a byte string; '' for none. */
  readonly display: string;
  /** As it came, without brackets. */
  readonly uri: string;
  readonly params: Params;
  /** '' for none. */
  readonly tag: string;
}

/** Words of a display name that needs no quotes. UTF-8 does, and is borne without. */
const WORDS = /^[A-Za-z0-9!%'*+._`~ \t\x80-\xff-]*$/;
/** RFC 2396 has no such thing in a URI: spaces, controls, quotes, brackets, and bytes beyond ASCII. */
const URI = /^[A-Za-z][A-Za-z0-9+.-]*:[!#-;=?-Z_a-z~[\]]+$/;
/** RFC 3261 §20: such a URI has to stand in brackets. */
const BRACKETS_NEEDED = /[?,]/;

/**
 * @param header as it is called in the reason phrase: 'From'
 * @throws {SipError} 400
 */
export function parseNameAddress(value: string, header = 'Address'): NameAddress {
  const at = skipSpaces(value, 0);
  const first = value.charCodeAt(at);
  if (first === LESS) return bracketed(value, at, '', header);
  if (first === QUOTE) {
    const end = skipQuoted(value, at);
    if (end < 0) throw bad(header, 'Unclosed Quote In');
    const angle = skipSpaces(value, end);
    if (value.charCodeAt(angle) !== LESS) throw bad(header);
    return bracketed(value, angle, unquote(value.slice(at, end)), header);
  }
  const angle = value.indexOf('<', at);
  if (angle >= 0 && WORDS.test(value.slice(at, angle))) {
    return bracketed(value, angle, trimSpaces(value.slice(at, angle)), header);
  }
  return bare(value, at, header);
}

/** @param angle where the `<` is */
function bracketed(value: string, angle: number, display: string, header: string): NameAddress {
  const end = value.indexOf('>', angle);
  if (end < 0) throw bad(header, 'Unclosed Bracket In');
  return withParams(value, end + 1, display, value.slice(angle + 1, end), header);
}

/** Without brackets, parameters are the header's and not the URI's. */
function bare(value: string, at: number, header: string): NameAddress {
  const semicolon = value.indexOf(';', at);
  const end = semicolon < 0 ? value.length : semicolon;
  const uri = trimSpaces(value.slice(at, end));
  if (BRACKETS_NEEDED.test(uri)) throw bad(header);
  return withParams(value, end, '', uri, header);
}

function withParams(value: string, at: number, display: string, uri: string, header: string): NameAddress {
  if (!URI.test(uri)) throw bad(header);
  const params = parseParams(value, at);
  if (params === undefined) throw bad(header);
  return { display, uri, params, tag: params === Params.none ? '' : (params.get('tag') ?? '') };
}

function bad(header: string, what = 'Bad'): SipError {
  return new SipError(400, `${what} ${header}`);
}

/**
 * The values of Contact, Route and their like. @param values as `SipMessage.values` gives them
 * @throws {SipError} 400
 */
export function parseNameAddresses(values: readonly string[], header: string): NameAddress[] {
  return values.map((value) => parseNameAddress(value, header));
}

/**
 * All contacts of a request, or '*' (RFC 3261 §10.2.2), which nothing stands beside.
 * @throws {SipError} 400
 */
export function parseContacts(values: readonly string[]): NameAddress[] | '*' {
  if (values.length === 1 && values[0] === '*') return '*';
  return parseNameAddresses(values, 'Contact');
}

/** A display name is quoted, a URI always stands in brackets. */
export function writeNameAddress(display: string, uri: string, params = ''): string {
  return `${display === '' ? '' : `${quote(display)} `}<${uri}>${params}`;
}
