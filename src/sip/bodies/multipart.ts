/** Bodies of several parts: RFC 2046 §5.1 (mixed), RFC 2387 (related). Byte strings throughout. */
import { randomUUID } from 'node:crypto';
import { SipError } from '../wire/sip-error.ts';
import {
  type ContentType,
  type MimeHeaders,
  type MimePart,
  mimeHeader,
  readMimePart,
  trimSpace,
  writeMimeHeaders,
} from './mime.ts';

export interface Multipart {
  readonly parts: readonly MimePart[];
  /** RFC 2387 §3.2: where to begin. Of `multipart/mixed`, the first part. */
  readonly root: MimePart;
}

const MAX_PARTS = 1000;
/** RFC 2046 §5.1.1. */
const BOUNDARY = /^[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]$/;

/** One that no part can have in it but by intent, or by chance once in the life of the universe. */
export function newBoundary(): string {
  return `rollcall-${randomUUID()}`;
}

/** @param boundary as from `newBoundary` */
export function writeMultipart(parts: readonly MimePart[], boundary: string): string {
  let out = '';
  for (const { headers, body } of parts) out += `--${boundary}\r\n${writeMimeHeaders(headers)}\r\n${body}\r\n`;
  return `${out}--${boundary}--\r\n`;
}

/** RFC 4662 §5.2: as it is written into Content-Type. @param start a Content-ID without its brackets */
export function relatedType(rootType: string, start: string, boundary: string): string {
  return `multipart/related;type="${rootType}";start="<${start}>";boundary="${boundary}"`;
}

/** @param id a Content-ID without its brackets */
export function contentPart(type: string, id: string, body: string, more: MimeHeaders = []): MimePart {
  const headers = ['content-transfer-encoding', 'binary', 'content-id', `<${id}>`, 'content-type', type, ...more];
  return { headers, body };
}

/**
 * @param type of the body as a whole
 * @throws {SipError} 400
 */
export function readMultipart(type: ContentType, body: string): Multipart {
  const boundary = type.parameters.get('boundary');
  if (boundary === undefined || !BOUNDARY.test(boundary)) throw bad('there is no boundary, or it is malformed');
  const parts = split(body, boundary).map(readMimePart);
  const start = type.parameters.get('start');
  const root = start === undefined || type.type !== 'multipart/related' ? parts[0] : partById(parts, start);
  if (root === undefined) throw bad('there is no first part');
  return { parts, root };
}

/** RFC 2387 §3.4, RFC 2392: by Content-ID, with or without brackets, or by a `cid:` URI. */
export function partById(parts: readonly MimePart[], id: string): MimePart | undefined {
  const wanted = plainId(id);
  return parts.find(({ headers }) => plainId(mimeHeader(headers, 'content-id') ?? '') === wanted);
}

function plainId(id: string): string {
  const text = trimSpace(id).replace(/^cid:/i, '');
  return text.startsWith('<') && text.endsWith('>') ? text.slice(1, -1) : text;
}

/** What stands between delimiters; what stands before the first and after the last is nobody's (§5.1.1). */
function split(body: string, boundary: string): string[] {
  const parts: string[] = [];
  let start = -1;
  for (let at = delimiterFrom(body, boundary, 0); at !== undefined; at = delimiterFrom(body, boundary, at.end)) {
    if (start >= 0) parts.push(body.slice(start, Math.max(start, at.start)));
    if (parts.length > MAX_PARTS) throw bad(`it has more than ${MAX_PARTS} parts`);
    if (at.isLast) return parts;
    start = at.end;
  }
  throw bad(start < 0 ? 'its boundary is nowhere' : 'its last boundary is missing');
}

interface Delimiter {
  /** Where the line end begins that belongs to it. */
  readonly start: number;
  readonly end: number;
  readonly isLast: boolean;
}

/** The next line that is a delimiter and nothing else. */
function delimiterFrom(body: string, boundary: string, from: number): Delimiter | undefined {
  const mark = `--${boundary}`;
  for (let at = body.indexOf(mark, from); at >= 0; at = body.indexOf(mark, at + 1)) {
    if (at > 0 && body[at - 1] !== '\n') continue;
    const isLast = body.startsWith('--', at + mark.length);
    const end = endOfLine(body, at + mark.length + (isLast ? 2 : 0));
    if (end !== undefined) return { start: lineEndBefore(body, at), end, isLast };
  }
  return undefined;
}

/** Past padding and line end; undefined where something else follows. */
function endOfLine(body: string, from: number): number | undefined {
  let at = from;
  while (body[at] === ' ' || body[at] === '\t') at++;
  if (at === body.length) return at;
  if (body[at] === '\r' && body[at + 1] === '\n') return at + 2;
  return body[at] === '\n' ? at + 1 : undefined;
}

function lineEndBefore(body: string, at: number): number {
  if (at === 0) return 0;
  return body[at - 2] === '\r' ? at - 2 : at - 1;
}

function bad(why: string): SipError {
  return new SipError(400, `Bad multipart body: ${why}`);
}
