/** IM addresses as the files have them, a user's name and a domain, and as the server has them (XEP-0106). */
import { prepareAddress } from '#accounts/address.ts';
import { Failure } from '#base/failure.ts';

const ESCAPES: readonly [character: string, code: string][] = [
  [' ', '\\20'],
  ['"', '\\22'],
  ['&', '\\26'],
  ["'", '\\27'],
  ['/', '\\2f'],
  [':', '\\3a'],
  ['<', '\\3c'],
  ['>', '\\3e'],
  ['@', '\\40'],
];
const ESCAPED = /\\(20|22|26|27|2f|3a|3c|3e|40|5c)/gi;

/** XEP-0106 §4: what may not stand in a localpart is written with a backslash and two digits. */
export function escapeLocal(text: string): string {
  let escaped = text.replace(ESCAPED, '\\5c$1');
  for (const [character, code] of ESCAPES) escaped = escaped.replaceAll(character, code);
  return escaped;
}

export function unescapeLocal(local: string): string {
  return local.replace(ESCAPED, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

/**
 * The address of a user's name and a domain. The name may hold an @; one that is escaped already stays as it is.
 * @returns undefined where there is none
 */
export function joinAddress(name: string, domain: string): string | undefined {
  try {
    return prepareAddress(`${name.includes('\\') ? name : escapeLocal(name)}@${domain}`);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** An address as people write it, `mlopez@emea@example.org` included: the last @ divides. @returns undefined for none */
export function readAddress(text: string): string | undefined {
  const at = text.lastIndexOf('@');
  return at < 1 ? undefined : joinAddress(text.slice(0, at), text.slice(at + 1));
}

/** @returns undefined for an address without a user */
export function splitAddress(address: string): { name: string; domain: string } | undefined {
  const at = address.indexOf('@');
  if (at < 0) return undefined;
  return { name: unescapeLocal(address.slice(0, at)), domain: address.slice(at + 1) };
}

/** As people write it. */
export function shownAddress(address: string): string {
  const parts = splitAddress(address);
  return parts === undefined ? address : `${parts.name}@${parts.domain}`;
}

/** The vendor's rule for the domains of contacts: labels of letters, digits and hyphens; the last of letters only. */
export function isContactDomain(domain: string): boolean {
  const labels = domain.split('.');
  if (domain.length > 128 || !/^[a-z]{2,63}$/i.test(labels.at(-1)!)) return false;
  return labels.every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(label));
}
