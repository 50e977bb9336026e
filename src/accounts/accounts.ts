import type { Clock } from '#base/clock.ts';
import { Failure } from '#base/failure.ts';
import type { Hook, Hooks } from '#base/hook.ts';
import {
  type Credentials,
  deriveCredentials,
  fakeCredentials,
  scramMechanisms,
  verifyPassword,
} from '#keys/credentials.ts';
import { type DigestKeys, deriveDigestKeys } from '#keys/digest-keys.ts';
import type { Database, Row, Statement } from '#store/database.ts';
import { accountTable, deleteStatements } from './account-tables.ts';
import { prepareAddress } from './address.ts';
import { putDigestKeys } from './digest-credentials.ts';
import {
  type AccountChange,
  accountAdded,
  accountDisabled,
  accountEnabled,
  accountRemoved,
  keysStored,
  passwordChanged,
} from './hooks.ts';

accountTable('credentials', 'account');

export interface Account {
  /** The key of the account's rows in every table; never given to another account. */
  readonly id: number;
  /** 'local@domain', prepared. */
  readonly address: string;
  readonly admin: boolean;
  /** Whether it may sign in. */
  readonly enabled: boolean;
  readonly createdAt: number;
  readonly passwordChangedAt: number;
  /** The uuid of the end user of Unified CM whose account it is; absent where it was made here. */
  readonly endUser?: string;
}

/** All that is kept of a password. */
export interface AccountKeys {
  readonly scram: Credentials;
  /** Undefined where none can be made: of a userid that is no address, or that is another one by now. */
  readonly digest: DigestKeys | undefined;
}

/** What becomes of an end user's account. */
export interface AccountEdit {
  /** Prepared. */
  readonly address: string;
  /** As it is now; absent: it is added. */
  readonly account?: Account;
  readonly enabled: boolean;
  readonly endUser: string;
  /** Of a new password; who signed in with the one before is signed out. */
  readonly keys?: AccountKeys;
  /** The device that the password was changed from, which stays signed in. */
  readonly by?: string;
}

/** Where the passwords of end users are, when that is not here. */
export interface PasswordOwner {
  /** @throws {Failure} when it cannot be asked */
  check(account: Account, password: string): Promise<boolean>;
}

/** What somebody who signs in is checked against. */
export interface SignInAccount {
  /** Undefined where there is no such account; the credentials are then made up, and fit no password. */
  readonly account: Account | undefined;
  readonly credentials: Credentials;
}

export interface AccountsOptions {
  database: Database;
  clock: Clock;
  hooks: Hooks;
  /** Known to this server alone and the same at every start: what credentials for unknown names are made of. */
  secret: Uint8Array;
  /** Read each time, so that a changed setting holds at once. */
  settings?: { readonly iterations: number };
}

const COLUMNS = 'id, address, admin, enabled, created_at, password_changed_at, end_user';

const NEXT_ID = 'update account_ids set last = last + 1';

const INSERT_ACCOUNT = `insert into accounts (${COLUMNS})
  values ((select last from account_ids), ?, ?, ?, ?, ?, ?) returning ${COLUMNS}`;

const EDIT_ACCOUNT = `update accounts set enabled = ?, end_user = ?, password_changed_at = ? where id = ?
  returning ${COLUMNS}`;

// The account is looked up once more, so that one removed meanwhile violates `not null` and leaves no orphans.
const PUT_KEYS = `insert into credentials (account, mechanism, salt, iterations, stored_key, server_key)
  values ((select id from accounts where address = ?), ?, ?, ?, ?, ?)
  on conflict (account, mechanism) do update set salt = excluded.salt, iterations = excluded.iterations,
    stored_key = excluded.stored_key, server_key = excluded.server_key`;

const SELECT_SIGN_IN = `select ${COLUMNS}, mechanism, salt, iterations, stored_key, server_key
  from accounts left join credentials on credentials.account = accounts.id where address = ?`;

