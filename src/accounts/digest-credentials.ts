/**
 * What is kept of a password for digest authentication: H(A1) of each algorithm, for both names that people give their
 * client. Unlike the keys of SCRAM one of these signs its holder in, and only in its realm, so they never leave the server.
 * @see RFC 7616 §3.4.2, RFC 8760 §2.2
 */
import { hash } from 'node:crypto';
import type { Database, Row, Statement } from '#store/database.ts';
import { accountTable } from './account-tables.ts';
import { preparePassword } from './credentials.ts';
import { type Home, homePart } from './home.ts';
import type { Homes } from './homes.ts';
import { passwordChanged } from './hooks.ts';

accountTable('digest_credentials', 'account');

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

const SELECT_KEYS = 'select algorithm, local_key, address_key from digest_credentials where account = ?';

const PUT_KEYS = `insert into digest_credentials (account, algorithm, local_key, address_key)
  values ((select id from accounts where address = ?), ?, ?, ?)
  on conflict (account, algorithm) do update set local_key = excluded.local_key, address_key = excluded.address_key`;

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

export function putDigestKeys(address: string, keys: DigestKeys): Statement[] {
  return digestAlgorithms.map((algorithm) => {
    const { local, address: whole } = keys[algorithm];
    return { sql: PUT_KEYS, values: [address, algorithm, local, whole] };
  });
}

/** What a loaded home knows of its keys. */
interface Keyring {
  /** 'changed': another password was set since, whose keys are read once they are asked for. */
  keys: DigestKeys | undefined | 'changed';
  reading: Promise<DigestKeys | undefined> | undefined;
}

const keyringOf = homePart<Keyring>({
  queries: [SELECT_KEYS],
  load: (_home, [rows]) => ({ keys: readKeys(rows!), reading: undefined }),
});

/**
 * The keys of an account; undefined where it has none. A promise only after its password was changed.
 * @throws {Failure} 'store-failing', by the promise
 */
export function digestKeysOf(home: Home): DigestKeys | undefined | Promise<DigestKeys | undefined> {
  const keyring = keyringOf.of(home);
  if (keyring.keys !== 'changed') return keyring.keys;
  keyring.reading ??= readAgain(home, keyring);
  return keyring.reading;
}

/** Has homes forget the keys of a password that was changed. @returns how to stop */
export function followPasswords(homes: Homes): () => void {
  const forget = (home: Home | undefined) => {
    if (home !== undefined) Object.assign(keyringOf.of(home), { keys: 'changed', reading: undefined });
  };
  return homes.hooks.on(passwordChanged, 'react', ({ address }) => {
    forget(homes.loaded(address));
    // One that is being loaded may have read the old ones.
    homes.loading(address)?.then(forget, () => undefined);
  });
}

async function readAgain(home: Home, keyring: Keyring): Promise<DigestKeys | undefined> {
  // Begun after `reading` stands, which tells whether the password was changed once more meanwhile.
  await undefined;
  const { reading } = keyring;
  try {
    const keys = await keysOfAccount(home.homes.database, home.account.id);
    if (keyring.reading === reading) keyring.keys = keys;
    return keys;
  } finally {
    if (keyring.reading === reading) keyring.reading = undefined;
  }
}

/** The keys of an account whose home is not loaded, for it may not sign in. */
export async function keysOfAccount(database: Database, account: number): Promise<DigestKeys | undefined> {
  return readKeys(await database.read(SELECT_KEYS, [account]));
}

function readKeys(rows: readonly Row[]): DigestKeys | undefined {
  const keys: Partial<Record<string, DigestKey>> = {};
  for (const row of rows)
    keys[String(row.algorithm)] = { local: String(row.local_key), address: String(row.address_key) };
  return digestAlgorithms.every((algorithm) => keys[algorithm] !== undefined) ? (keys as DigestKeys) : undefined;
}
