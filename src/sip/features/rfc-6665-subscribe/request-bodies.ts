import { decodeContent, type MimePart, mimeHeader, readContentType } from '../../bodies/mime.ts';
import { readMultipart } from '../../bodies/multipart.ts';
import type { SipRequest } from '../../wire/message.ts';
import { SipError } from '../../wire/sip-error.ts';

/** One body of a request, which may have several (RFC 5621). */
export interface RequestBody {
  /** In lower case: 'application/simple-filter+xml'. */
  readonly type: string;
  /** 'recipient-list' (RFC 5363); in lower case, '' where it does not say. */
  readonly disposition: string;
  /** A byte string, decoded. */
  readonly body: string;
}

const NONE: readonly RequestBody[] = [];

/** @throws {SipError} 400, 415 */
export function bodiesOf(request: SipRequest): readonly RequestBody[] {
  if (request.body === '') return NONE;
  const value = request.header('content-type');
  if (value === undefined) throw new SipError(400, 'A body needs a Content-Type');
  const encoding = request.header('content-encoding');
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new SipError(415, undefined, 'Accept-Encoding: identity\r\n');
  }
  const type = readContentType(value);
  if (type.type === 'multipart/mixed') return readMultipart(type, request.body).parts.map(bodyOfPart);
  return [{ type: type.type, disposition: word(request.header('content-disposition')), body: request.body }];
}

/** The body of a type; undefined where there is none. @throws {SipError} 400, 415 */
export function bodyOf(request: SipRequest, type: string): string | undefined {
  return bodiesOf(request).find((body) => body.type === type)?.body;
}

function bodyOfPart(part: MimePart): RequestBody {
  const { type } = readContentType(mimeHeader(part.headers, 'content-type') ?? 'text/plain');
  return { type, disposition: word(mimeHeader(part.headers, 'content-disposition')), body: decodeContent(part) };
}

function word(value = ''): string {
  return value
    .split(';', 1)[0]!
    .replace(/^[ \t]+|[ \t]+$/g, '')
    .toLowerCase();
}
