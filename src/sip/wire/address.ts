/** Addresses of accounts as URIs, and back (RFC 7247 §4, XEP-0106 for what a localpart cannot hold). */
import { domainToASCII } from 'node:url';
import { prepareAddress } from '#accounts/address.ts';
import { Failure } from '#base/failure.ts';
import { prepareDomain } from '#precis/domain.ts';
import { readText, writeText } from './byte-string.ts';
import { decodeEscapes, encodeParam, encodeUser } from './percent.ts';
import { SipError } from './sip-error.ts';
import type { SipUri } from './sip-uri.ts';

const MAX_CACHED = 20_000;
const addresses = new Map<string, string>();
const uris = new Map<string, string>();

/** What XEP-0106 §4.2 escapes, and a backslash that would be read as one of them. */
const TO_ESCAPE = /[ "&'/:<>@]|\\(?=20|22|26|27|2f|3a|3c|3e|40|5c)/gi;
const ESCAPES = /\\(20|22|26|27|2f|3a|3c|3e|40|5c)/gi;

/**
 * The address of the account that a URI stands for: 'local@domain'. Its password, port, parameters and headers name
 * nobody else.
 * @throws {SipError} 404 where no account can be called so
 */
export function addressOf({ user, host }: SipUri): string {
  const key = `${user}@${host}`;
  const known = addresses.get(key);
  if (known !== undefined) return known;
  const address = prepared(key, user, host);
  remember(addresses, key, address);
  return address;
}

function prepared(key: string, user: string, host: string): string {
  if (user === '' || host === '') throw new SipError(404);
  const text = readText(decodeEscapes(user));
  const local = text.replace(TO_ESCAPE, (char) => `\\${char.charCodeAt(0).toString(16)}`);
  try {
    // XEP-0106 §4.1: a space has no place at either end.
    if (!/^\\20|\\20$/.test(local)) return prepareAddress(`${local}@${readText(host)}`);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
  throw new SipError(404, `No Such Address: ${key.slice(0, 80)}`);
}

/** The URI of an account: a byte string. @param address 'local@domain', or a domain alone */
export function uriOf(address: string, scheme: 'sip' | 'sips' | 'pres' | 'im' = 'sip'): string {
  const key = `${scheme}:${address}`;
  const known = uris.get(key);
  if (known !== undefined) return known;
  const at = address.indexOf('@');
  const host = asciiDomain(address.slice(at + 1));
  const uri = at < 0 ? `${scheme}:${host}` : `${scheme}:${userOf(address.slice(0, at))}@${host}`;
  remember(uris, key, uri);
  return uri;
}

function userOf(local: string): string {
  const text = local.replace(ESCAPES, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return encodeUser(writeText(text));
}

/** RFC 7247 §4.3: one device of an account is a GRUU, whose `gr` is its resource. */
export function gruuOf(address: string, resource: string): string {
  return `${uriOf(address)};gr=${encodeParam(writeText(resource))}`;
}

/** @param jid 'local@domain/resource', or what is shorter */
export function uriOfJid(jid: string): string {
  const slash = jid.indexOf('/');
  return slash < 0 ? uriOf(jid) : gruuOf(jid.slice(0, slash), jid.slice(slash + 1));
}

/** The resource that a GRUU names; undefined for a URI that names none. */
export function resourceOf({ params }: SipUri): string | undefined {
  const gr = params.get('gr');
  return gr === undefined || gr === '' ? undefined : readText(gr);
}

/** The domain that a URI names, as the middle writes it: in lower case, with U-labels. */
export function domainOf({ host }: SipUri): string {
  if (!host.includes('xn--') && !host.endsWith('.')) return host;
  try {
    return prepareDomain(host);
  } catch {
    return host;
  }
}

/** Domains are A-labels on the wire. What is ASCII already is not touched: a number alone would become an address. */
export function asciiDomain(domain: string): string {
  if (writeText(domain) === domain) return domain;
  return domain
    .split('.')
    .map((label) => (writeText(label) === label ? label : domainToASCII(label)))
    .join('.');
}

function remember(map: Map<string, string>, key: string, value: string): void {
  if (map.size >= MAX_CACHED) map.clear();
  map.set(key, value);
}
