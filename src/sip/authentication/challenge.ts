import type { DigestAlgorithm } from '#keys/digest-keys.ts';
import { writeText } from '../wire/byte-string.ts';
import { quote } from '../wire/text.ts';

export interface Challenge {
  readonly as: 'registrar' | 'proxy';
  /** Human text. */
  readonly realm: string;
  readonly nonce: string;
  /** The preferred one first. */
  readonly algorithms: readonly DigestAlgorithm[];
  readonly isStale: boolean;
  readonly integrity: boolean;
}

/**
 * Header lines that ask for a password: one for each algorithm (RFC 8760 §2.3), with one nonce, so that who takes the
 * nonce of one and the algorithm of another is understood. COMPAT(libpurple): does just that.
 */
export function writeChallenge({ as, realm, nonce, algorithms, isStale, integrity }: Challenge): string {
  const name = as === 'registrar' ? 'WWW-Authenticate' : 'Proxy-Authenticate';
  const qop = integrity ? 'auth,auth-int' : 'auth';
  const rest = `nonce="${nonce}", ${isStale ? 'stale=true, ' : ''}qop="${qop}"`;
  const start = `${name}: Digest realm=${quote(writeText(realm))}, ${rest}, algorithm=`;
  let head = '';
  for (const algorithm of algorithms) head += `${start}${algorithm}\r\n`;
  return head;
}

/**
 * The algorithms that a client is asked for.
 * COMPAT(baresip 1.0): gives up when any challenge is not for MD5, wherever it stands.
 * COMPAT(SIPp 3.6): takes the first challenge, and says nothing of itself.
 * @param preferred as the administrator wants them
 */
export function algorithmsFor(
  userAgent: string | undefined,
  preferred: readonly DigestAlgorithm[],
): readonly DigestAlgorithm[] {
  if (!preferred.includes('MD5')) return preferred;
  if (userAgent === undefined) return ['MD5', ...preferred.filter((algorithm) => algorithm !== 'MD5')];
  return /^baresip v[01]\./.test(userAgent) ? ['MD5'] : preferred;
}
