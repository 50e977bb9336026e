/** Writes a message from its parts, and one that goes on as it came but for what a proxy changes (RFC 3261 §16.6). */
import { spelledName } from './header-names.ts';
import { restOfVia } from './header-via.ts';
import type { SipRequest, SipResponse } from './message.ts';

/**
 * @param headers name, value, name, value, as in a message; Content-Length is that of the body, whatever stands there
 * @returns a byte string
 */
export function writeMessage(startLine: string, headers: readonly string[], body: string): string {
  let text = `${startLine}\r\n`;
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i] !== 'content-length') text += `${spelledName(headers[i]!)}: ${headers[i + 1]}\r\n`;
  }
  return `${text}Content-Length: ${body.length}\r\n\r\n${body}`;
}

/** The start line of a message. @param uri the Request-URI, where another is to stand there */
export function startLineOf(message: SipRequest | SipResponse, uri?: string): string {
  if (message.kind === 'response') return `SIP/2.0 ${message.status} ${message.reason}`;
  return `${message.method} ${uri ?? message.uri} SIP/2.0`;
}

/** Headers without the topmost Via value: what a proxy passes back (RFC 3261 §16.7.3). */
export function withoutTopVia(headers: readonly string[]): string[] {
  const at = indexOfName(headers, 'via');
  if (at < 0) return [...headers];
  const rest = restOfVia(headers[at + 1]!);
  return headers.toSpliced(at, 2, ...(rest === '' ? [] : ['via', rest]));
}

/** Headers with another value of one: the first of its name, or a further one where there is none. */
export function withHeader(headers: readonly string[], name: string, value: string): string[] {
  const at = indexOfName(headers, name);
  return at < 0 ? [...headers, name, value] : headers.toSpliced(at, 2, name, value);
}

/** Headers without all of a name. */
export function withoutHeader(headers: readonly string[], name: string): string[] {
  const kept: string[] = [];
  for (let i = 0; i < headers.length; i += 2) if (headers[i] !== name) kept.push(headers[i]!, headers[i + 1]!);
  return kept;
}

function indexOfName(headers: readonly string[], name: string): number {
  for (let i = 0; i < headers.length; i += 2) if (headers[i] === name) return i;
  return -1;
}