/** All accounts of this server: who may sign in, and with what. Addresses are prepared here, so any spelling will do. */
export class Accounts {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #hooks: Hooks;
  readonly #secret: Uint8Array;
  readonly #settings: { readonly iterations?: number };
  #revision = 0;
  /** Set where end users' passwords are checked elsewhere; then only PLAIN can tell what is right for the first time. */
  passwordOwner: PasswordOwner | undefined;

  constructor(options: AccountsOptions) {
    this.#database = options.database;
    this.#clock = options.clock;
    this.#hooks = options.hooks;
    this.#secret = options.secret;
    this.#settings = options.settings ?? {};
  }

  /**
   * Moves on whenever an account loses the right to go on as it is (removed, disabled, password changed), so that a
   * sign-in under way can tell whether what it has read still holds.
   */
  get revision(): number {
    return this.#revision;
  }

  /**
   * Adds an account, enabled unless said otherwise.
   * @throws {Failure} 'conflict' when it exists; 'malformed' when address or password are not allowed
   */
  async add(details: { address: string; password: string; admin?: boolean; enabled?: boolean }): Promise<Account> {
    const address = prepareAddress(details.address);
    // Asked first because making keys is work; the table's constraint has the last word.
    if (await this.find(address)) throw exists(address);
    const credentials = await deriveCredentials(details.password, this.#settings.iterations);
    const now = this.#clock.now();
    const values = [address, Number(details.admin ?? false), Number(details.enabled ?? true), now, now, null];
    const results = await this.#write(exists(address), [
      { sql: NEXT_ID },
      { sql: INSERT_ACCOUNT, values },
      ...keyStatements(address, credentials),
      ...putDigestKeys(address, deriveDigestKeys(address, details.password)),
    ]);
    const account = readAccount(results[1]!.rows[0]!);
    this.#run(accountAdded, account);
    return account;
  }

  /** All accounts, by address. */
  async list(): Promise<Account[]> {
    return (await this.#database.read(`select ${COLUMNS} from accounts order by address`)).map(readAccount);
  }

  /** @throws {Failure} 'malformed' when it is no address */
  async find(address: string): Promise<Account | undefined> {
    const prepared = prepareAddress(address);
    const [row] = await this.#database.read(`select ${COLUMNS} from accounts where address = ?`, [prepared]);
    return row && readAccount(row);
  }

  /**
   * What a sign-in is checked against; for a name that does not exist, something that looks the same.
   * @throws {Failure} 'malformed' when it is no address
   */
  async credentialsOf(address: string): Promise<SignInAccount> {
    const prepared = prepareAddress(address);
    const rows = await this.#database.read(SELECT_SIGN_IN, [prepared]);
    const credentials = fakeCredentials(this.#secret, prepared, this.#settings.iterations);
    const known = rows.filter((row) => row.mechanism !== null).map((row) => [row.mechanism, readKeys(row)]);
    return {
      account: rows[0] && readAccount(rows[0]),
      credentials: { ...credentials, ...Object.fromEntries(known) } as Credentials,
    };
  }

  /**
   * @param by the device of the account that does it, which need not sign in again
   * @throws {Failure} 'not-found'; 'malformed' when the password is not allowed
   */
  async setPassword(address: string, password: string, by?: string): Promise<void> {
    const account = await this.#get(address);
    const credentials = await deriveCredentials(password, this.#settings.iterations);
    await this.#write(unknown(account.address), [
      {
        sql: 'update accounts set password_changed_at = ? where address = ?',
        values: [this.#clock.now(), account.address],
      },
      ...keyStatements(account.address, credentials),
      ...putDigestKeys(account.address, deriveDigestKeys(account.address, password)),
    ]);
    this.#revision++;
    this.#run(passwordChanged, account, by);
  }

  /** @throws {Failure} 'malformed' when the password is not allowed */
  async makeKeys(address: string, password: string): Promise<AccountKeys> {
    const scram = await deriveCredentials(password, this.#settings.iterations);
    return { scram, digest: deriveDigestKeys(address, password) };
  }

  /**
   * Whether a password in clear is an account's. That of an end user whose password is elsewhere is checked there: a right
   * one is kept as keys, for digest and for the time when nobody answers there, and keys that it shows to be old go.
   * @throws {Failure} when it cannot be told now
   */
  async verify(account: Account | undefined, credentials: Credentials, password: string): Promise<boolean> {
    const isKnown = await verifyPassword(credentials, password);
    const owner = this.passwordOwner;
    if (owner === undefined || account?.endUser === undefined) return isKnown;
    let isRight: boolean;
    try {
      isRight = await owner.check(account, password);
    } catch (error) {
      if (isKnown && error instanceof Failure) return true;
      throw error;
    }
    if (isRight && !isKnown) await this.storeKeys(account.address, password);
    if (!isRight && isKnown) await this.forgetKeys(account.address);
    return isRight;
  }

  /** Makes the keys of a password that holds already; whoever is signed in stays so. @throws {Failure} 'not-found' */
  async storeKeys(address: string, password: string): Promise<void> {
    const account = await this.#get(address);
    const { scram, digest } = await this.makeKeys(account.address, password);
    await this.#write(unknown(account.address), [
      ...keyStatements(account.address, scram),
      ...digestStatements(account.address, digest),
    ]);
    this.#run(keysStored, account);
  }

  /** Forgets all keys of a password that does not hold any more, and ends what was signed in with it. */
  async forgetKeys(address: string, by?: string): Promise<void> {
    const account = await this.#get(address);
    await this.#database.write(
      ...['credentials', 'digest_credentials'].map((table) => ({
        sql: `delete from ${table} where account = ?`,
        values: [account.id],
      })),
      {
        sql: 'update accounts set password_changed_at = ? where id = ?',
        values: [this.#clock.now(), account.id],
      },
    );
    this.#revision++;
    this.#run(passwordChanged, account, by);
  }

  /**
   * Carries out what becomes of end users' accounts, as one with other statements, all or nothing.
   * @returns the accounts, in order; undefined for one that was removed meanwhile
   * @throws {Failure} 'conflict' when one that is to be added exists by now
   */
  async edit(edits: readonly AccountEdit[], also: readonly Statement[]): Promise<(Account | undefined)[]> {
    const statements: Statement[] = [];
    const places: number[] = [];
    for (const edit of edits) {
      if (edit.account === undefined) statements.push({ sql: NEXT_ID });
      places.push(statements.length);
      statements.push(this.#editStatement(edit));
      if (edit.keys === undefined) continue;
      statements.push(
        ...keyStatements(edit.address, edit.keys.scram),
        ...digestStatements(edit.address, edit.keys.digest),
      );
    }
    const conflict = new Failure('conflict', 'an account of that address was made meanwhile');
    const results = await this.#write(conflict, [...statements, ...also]);
    const accounts = places.map((place) => {
      const [row] = results[place]!.rows;
      return row && readAccount(row);
    });
    for (const [i, edit] of edits.entries()) this.#tellOf(edit, accounts[i]);
    return accounts;
  }

  #editStatement({ address, account, enabled, endUser, keys }: AccountEdit): Statement {
    const now = this.#clock.now();
    if (account === undefined) {
      return { sql: INSERT_ACCOUNT, values: [address, 0, Number(enabled), now, now, endUser] };
    }
    const changedAt = keys === undefined ? account.passwordChangedAt : now;
    return { sql: EDIT_ACCOUNT, values: [Number(enabled), endUser, changedAt, account.id] };
  }

  #tellOf({ account: before, enabled, keys, by }: AccountEdit, account: Account | undefined): void {
    if (account === undefined) return;
    if (before === undefined) {
      this.#run(accountAdded, account);
      return;
    }
    const isDisabled = before.enabled && !enabled;
    if (isDisabled || keys !== undefined) this.#revision++;
    if (keys !== undefined) this.#run(passwordChanged, account, by);
    if (before.enabled !== enabled) this.#run(enabled ? accountEnabled : accountDisabled, account);
  }

  /**
   * Removes an account and its rows in every table.
   * @throws {Failure} 'not-found'
   */
  async remove(address: string): Promise<void> {
    const account = await this.#get(address);
    const [removed] = await this.#database.write(
      { sql: 'delete from accounts where id = ?', values: [account.id] },
      ...deleteStatements().map((sql) => ({ sql, values: [account.id] })),
    );
    if (removed!.changes === 0) throw unknown(account.address);
    this.#revision++;
    this.#run(accountRemoved, account);
  }

  /** Says whether an account may sign in. @throws {Failure} 'not-found' */
  async setEnabled(address: string, enabled: boolean): Promise<void> {
    const account = await this.#set(address, 'enabled', enabled);
    if (account.enabled === enabled) return;
    if (!enabled) this.#revision++;
    this.#run(enabled ? accountEnabled : accountDisabled, account);
  }

  /** Says whether an account is an administrator's. @throws {Failure} 'not-found' */
  async setAdmin(address: string, admin: boolean): Promise<void> {
    await this.#set(address, 'admin', admin);
  }

  /** @returns the account as it was before */
  async #set(address: string, column: 'admin' | 'enabled', on: boolean): Promise<Account> {
    const account = await this.#get(address);
    if (account[column] === on) return account;
    const sql = `update accounts set ${column} = ? where id = ?`;
    const [updated] = await this.#database.write({ sql, values: [Number(on), account.id] });
    if (updated!.changes === 0) throw unknown(account.address);
    return account;
  }

  async #get(address: string): Promise<Account> {
    const account = await this.find(address);
    if (account === undefined) throw unknown(prepareAddress(address));
    return account;
  }

  /** Writes as one; a violated constraint can only mean `conflict`. */
  async #write(conflict: Failure, statements: Statement[]) {
    try {
      return await this.#database.write(...statements);
    } catch (error) {
      throw error instanceof Failure && error.kind === 'conflict' ? conflict : error;
    }
  }

  #run(at: Hook<AccountChange>, { id, address }: Account, by?: string): void {
    this.#hooks.run(at, by === undefined ? { id, address } : { id, address, by });
  }
}

