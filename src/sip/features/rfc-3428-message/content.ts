import type { Element } from '#xml/element.ts';
import { readText } from '../../wire/byte-string.ts';
import type { SipRequest } from '../../wire/message.ts';
import { SipError } from '../../wire/sip-error.ts';

/** What a MESSAGE says. */
export interface Content {
  /** What people read; undefined where there is nothing to read (a chat state, a receipt). */
  readonly text: string | undefined;
  /** What it says beside: chat states, receipts. */
  readonly extensions: readonly Element[];
  /** The id that its sender knows it by (RFC 5438 §6.3); undefined for none. */
  readonly id: string | undefined;
}

type Reader = (body: string, parameters: string, request: SipRequest) => Content | undefined;

/** By content type, in lower case. */
const readers = new Map<string, Reader>([['text/plain', readPlain]]);

/** The types that are taken, for Accept (RFC 3428 §7: text/plain at least). */
export function acceptedTypes(): string {
  return [...readers.keys()].join(', ');
}

/** @throws {SipError} 400, 415 */
export function readContent(request: SipRequest): Content | undefined {
  const value = request.header('content-type');
  if (request.body === '') return undefined;
  if (value === undefined) throw new SipError(400, 'A body needs a Content-Type');
  const encoding = request.header('content-encoding');
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new SipError(415, undefined, 'Accept-Encoding: identity\r\n');
  }
  const semicolon = value.indexOf(';');
  const type = (semicolon < 0 ? value : value.slice(0, semicolon)).trim().toLowerCase();
  const read = readers.get(type);
  if (read === undefined) throw new SipError(415, undefined, `Accept: ${acceptedTypes()}\r\n`);
  return read(request.body, semicolon < 0 ? '' : value.slice(semicolon), request);
}

/** RFC 2046 §4.1.2: without a charset US-ASCII is meant, of which UTF-8 is what everybody sends. */
function readPlain(body: string, parameters: string): Content {
  const charset = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(parameters)?.[1]?.toLowerCase() ?? 'utf-8';
  if (charset === 'utf-8' || charset === 'us-ascii') return { text: readText(body), extensions: [], id: undefined };
  if (charset === 'iso-8859-1') return { text: body, extensions: [], id: undefined };
  throw new SipError(415, 'Text is in UTF-8', 'Accept: text/plain;charset=UTF-8\r\n');
}
