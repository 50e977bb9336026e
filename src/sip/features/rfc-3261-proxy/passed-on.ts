import { spelledName } from '../../wire/header-names.ts';
import { restOfVia } from '../../wire/header-via.ts';
import type { SipResponse } from '../../wire/message.ts';
import type { Outcome } from './best-response.ts';

/** RFC 3261 §16.7 step 3. @returns undefined where no further Via is there: the response was for us */
export function withoutOurVia({ status, reason, headers, body }: SipResponse): Outcome | undefined {
  const at = indexOfVia(headers, 0);
  if (at < 0) return undefined;
  const rest = restOfVia(headers[at + 1]!);
  const before = headers.slice(0, at);
  const after = headers.slice(at + 2);
  if (rest !== '') return { status, reason, headers: [...before, 'via', rest, ...after], body };
  if (indexOfVia(after, 0) < 0) return undefined;
  return { status, reason, headers: [...before, ...after], body };
}

function indexOfVia(headers: readonly string[], from: number): number {
  for (let i = from; i < headers.length; i += 2) if (headers[i] === 'via') return i;
  return -1;
}

/** Header lines, each ended by CRLF, but for Content-Length. */
export function headOf(headers: readonly string[]): string {
  let head = '';
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i] !== 'content-length') head += `${spelledName(headers[i]!)}: ${headers[i + 1]}\r\n`;
  }
  return head;
}
