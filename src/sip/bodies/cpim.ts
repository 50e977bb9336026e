/**
 * RFC 3862: Message/CPIM, a message in an envelope that stays the same whatever protocol carries it.
 * Headers of an envelope are text; the content is a byte string.
 */
import { readText, writeText } from '../wire/byte-string.ts';
import { SipError } from '../wire/sip-error.ts';
import { type MimeHeaders, type MimePart, mimeHeader, readMimePart, writeMimeHeaders } from './mime.ts';

export const CPIM_TYPE = 'message/cpim';
/** §3.1: of From, To, cc, DateTime, Subject, NS, Require. */
export const CPIM_HEADERS = 'urn:ietf:params:cpim-headers:';

export interface CpimHeader {
  readonly ns: string;
  readonly name: string;
  /** §3.3.3. '' where none was given. */
  readonly language: string;
  readonly value: string;
}

export interface Cpim {
  readonly headers: readonly CpimHeader[];
  /** Its own headers begin with Content-Type. */
  readonly content: MimePart;
}

/** §4.1: a name for people, and a URI. */
export interface CpimAddress {
  readonly name: string;
  readonly uri: string;
}

const MAX_HEADERS = 128;
/** §2.3, and the order of what may stand before the value. Spaces that are missing or too many are borne. */
const LINE = /^(?:([^\s:;.]+)\.)?([^\s:;]+?)[ \t]*:((?:[ \t]*;[^;"]*?=(?:"(?:[^"\\]|\\.)*"|[^\s;"]*))*)[ \t]*(.*)$/s;
const NAMESPACE = /^(?:([^\s<>]+)[ \t]*)?<([^<>\s]+)>[ \t]*$/;

/** @param body a byte string @throws {SipError} 400 */
export function readCpim(body: string): Cpim {
  const gap = /\r?\n\r?\n/.exec(body);
  if (gap === null) throw bad('its headers do not end');
  const lines = body.slice(0, gap.index).split(/\r?\n/);
  if (lines.length > MAX_HEADERS) throw bad('it has too many headers');
  return { headers: readHeaders(lines), content: readMimePart(body.slice(gap.index + gap[0].length)) };
}

/** §3.4: NS binds a prefix, or what has none, for the headers after it. */
function readHeaders(lines: readonly string[]): CpimHeader[] {
  const prefixes = new Map([['', CPIM_HEADERS]]);
  const headers: CpimHeader[] = [];
  for (const line of lines) {
    const [, prefix = '', name = '', parameters = '', raw] = LINE.exec(readText(line)) ?? [];
    if (raw === undefined) throw bad('a header is malformed');
    const value = unescapeValue(raw);
    const ns = prefixes.get(prefix);
    // A dot may stand in a name, too.
    if (ns === undefined) headers.push({ ns: prefixes.get('')!, name: `${prefix}.${name}`, language: '', value });
    else headers.push({ ns, name, language: languageIn(parameters), value });
    if (ns === CPIM_HEADERS && name === 'NS') bind(prefixes, value);
  }
  return headers;
}

function bind(prefixes: Map<string, string>, value: string): void {
  const [, prefix = '', uri] = NAMESPACE.exec(value) ?? [];
  if (uri === undefined) throw bad('NS is malformed');
  prefixes.set(prefix, uri);
}

function languageIn(parameters: string): string {
  const [, quoted, plain = ''] = /;[ \t]*lang=(?:"([^"]*)"|([^\s;"]*))/i.exec(parameters) ?? [];
  return quoted ?? plain;
}

/** The values of a header, in order. */
export function cpimHeaders({ headers }: Cpim, name: string, ns = CPIM_HEADERS): string[] {
  return headers.filter((header) => header.name === name && header.ns === ns).map(({ value }) => value);
}

export function cpimHeader(cpim: Cpim, name: string, ns = CPIM_HEADERS): string | undefined {
  return cpimHeaders(cpim, name, ns)[0];
}

/** The content's type as it was written; RFC 2045 §5.2 where it is not. */
export function cpimContentType({ content }: Cpim): string {
  return mimeHeader(content.headers, 'content-type') ?? 'text/plain;charset=us-ascii';
}

/** @throws {SipError} 400 */
export function readCpimAddress(value: string): CpimAddress {
  const text = value.trim();
  const open = text.startsWith('"') ? endOfQuoted(text) + 1 : 0;
  const angle = text.indexOf('<', open);
  const uri = angle < 0 ? text : text.slice(angle + 1, -1);
  if (!/^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>]+$/.test(uri) || (angle >= 0 && !text.endsWith('>'))) {
    throw bad('an address is malformed');
  }
  // COMPAT(linphone, 5.1): a URI alone.
  if (angle < 0) return { name: '', uri };
  const name = text.slice(0, angle).trim();
  return { name: open === 0 ? name : name.slice(1, -1).replace(/\\(.)/gs, '$1'), uri };
}

/** Where the closing quote stands. */
function endOfQuoted(text: string): number {
  for (let i = 1; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '"') return i;
  }
  throw bad('an address is malformed');
}

