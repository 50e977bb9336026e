import { decodeEscapes, normalizeEscapes } from './percent.ts';
import type { SipUri } from './sip-uri.ts';

/** What never equals its absence (RFC 3261 §19.1.4; for `gr` RFC 5627 §3.1: a GRUU is another URI than its AOR). */
const NEVER_ABSENT = ['transport', 'user', 'ttl', 'method', 'maddr', 'gr'];

/** Whether two URIs are the same. This is no equivalence: two that equal a third may differ. @see RFC 3261 §19.1.4 */
export function sameUri(a: SipUri, b: SipUri): boolean {
  return (
    a.scheme === b.scheme &&
    normalizeEscapes(a.user) === normalizeEscapes(b.user) &&
    normalizeEscapes(a.password ?? '\0') === normalizeEscapes(b.password ?? '\0') &&
    a.host === b.host &&
    a.port === b.port &&
    sameParams(a, b) &&
    sameHeaders(a.headers, b.headers)
  );
}

function sameParams({ params: a }: SipUri, { params: b }: SipUri): boolean {
  for (const name of NEVER_ABSENT) if (a.has(name) !== b.has(name)) return false;
  for (let i = 0; i < a.flat.length; i += 2) {
    const name = a.flat[i]!;
    const other = b.get(name);
    if (other !== undefined && other.toLowerCase() !== a.get(name)!.toLowerCase()) return false;
  }
  return true;
}

function sameHeaders(a: string, b: string): boolean {
  if (a === b) return true;
  const [one, other] = [sortedHeaders(a), sortedHeaders(b)];
  return one.length === other.length && one.every((header, i) => header === other[i]);
}

function sortedHeaders(headers: string): string[] {
  return headers
    .split('&')
    .map((header) => {
      const [name = '', ...value] = header.split('=');
      return `${decodeEscapes(name).toLowerCase()}=${decodeEscapes(value.join('='))}`;
    })
    .sort();
}
