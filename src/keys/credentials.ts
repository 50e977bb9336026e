/**
 * What is kept of a password: keys that SCRAM checks it against, and that do not sign anybody in by themselves.
 * @see RFC 5802 §3, RFC 7677
 */
import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { Failure } from '#base/failure.ts';
import { Semaphore } from '#base/semaphore.ts';
import { enforceOpaqueString } from '#precis/opaque-string.ts';

export const scramMechanisms = ['SCRAM-SHA-1', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;
export type ScramMechanism = (typeof scramMechanisms)[number];

/** The hash function of each mechanism, as node:crypto calls it, and the length of what it gives. */
export const scramHashes = {
  'SCRAM-SHA-1': { digest: 'sha1', bytes: 20 },
  'SCRAM-SHA-256': { digest: 'sha256', bytes: 32 },
  'SCRAM-SHA-512': { digest: 'sha512', bytes: 64 },
} as const satisfies Record<ScramMechanism, { digest: string; bytes: number }>;

/** The keys for one mechanism, with the names of RFC 5802 §3. */
export interface ScramKeys {
  readonly salt: Uint8Array;
  readonly iterations: number;
  readonly storedKey: Uint8Array;
  readonly serverKey: Uint8Array;
}

export type Credentials = Readonly<Record<ScramMechanism, ScramKeys>>;

/** RFC 7677 §4 asks for 4,096 at least. */
export const DEFAULT_ITERATIONS = 10_000;
const SALT_BYTES = 16;
/** The most that made-up keys of one mechanism take: salt, StoredKey and ServerKey. */
const FAKE_BYTES = SALT_BYTES + 2 * 64;
const MAX_PASSWORD_OCTETS = 1023;

/** A password that a client sends in clear is checked against the keys that cost the least to make. */
const CHECKED = 'SCRAM-SHA-256';

// PBKDF2 runs on the four threads that files and names are looked up on as well: half of them are left alone, so that
// a flood of passwords slows itself and nothing else.
const hashing = new Semaphore(2, 1000);
const pbkdf2Async = promisify(pbkdf2);

/**
 * Makes the keys of a new password, each with a fresh salt.
 * @throws {Failure} 'malformed' when OpaqueString does not allow the password (RFC 8265 §4); 'over-limit' when too many
 *   passwords are being worked on
 */
export async function deriveCredentials(password: string, iterations = DEFAULT_ITERATIONS): Promise<Credentials> {
  const prepared = preparePassword(password);
  const derived = (mechanism: ScramMechanism) => deriveKeys(mechanism, prepared, randomBytes(SALT_BYTES), iterations);
  return {
    'SCRAM-SHA-1': await derived('SCRAM-SHA-1'),
    'SCRAM-SHA-256': await derived('SCRAM-SHA-256'),
    'SCRAM-SHA-512': await derived('SCRAM-SHA-512'),
  };
}

/**
 * Whether a password is the one that the keys were made of. Takes the same time for every password.
 * @throws {Failure} 'over-limit' when too many passwords are being worked on
 */
export function verifyPassword(credentials: Credentials, password: string): Promise<boolean> {
  return verifyKeys(CHECKED, credentials[CHECKED], password);
}

/** The same, where keys of one mechanism are all there is. */
export async function verifyKeys(mechanism: ScramMechanism, keys: ScramKeys, password: string): Promise<boolean> {
  let prepared: string;
  try {
    prepared = preparePassword(password);
  } catch {
    return false;
  }
  const { salt, iterations, storedKey } = keys;
  const derived = await deriveKeys(mechanism, prepared, salt, iterations);
  return timingSafeEqual(derived.storedKey, storedKey);
}

/**
 * Keys for an account that does not exist: always the same for the same name, and made of no password. A client cannot
 * tell them from real ones (RFC 5802 §9 has the server go on as if nothing were the matter).
 * @param secret known to this server alone
 */
export function fakeCredentials(secret: Uint8Array, address: string, iterations = DEFAULT_ITERATIONS): Credentials {
  // One draw for all: an extendable hash over the secret is as good as a keyed one, and this is done at each sign-in.
  const drawn = createHash('shake256', { outputLength: 3 * FAKE_BYTES })
    .update(secret)
    .update(address)
    .digest();
  let at = 0;
  const take = (bytes: number): Buffer => {
    at += bytes;
    return drawn.subarray(at - bytes, at);
  };
  const fake = (mechanism: ScramMechanism): ScramKeys => {
    const { bytes } = scramHashes[mechanism];
    return { salt: take(SALT_BYTES), iterations, storedKey: take(bytes), serverKey: take(bytes) };
  };
  return {
    'SCRAM-SHA-1': fake('SCRAM-SHA-1'),
    'SCRAM-SHA-256': fake('SCRAM-SHA-256'),
    'SCRAM-SHA-512': fake('SCRAM-SHA-512'),
  };
}

/**
 * The keys of a prepared password for one mechanism (RFC 5802 §3: SaltedPassword, ClientKey, StoredKey, ServerKey).
 * @throws {Failure} 'over-limit' when too many passwords are being worked on
 */
export async function deriveKeys(
  mechanism: ScramMechanism,
  prepared: string,
  salt: Uint8Array,
  iterations: number,
): Promise<ScramKeys> {
  const { digest, bytes } = scramHashes[mechanism];
  const saltedPassword = await hashing.run(() => pbkdf2Async(prepared, salt, iterations, bytes, digest));
  const clientKey = createHmac(digest, saltedPassword).update('Client Key').digest();
  const storedKey = createHash(digest).update(clientKey).digest();
  const serverKey = createHmac(digest, saltedPassword).update('Server Key').digest();
  return { salt, iterations, storedKey, serverKey };
}

/** @throws {Failure} 'malformed' for a password that nobody may have */
export function preparePassword(password: string): string {
  if (password === '') throw new Failure('malformed', 'the password is empty: give one of at least one character');
  if (Buffer.byteLength(password) > MAX_PASSWORD_OCTETS) {
    throw new Failure('malformed', `the password is too long: give one of at most ${MAX_PASSWORD_OCTETS} bytes`);
  }
  return enforceOpaqueString(password);
}