function keyStatements(address: string, credentials: Credentials): Statement[] {
  return scramMechanisms.map((mechanism) => {
    const { salt, iterations, storedKey, serverKey } = credentials[mechanism];
    return { sql: PUT_KEYS, values: [address, mechanism, salt, iterations, storedKey, serverKey] };
  });
}

/** Those of an old password go where there are none of the new one. */
function digestStatements(address: string, keys: DigestKeys | undefined): Statement[] {
  if (keys !== undefined) return putDigestKeys(address, keys);
  const sql = 'delete from digest_credentials where account = (select id from accounts where address = ?)';
  return [{ sql, values: [address] }];
}

function readAccount(row: Row): Account {
  return {
    id: row.id as number,
    address: row.address as string,
    admin: row.admin === 1,
    enabled: row.enabled === 1,
    createdAt: row.created_at as number,
    passwordChangedAt: row.password_changed_at as number,
    ...(row.end_user !== null && { endUser: row.end_user as string }),
  };
}

function readKeys(row: Row) {
  return {
    salt: row.salt as Uint8Array,
    iterations: row.iterations as number,
    storedKey: row.stored_key as Uint8Array,
    serverKey: row.server_key as Uint8Array,
  };
}

function exists(address: string): Failure {
  return new Failure('conflict', `${address} exists already`);
}

function unknown(address: string): Failure {
  return new Failure('not-found', `there is no account ${address}`);
}
