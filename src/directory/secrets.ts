/**
 * Secrets of objects: of those that are only compared, keys are kept; what has to be said again to somebody else (the
 * password of an LDAP server) is sealed with the server's own secret.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import {
  type Credentials,
  deriveCredentials,
  deriveKeys,
  preparePassword,
  type ScramKeys,
  scramMechanisms,
  verifyKeys,
} from '#keys/credentials.ts';
import { type DigestKeys, deriveDigestKeys } from '#keys/digest-keys.ts';
import { prepareDomain } from '#precis/domain.ts';
import { prepareLocal } from '#precis/localpart.ts';
import { badValue } from './directory-error.ts';

/** What is kept of a password. */
export interface PasswordKeys {
  readonly scram: Credentials;
  /** Undefined where the userid was nothing that an address can be made of. */
  readonly digest: DigestKeys | undefined;
}

const PIN_MECHANISM = 'SCRAM-SHA-256';
const SALT_BYTES = 16;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** The IM address of a user; a userid with an @ is one by itself. @returns undefined where there can be none */
export function addressOf(userid: string, domain: string): string | undefined {
  const at = userid.lastIndexOf('@');
  try {
    if (at < 0) return `${prepareLocal(userid)}@${domain}`;
    return `${prepareLocal(userid.slice(0, at))}@${prepareDomain(userid.slice(at + 1))}`;
  } catch {
    return undefined;
  }
}

/** @throws {DirectoryError} 5003 for a password that nobody may have; {Failure} 'over-limit' */
export async function keepPassword(
  password: string,
  address: string | undefined,
  iterations: number | undefined,
): Promise<string> {
  prepare(password, 'password');
  const scram = await deriveCredentials(password, iterations);
  return JSON.stringify({
    scram: Object.fromEntries(scramMechanisms.map((mechanism) => [mechanism, writeKeys(scram[mechanism])])),
    digest: address === undefined ? undefined : deriveDigestKeys(address, password),
  });
}

export function readPassword(json: string): PasswordKeys {
  const { scram, digest } = JSON.parse(json);
  const keys = scramMechanisms.map((mechanism) => [mechanism, readKeys(scram[mechanism])]);
  return { scram: Object.fromEntries(keys) as Credentials, digest };
}

/** @throws {DirectoryError} 5003; {Failure} 'over-limit' */
export async function keepPin(pin: string, iterations: number | undefined): Promise<string> {
  const prepared = prepare(pin, 'pin');
  const keys = await deriveKeys(PIN_MECHANISM, prepared, randomBytes(SALT_BYTES), iterations ?? PIN_ITERATIONS);
  return JSON.stringify(writeKeys(keys));
}

const PIN_ITERATIONS = 10_000;

/** @throws {Failure} 'over-limit' */
export function checkPin(json: string, pin: string): Promise<boolean> {
  return verifyKeys(PIN_MECHANISM, readKeys(JSON.parse(json)), pin);
}

/** What a phone's digest authentication is checked against. @throws {DirectoryError} 5003 */
export function keepDigestCredentials(secret: string, address: string | undefined): string {
  prepare(secret, 'digestCredentials');
  if (address === undefined) throw badValue('digestCredentials: the userid is nothing that an address can be made of');
  return JSON.stringify(deriveDigestKeys(address, secret));
}

function prepare(password: string, field: string): string {
  try {
    return preparePassword(password);
  } catch (error) {
    throw badValue(`${field}: ${(error as Error).message}`);
  }
}

interface WrittenKeys {
  salt: string;
  iterations: number;
  storedKey: string;
  serverKey: string;
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

function writeKeys({ salt, iterations, storedKey, serverKey }: ScramKeys): WrittenKeys {
  return { salt: base64(salt), iterations, storedKey: base64(storedKey), serverKey: base64(serverKey) };
}

function readKeys({ salt, iterations, storedKey, serverKey }: WrittenKeys): ScramKeys {
  const bytes = (text: string) => Buffer.from(text, 'base64');
  return { salt: bytes(salt), iterations, storedKey: bytes(storedKey), serverKey: bytes(serverKey) };
}

/** Seals with AES-256-GCM under a key of its own. */
export class Sealing {
  readonly #key: Uint8Array;

  /** @param secret known to this server alone and the same at every start */
  constructor(secret: Uint8Array) {
    this.#key = new Uint8Array(hkdfSync('sha256', secret, '', 'directory secrets', 32));
  }

  seal(text: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce);
    const sealed = [cipher.update(text, 'utf8'), cipher.final()];
    return Buffer.concat([nonce, cipher.getAuthTag(), ...sealed]).toString('base64');
  }

  /** @returns undefined for what another secret has sealed */
  open(sealed: string): string | undefined {
    const bytes = Buffer.from(sealed, 'base64');
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, NONCE_BYTES));
      decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      return decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
    } catch {
      return undefined;
    }
  }
}
