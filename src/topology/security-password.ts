/**
 * The security password of the cluster. Every node of it knows it at its installation, and it is never sent: what is kept
 * is a key derived from it, with which each side proves to the other that it was given the same one.
 */
import { createHmac, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { Clock } from '#base/clock.ts';
import { Failure } from '#base/failure.ts';
import { Semaphore } from '#base/semaphore.ts';
import type { Database } from '#store/database.ts';

export interface SecurityKey {
  readonly salt: Uint8Array;
  readonly key: Uint8Array;
}

export const SALT_BYTES = 16;
const KEY_BYTES = 32;
/** 32 MiB and some tens of milliseconds; both sides have to use the same, so it belongs to the protocol. */
const COST = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };
const MAX_LENGTH = 64;

// scrypt runs on the threads that files and names are looked up on as well.
const deriving = new Semaphore(1, 20);
const scryptAsync = promisify<string, Uint8Array, number, typeof COST, Buffer>(scrypt);

/** @throws {Failure} 'malformed' with the rule */
export function checkSecurityPassword(password: string): string {
  if (password.length <= MAX_LENGTH && /^[A-Za-z0-9][A-Za-z0-9_-]{5,}$/.test(password)) return password;
  throw new Failure(
    'malformed',
    `the security password has 6 to ${MAX_LENGTH} characters, begins with a letter or digit, and holds only letters, digits, ` +
      'hyphens and underscores; give the one that all nodes of the cluster are given',
  );
}

/**
 * @param salt fresh where it is left out
 * @throws {Failure} 'malformed' when it breaks the rule; 'over-limit' when too many are being worked on
 */
export async function deriveSecurityKey(
  password: string,
  salt: Uint8Array = randomBytes(SALT_BYTES),
): Promise<SecurityKey> {
  checkSecurityPassword(password);
  const key = await deriving.run(() => scryptAsync(password, salt, KEY_BYTES, COST));
  return { salt, key };
}

/** What one side proves with: an HMAC over all that both have said, in its own name. */
export function prove(side: 'publisher' | 'subscriber', { key }: SecurityKey, transcript: Uint8Array): Buffer {
  return createHmac('sha256', key).update(`rollcall ${side}\0`).update(transcript).digest();
}

export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Keeps the key of the cluster in the publisher's store. */
export class SecurityPassword {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Undefined until a password is set. */
  async key(): Promise<SecurityKey | undefined> {
    const [row] = await this.#database.read('select salt, derived_key from security_password where id = 1');
    return row && { salt: row.salt as Uint8Array, key: row.derived_key as Uint8Array };
  }

  /** @throws {Failure} 'over-limit' */
  async is(password: string): Promise<boolean> {
    const kept = await this.key();
    if (kept === undefined || !isAllowed(password)) return false;
    return isSame((await deriveSecurityKey(password, kept.salt)).key, kept.key);
  }

  /**
   * Sets it, or changes it where the current one is given.
   * @throws {Failure} 'malformed' when it breaks the rule; 'forbidden' when the current one is not right
   */
  async set(password: string, current?: string): Promise<void> {
    checkSecurityPassword(password);
    if ((await this.key()) !== undefined) {
      if (current === undefined)
        throw new Failure('forbidden', 'a security password is set; give the current one as well');
      if (!(await this.is(current)))
        throw new Failure('forbidden', 'the current security password is another; nothing was changed');
    }
    await this.#write(password);
  }

  /** For an installation that is carried out, maybe again. @throws {Failure} 'malformed' */
  async put(password: string): Promise<void> {
    checkSecurityPassword(password);
    if (!(await this.is(password))) await this.#write(password);
  }

  async #write(password: string): Promise<void> {
    const { salt, key } = await deriveSecurityKey(password);
    await this.#database.write({
      sql: `insert into security_password (id, salt, derived_key, set_at) values (1, ?, ?, ?)
        on conflict (id) do update set salt = excluded.salt, derived_key = excluded.derived_key, set_at = excluded.set_at`,
      values: [salt, key, this.#clock.now()],
    });
  }
}

function isAllowed(password: string): boolean {
  try {
    checkSecurityPassword(password);
    return true;
  } catch {
    return false;
  }
}
