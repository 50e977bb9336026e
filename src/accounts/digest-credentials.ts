/** The keys for digest authentication of the accounts of this server: where they are kept, and what homes know of them. */
import { type DigestKey, type DigestKeys, digestAlgorithms } from '#keys/digest-keys.ts';
import type { Database, Row, Statement } from '#store/database.ts';
import { accountTable } from './account-tables.ts';
import { type Home, homePart } from './home.ts';
import type { Homes } from './homes.ts';
import { type AccountChange, keysStored, passwordChanged } from './hooks.ts';

accountTable('digest_credentials', 'account');

const SELECT_KEYS = 'select algorithm, local_key, address_key from digest_credentials where account = ?';

const PUT_KEYS = `insert into digest_credentials (account, algorithm, local_key, address_key)
  values ((select id from accounts where address = ?), ?, ?, ?)
  on conflict (account, algorithm) do update set local_key = excluded.local_key, address_key = excluded.address_key`;

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
  const react = ({ address }: AccountChange) => {
    forget(homes.loaded(address));
    // One that is being loaded may have read the old ones.
    homes.loading(address)?.then(forget, () => undefined);
  };
  const stops = [passwordChanged, keysStored].map((at) => homes.hooks.on(at, 'react', react));
  return () => {
    for (const stop of stops) stop();
  };
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
