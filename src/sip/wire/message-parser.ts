/** RFC 3261 §7: from bytes to a message. */
import { headerName } from './header-names.ts';
import { Malformed } from './malformed.ts';
import { SipRequest, SipResponse } from './message.ts';
import { SipError } from './sip-error.ts';
import { parseStartLine } from './start-line.ts';
import { SPACE, TAB, trimSpaces } from './text.ts';

export interface MessageLimits {
  /** Of start line and headers together. */
  readonly maxHeadBytes: number;
  readonly maxHeaders: number;
  readonly maxBodyBytes: number;
}

export const defaultLimits: MessageLimits = { maxHeadBytes: 32_768, maxHeaders: 200, maxBodyBytes: 1_048_576 };

/** Start line and headers, before they are a message. */
export interface Head {
  readonly startLine: string;
  readonly headers: string[];
  /** Where the body begins; -1 where the empty line before it is missing. */
  readonly bodyAt: number;
  /** -1 where there is none, or nobody knows which is right: a stream ends there. */
  readonly contentLength: number;
  /** The first of them. What can be read is read all the same. */
  readonly fault: SipError | undefined;
}

const CR = 0x0d;
const LF = 0x0a;
/** RFC 3261 §20.14 sets none; more digits than that no body of ours has. */
const CONTENT_LENGTH = /^0*[0-9]{1,9}$/;

/**
 * A whole datagram, or a message of a WebSocket (RFC 7118 §5): what follows the body is dropped (RFC 3261 §18.3).
 * @param bytes a byte string
 * @throws {Malformed}
 */
export function parseMessage(bytes: string, limits: MessageLimits = defaultLimits): SipRequest | SipResponse {
  const head = readHead(bytes, skipLineEnds(bytes), limits);
  const { bodyAt, contentLength } = head;
  let fault = head.fault;
  const available = bodyAt < 0 ? 0 : bytes.length - bodyAt;
  const length = contentLength < 0 ? available : contentLength;
  if (length > limits.maxBodyBytes) fault ??= new SipError(413);
  else if (length > available) fault ??= new SipError(400, 'Content-Length Larger Than Message');
  return toMessage(head, fault, fault !== undefined || length === 0 ? '' : bytes.slice(bodyAt, bodyAt + length));
}

/** RFC 3261 §7.5: empty lines before the start line mean nothing. */
function skipLineEnds(bytes: string): number {
  let at = 0;
  while (bytes.charCodeAt(at) === CR && bytes.charCodeAt(at + 1) === LF) at += 2;
  return at;
}

/** @throws {Malformed} where there is a fault */
export function toMessage(head: Head, fault: SipError | undefined, body: string): SipRequest | SipResponse {
  const start = parseStartLine(head.startLine);
  if (start === undefined) throw new Malformed(new SipError(400, 'Bad Start Line'), undefined);
  if (start.kind === 'response') {
    if (fault !== undefined) throw new Malformed(fault, undefined);
    return new SipResponse(start.status, start.reason, head.headers, body);
  }
  const request = new SipRequest(start.method, start.uri, head.headers, body);
  const found = start.fault ?? fault;
  if (found !== undefined) throw new Malformed(found, request);
  return request;
}

/**
 * Reads from the start line to the empty line in one pass. Values are parts of `bytes`, and keep it in memory.
 * @param from where the start line begins
 */
export function readHead(bytes: string, from: number, limits: MessageLimits): Head {
  const headers: string[] = [];
  let fault: SipError | undefined;
  let contentLength = -1;
  let isLengthUnclear = false;
  let bodyAt = -1;
  let colon = -1;
  let end = endOfLine(bytes, from);
  const startLine = bytes.slice(from, end < 0 ? bytes.length : end);
  let at = end + 2;
  while (end >= 0) {
    end = endOfLine(bytes, at);
    if (end === at) bodyAt = at + 2;
    if (end <= at) break;
    if (end - from > limits.maxHeadBytes || headers.length >= 2 * limits.maxHeaders) {
      fault ??= new SipError(513, 'Too Many Headers');
      bodyAt = endOfHead(bytes, at);
      break;
    }
    const isFolded = isSpaceAt(bytes, end + 2);
    if (isFolded) end = endOfFold(bytes, end);
    if (end < 0) break;
    if (colon < at) colon = bytes.indexOf(':', at);
    if (colon < 0) colon = bytes.length;
    const name = colon > end ? undefined : nameIn(bytes, at, colon);
    const value = name === undefined ? undefined : valueIn(bytes, colon + 1, end, isFolded);
    if (name === undefined) fault ??= new SipError(400, 'Bad Header Line');
    else if (value === undefined) fault ??= new SipError(400, 'Bad Line End');
    else {
      headers.push(name, value);
      if (name === 'content-length') {
        const length = CONTENT_LENGTH.test(value) ? Number(value) : -1;
        const isOther = contentLength >= 0 && contentLength !== length;
        if (length < 0) fault ??= new SipError(400, 'Bad Content-Length');
        else if (isOther) fault ??= new SipError(400, 'Several Content-Length');
        if (length < 0 || isOther) isLengthUnclear = true;
        else contentLength = length;
      }
    }
    at = end + 2;
  }
  if (bodyAt < 0) fault ??= new SipError(400, 'Missing Empty Line');
  return { startLine, headers, bodyAt, contentLength: isLengthUnclear ? -1 : contentLength, fault };
}

function endOfHead(bytes: string, from: number): number {
  const at = bytes.indexOf('\r\n\r\n', from);
  return at < 0 ? -1 : at + 4;
}

/** @returns where the CRLF is; -1 for nowhere */
function endOfLine(bytes: string, from: number): number {
  let at = bytes.indexOf('\r', from);
  while (at >= 0 && bytes.charCodeAt(at + 1) !== LF) at = bytes.indexOf('\r', at + 1);
  return at;
}

function endOfFold(bytes: string, from: number): number {
  let end = from;
  while (end >= 0 && isSpaceAt(bytes, end + 2)) end = endOfLine(bytes, end + 2);
  return end;
}

function isSpaceAt(bytes: string, at: number): boolean {
  const char = bytes.charCodeAt(at);
  return char === SPACE || char === TAB;
}

/** RFC 3261 §7.3.1: spaces before the colon are allowed. */
function nameIn(bytes: string, from: number, colon: number): string | undefined {
  let end = colon;
  while (end > from && isSpaceAt(bytes, end - 1)) end--;
  return headerName(bytes.slice(from, end));
}

/** @returns undefined for a line end of one character alone: none of a header's (RFC 3261 §25.1), but others may see one */
function valueIn(bytes: string, from: number, until: number, isFolded: boolean): string | undefined {
  let start = from;
  let end = until;
  while (start < end && isSpaceAt(bytes, start)) start++;
  while (end > start && isSpaceAt(bytes, end - 1)) end--;
  const value = isFolded ? unfolded(bytes.slice(start, end)) : bytes.slice(start, end);
  return value.includes('\n') || value.includes('\r') ? undefined : value;
}

/** RFC 3261 §7.3.1: a folded line is the same as one with a single space. */
function unfolded(text: string): string {
  return trimSpaces(text.split('\r\n').map(trimSpaces).join(' '));
}
