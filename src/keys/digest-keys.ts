/**
 * What digest authentication checks a password against: H(A1) of each algorithm, for both names that people give their
 * client. Unlike the keys of SCRAM one of these signs its holder in, and only in its realm, so they never leave the server.
 * @see RFC 7616 §3.4.2, RFC 8760 §2.2
 */
import { hash } from 'node:crypto';
import { preparePassword } from './credentials.ts';

export const digestAlgorithms = ['MD5', 'SHA-256', 'SHA-512-256'] as const;
export type DigestAlgorithm = (typeof digestAlgorithms)[number];

/** The hash function of each algorithm, as node:crypto calls it. */
export const digestHashes = {
  MD5: 'md5',
  'SHA-256': 'sha256',
  'SHA-512-256': 'sha512-256',
} as const satisfies Record<DigestAlgorithm, string>;

/** H(A1) in lower-case hexadecimal, by the name that the client was given. */
export interface DigestKey {
  /** For 'local'. */
  readonly local: string;
  /** For 'local@domain'. */
  readonly address: string;
}

export type DigestKeys = Readonly<Record<DigestAlgorithm, DigestKey>>;

/**
 * The keys of a new password. It is prepared as for SCRAM, and a client sends no password that we could prepare: one who
 * types another kind of space, or another normal form, is refused here and let in there.
 * @param address prepared; its domain is the realm
 * @throws {Failure} 'malformed' when OpaqueString does not allow the password (RFC 8265 §4)
 */
export function deriveDigestKeys(address: string, password: string): DigestKeys {
  const prepared = preparePassword(password);
  const at = address.indexOf('@');
  const rest = `:${address.slice(at + 1)}:${prepared}`;
  const key = (algorithm: DigestAlgorithm): DigestKey => ({
    local: hash(digestHashes[algorithm], address.slice(0, at) + rest),
    address: hash(digestHashes[algorithm], address + rest),
  });
  return { MD5: key('MD5'), 'SHA-256': key('SHA-256'), 'SHA-512-256': key('SHA-512-256') };
}