export function writeCpimAddress({ name, uri }: CpimAddress): string {
  if (name === '') return `<${uri}>`;
  const isPlain = /^[^"<>\\\p{Cc}]+$/u.test(name) && name.trim() === name;
  return `${isPlain ? name : `"${name.replace(/["\\]/g, '\\$&')}"`} <${uri}>`;
}

/**
 * §3.6: names of headers that who does not know them may not pass over.
 * @param known 'name', or '{namespace}name' for headers that are not of CPIM
 * @returns those that are not known
 */
export function unknownRequired(cpim: Cpim, known: ReadonlySet<string>): string[] {
  const prefixes = new Map<string, string>();
  for (const value of cpimHeaders(cpim, 'NS')) bind(prefixes, value);
  const required = cpimHeaders(cpim, 'Require').flatMap((value) => value.split(',').map((name) => name.trim()));
  return required.filter((name) => name !== '' && !known.has(expanded(name, prefixes)));
}

function expanded(name: string, prefixes: ReadonlyMap<string, string>): string {
  const dot = name.indexOf('.');
  const ns = dot < 0 ? undefined : prefixes.get(name.slice(0, dot));
  return ns === undefined ? name : `{${ns}}${name.slice(dot + 1)}`;
}

export interface CpimContent {
  readonly type: string;
  /** Further headers. */
  readonly headers?: MimeHeaders;
  readonly body: string;
}

/**
 * @param prefixes for headers that are not of CPIM, by namespace: NS is written before they are needed
 * @returns a byte string
 */
export function writeCpim(
  headers: readonly CpimHeader[],
  content: CpimContent,
  prefixes: ReadonlyMap<string, string> = new Map(),
): string {
  const declared = new Map<string, string>([[CPIM_HEADERS, '']]);
  let out = '';
  for (const { ns, name, language, value } of headers) {
    let prefix = declared.get(ns);
    if (prefix === undefined) {
      const short = prefixes.get(ns) ?? `n${declared.size}`;
      prefix = `${short}.`;
      declared.set(ns, prefix);
      out += `NS: ${short} <${ns}>\r\n`;
    }
    out += `${prefix}${name}:${language === '' ? '' : `;lang=${language}`} ${escapeValue(value)}\r\n`;
  }
  const type = ['content-type', content.type, ...(content.headers ?? [])];
  return `${writeText(out)}\r\n${writeMimeHeaders(type)}\r\n${content.body}`;
}

/** §2.3.1: control characters and the backslash; one that escapes a quote in a name does so still. */
function escapeValue(value: string): string {
  return value.replace(/\p{Cc}|\\(?!")/gu, (character) => {
    const short = ESCAPES.get(character);
    return short ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\\', '\\\\'],
  ['\b', '\\b'],
  ['\t', '\\t'],
  ['\n', '\\n'],
  ['\r', '\\r'],
]);
const ESCAPED: Readonly<Record<string, string>> = { b: '\b', t: '\t', n: '\n', r: '\r' };

/** A quoted name keeps its own escapes, which are read with the address. */
function unescapeValue(raw: string): string {
  if (!raw.includes('\\')) return raw;
  return raw.replace(/\\(?:u([0-9A-Fa-f]{4})|(.))/gs, (whole, hex?: string, letter?: string) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    return letter === '"' ? whole : (ESCAPED[letter!] ?? letter!);
  });
}

function bad(why: string): SipError {
  return new SipError(400, `Bad CPIM: ${why}`);
}
