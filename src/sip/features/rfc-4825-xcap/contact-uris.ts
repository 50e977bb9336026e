import { Failure } from '#base/failure.ts';
import { prepareDomain } from '#precis/domain.ts';
import { addressOf, uriOf } from '../../wire/address.ts';
import { readText, writeText } from '../../wire/byte-string.ts';
import { SipError } from '../../wire/sip-error.ts';
import { parseUri } from '../../wire/sip-uri.ts';

const MAX_CACHED = 20_000;
/** A document is read several times with each change; its URIs are the same. */
const known = new Map<string, string>();

/** The contact that a URI in a document names: 'local@domain' or a domain; undefined where it can be none. */
export function contactOf(uri: string): string | undefined {
  const found = known.get(uri);
  if (found !== undefined) return found;
  const address = readContact(uri);
  if (known.size >= MAX_CACHED) known.clear();
  if (address !== undefined && uri.length <= 256) known.set(uri, address);
  return address;
}

function readContact(uri: string): string | undefined {
  try {
    const parsed = parseUri(writeText(uri.trim()));
    if (parsed.scheme === 'tel') return undefined;
    return parsed.user === '' ? prepareDomain(readText(parsed.host)) : addressOf(parsed);
  } catch (error) {
    if (error instanceof SipError || error instanceof Failure) return undefined;
    throw error;
  }
}

export function uriOfContact(address: string): string {
  return readText(uriOf(address));
}
