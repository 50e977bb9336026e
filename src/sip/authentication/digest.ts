/**
 * Digest authentication, as a matter of hashes alone. All texts are byte strings.
 * @see RFC 7616 §3.4, RFC 3261 §22.4, RFC 8760 §2
 */
import { hash } from 'node:crypto';
import { type DigestAlgorithm, digestAlgorithms, digestHashes } from '#keys/digest-keys.ts';
import { SipError } from '../wire/sip-error.ts';
import type { DigestParams } from './auth-params.ts';

/** What an Authorization or Proxy-Authorization header of the scheme Digest says. */
export interface DigestCredentials {
  readonly username: string;
  readonly realm: string;
  readonly nonce: string;
  readonly uri: string;
  readonly response: string;
  readonly algorithm: DigestAlgorithm;
  /** Undefined: none, as in RFC 2069; `nc` and `cnonce` are not part of the response then. */
  readonly qop: 'auth' | 'auth-int' | undefined;
  readonly nc: string;
  readonly cnonce: string;
}

const HEXADECIMAL = /^[0-9a-f]+$/;
const NONCE_COUNT = /^[0-9a-fA-F]{8}$/;
/** In hexadecimal. */
const RESPONSE_LENGTH: Record<DigestAlgorithm, number> = { MD5: 32, 'SHA-256': 64, 'SHA-512-256': 64 };

/**
 * @returns undefined where it asks for what we never offer: it is answered with a challenge
 * @throws {SipError} 400 where it is not what RFC 7616 §3.4 demands
 */
export function readCredentials(params: Readonly<DigestParams>): DigestCredentials | undefined {
  const algorithm = readAlgorithm(params.algorithm);
  // RFC 7616 §3.4.4: offered by nobody here.
  if (algorithm === undefined || params.userhash === 'true') return undefined;
  const response = required(params, 'response');
  if (response.length !== RESPONSE_LENGTH[algorithm] || !HEXADECIMAL.test(response)) throw bad('response');
  const qop = readQop(params.qop);
  return {
    username: readUsername(params),
    realm: required(params, 'realm'),
    nonce: required(params, 'nonce'),
    uri: required(params, 'uri'),
    response,
    algorithm,
    qop,
    // COMPAT(libpurple): sends nc without qop or cnonce, and means none of them.
    nc: qop === undefined ? '' : readNonceCount(params),
    cnonce: qop === undefined ? '' : required(params, 'cnonce'),
  };
}

/** RFC 7616 §3.3: none means MD5. */
function readAlgorithm(name: string | undefined): DigestAlgorithm | undefined {
  if (name === undefined || name === 'MD5') return 'MD5';
  const upper = name.toUpperCase();
  return digestAlgorithms.find((algorithm) => algorithm === upper);
}

function readQop(name: string | undefined): DigestCredentials['qop'] {
  if (name === undefined || name === 'auth') return name;
  const lower = name.toLowerCase();
  if (lower !== 'auth' && lower !== 'auth-int') throw bad('qop');
  return lower;
}

function readNonceCount(params: Readonly<DigestParams>): string {
  const nc = required(params, 'nc');
  if (!NONCE_COUNT.test(nc)) throw bad('nc');
  return nc;
}

/** RFC 7616 §3.4: what is not ASCII may come as RFC 5987 writes it. */
function readUsername(params: Readonly<DigestParams>): string {
  const extended = params['username*'];
  if (extended === undefined) return required(params, 'username');
  const encoded = /^utf-8'[^']*'(.*)$/i.exec(extended)?.[1];
  if (encoded === undefined || params.username !== undefined) throw bad('username*');
  return encoded.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function required(params: Readonly<DigestParams>, name: keyof DigestParams): string {
  const value = params[name];
  if (value === undefined) throw new SipError(400, `Credentials without ${name}`);
  return value;
}

function bad(name: string): SipError {
  return new SipError(400, `Bad ${name} in credentials`);
}

/**
 * The response that somebody gives who knows the password (RFC 7616 §3.4.1).
 * @param key H(A1) in hexadecimal
 */
export function digestResponse(credentials: DigestCredentials, key: string, method: string, body: string): string {
  const { algorithm, nonce, nc, cnonce, qop, uri } = credentials;
  const a2 = `${method}:${uri}`;
  const ha2 = hashOf(algorithm, qop === 'auth-int' ? `${a2}:${hashOf(algorithm, body)}` : a2);
  const data = qop === undefined ? `${nonce}:${ha2}` : `${nonce}:${nc}:${cnonce}:${qop}:${ha2}`;
  return hashOf(algorithm, `${key}:${data}`);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the whole of ASCII is meant
const ASCII = /^[\x00-\x7f]*$/;

export function hashOf(algorithm: DigestAlgorithm, bytes: string): string {
  return hash(digestHashes[algorithm], ASCII.test(bytes) ? bytes : Buffer.from(bytes, 'latin1'));
}

/** Whether two texts are equal, in a time that tells nothing of where they differ. */
export function isSame(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}
