/**
 * Domains in addresses (RFC 7622 §3.2): prepared by UTS #46 without its transitional mappings, so that what we compare
 * and store are lower-case names with U-labels.
 */
import { createRequire } from 'node:module';
import { isIPv4, isIPv6 } from 'node:net';
import { Failure } from '#base/failure.ts';
import { requireClass } from './string-class.ts';

interface Uts46 {
  toUnicode(domain: string, options: Record<string, boolean>): { domain: string; error: boolean };
  toASCII(domain: string, options: Record<string, boolean>): string | null;
}

const STRICT = {
  checkHyphens: true,
  checkBidi: true,
  checkJoiners: true,
  useSTD3ASCIIRules: true,
  transitionalProcessing: false,
  ignoreInvalidPunycode: false,
  verifyDNSLength: true,
};

const MAX_OCTETS = 1023;
const LDH_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** What divides labels, as people type it (UTS #46 §2.3). */
const FINAL_DOT = /[.\u3002\uff0e\uff61]$/;
/** Combining marks of music and symbols, which RFC 5892 §2.5 (IgnorableBlocks) keeps out of domains. */
const IGNORABLE_BLOCKS = /[\u20d0-\u20ff\u{1d100}-\u{1d1ff}\u{1d200}-\u{1d24f}]/u;

let uts46: Uts46 | undefined;

/**
 * Prepares a domain: lower case, A-labels turned into U-labels, one trailing dot removed; IP addresses stay what they
 * are, IPv6 in brackets and in the form of RFC 5952.
 * @throws {Failure} 'malformed'
 * @see RFC 7622 §3.2, RFC 5890 §2.3, UTS #46 §4
 */
export function prepareDomain(text: string): string {
  if (text.length === 0) throw new Failure('malformed', 'the domain of the address is empty');
  if (text.length > MAX_OCTETS) throw new Failure('malformed', 'the domain of the address is too long');
  if (text.startsWith('[')) return prepareIPv6(text);
  const name = text.replace(FINAL_DOT, '');
  if (isIPv4(name)) return name;
  return prepareAscii(name) ?? prepareInternational(name);
}

/** Nearly every domain is plain ASCII without A-labels; such a name needs no tables. */
function prepareAscii(name: string): string | undefined {
  const lower = name.toLowerCase();
  if (lower.length > 253) return undefined;
  for (const label of lower.split('.')) {
    if (!LDH_LABEL.test(label) || label.startsWith('--', 2)) return undefined;
  }
  // Some characters outside ASCII, the Kelvin sign for one, have an ASCII lower case.
  return name.length === Buffer.byteLength(name) ? lower : undefined;
}

function prepareInternational(name: string): string {
  // Loaded on the first such domain: its tables take some megabytes.
  uts46 ??= createRequire(import.meta.url)('tr46') as Uts46;
  const { domain, error } = uts46.toUnicode(name, STRICT);
  // The limits of DNS hold for the ASCII form; an empty label fails here as well.
  if (error || uts46.toASCII(domain, STRICT) === null) throw notADomain(name);
  if (Buffer.byteLength(domain) > MAX_OCTETS || isIPv4(domain)) throw notADomain(name);
  domain.split('.').forEach(requireIdna2008);
  return domain;
}

/**
 * UTS #46 lets pass what IDNA2008 refuses, symbols above all. Once a label is mapped, the code points of RFC 5892 are
 * those of the IdentifierClass without two kinds of marks: both were drawn from the same categories.
 */
function requireIdna2008(label: string): void {
  requireClass(label, 'IdentifierClass');
  if (IGNORABLE_BLOCKS.test(label)) throw notADomain(label);
}

function prepareIPv6(text: string): string {
  const literal = text.slice(1, -1);
  if (!text.endsWith(']') || literal.includes('%') || !isIPv6(literal)) throw notADomain(text);
  return new URL(`http://[${literal}]`).hostname;
}

function notADomain(text: string): Failure {
  return new Failure('malformed', `not a domain: ${JSON.stringify(text.slice(0, 80))}`);
}
