/** Whether somebody is who they say: end users and application users, by the keys that are kept or by LDAP. */
import { randomBytes } from 'node:crypto';
import { type Credentials, fakeCredentials, verifyPassword } from '#keys/credentials.ts';
import type { DigestKeys } from '#keys/digest-keys.ts';
import type { Database } from '#store/database.ts';
import type { DirectoryObject, Uuid } from './object.ts';
import type { Reading } from './reading.ts';
import { checkPin, type PasswordKeys, readPassword } from './secrets.ts';
import { type StoredObject, toDirectoryObject } from './stored-object.ts';

/** What the credential subsystem answers; 0 is good. */
export const credentialCodes = { good: 0, wrong: 1, notSet: 2, inactive: 3 } as const;

/** Keys of an end user's password, for the account that is the user's. */
export interface AccountKeys {
  readonly scram: Credentials;
  /** Made of the address that the userid gave when the password was set. */
  readonly digest: DigestKeys;
  /** Epoch milliseconds. */
  readonly setAt: number;
}

/** Asks the LDAP server that a user comes from. */
export type Bind = (user: DirectoryObject, password: string) => Promise<boolean>;

const SECRET = `select s.keys, s.set_at from directory_secrets s join directory_objects o on o.id = s.object
  where o.uuid = ? and s.field = ?`;
const ROLES = `select distinct t.name from directory_references g
  join directory_references r on r.source = g.target and r.field = 'userRoles'
  join directory_objects t on t.id = r.target where g.source = ? and g.field = 'associatedGroups'`;
const ACTIVE = 1;

export interface SignInOptions {
  readonly database: Database;
  readonly reading: Reading;
  readonly bind: Bind | undefined;
  iterations(): number | undefined;
}

export class SignIn {
  readonly #options: SignInOptions;
  /** What made-up keys are of: who is unknown takes as long as who is known. */
  readonly #secret = randomBytes(32);

  constructor(options: SignInOptions) {
    this.#options = options;
  }

  async endUser(
    userid: string,
    secret: { readonly password: string } | { readonly pin: string },
  ): Promise<{ ok: boolean; code: number }> {
    const user = await this.#options.reading.find('User', { name: userid });
    const code =
      'pin' in secret ? await this.#pin(user, secret.pin) : await this.#password(user, userid, secret.password);
    return { ok: code === credentialCodes.good, code };
  }

  /** An application user of the name, else an end user. */
  async anyone(
    name: string,
    password: string,
  ): Promise<{ kind: 'AppUser' | 'User'; name: string; roles: ReadonlySet<string> } | undefined> {
    const { reading, database } = this.#options;
    const [appUser, endUser] = await Promise.all([reading.find('AppUser', { name }), reading.find('User', { name })]);
    const found = appUser ?? endUser;
    const code = await this.#password(found, name, password);
    if (found === undefined || code !== credentialCodes.good) return undefined;
    const roles = await database.read(ROLES, [found.id]);
    return {
      kind: found === appUser ? 'AppUser' : 'User',
      name: found.name,
      roles: new Set(roles.map((row) => String(row.name))),
    };
  }

  /**
   * The keys of a password, and when it was set; undefined where there is none, or none that an account can have: the
   * userid makes no address.
   */
  async keysOf(uuid: Uuid): Promise<AccountKeys | undefined> {
    const kept = await this.#kept(uuid);
    return kept?.digest && { scram: kept.scram, digest: kept.digest, setAt: kept.setAt };
  }

  async #kept(uuid: Uuid): Promise<(PasswordKeys & { setAt: number }) | undefined> {
    const [row] = await this.#options.database.read(SECRET, [uuid, 'password']);
    return row && { ...readPassword(String(row.keys)), setAt: Number(row.set_at) };
  }

  async #password(found: StoredObject | undefined, name: string, password: string): Promise<number> {
    const { bind } = this.#options;
    if (found !== undefined && bind !== undefined && isFromLdap(found)) {
      if (!isActive(found)) return credentialCodes.inactive;
      return (await bind(toDirectoryObject(found), password)) ? credentialCodes.good : credentialCodes.wrong;
    }
    const keys = found && (await this.#kept(found.uuid));
    const fits = await verifyPassword(keys?.scram ?? this.#fake(name), password);
    if (found === undefined) return credentialCodes.wrong;
    if (keys === undefined) return credentialCodes.notSet;
    if (!fits) return credentialCodes.wrong;
    return isActive(found) ? credentialCodes.good : credentialCodes.inactive;
  }

  async #pin(found: StoredObject | undefined, pin: string): Promise<number> {
    const [row] = found === undefined ? [] : await this.#options.database.read(SECRET, [found.uuid, 'pin']);
    if (found === undefined || row === undefined) {
      await verifyPassword(this.#fake(''), pin);
      return found === undefined ? credentialCodes.wrong : credentialCodes.notSet;
    }
    if (!(await checkPin(String(row.keys), pin))) return credentialCodes.wrong;
    return isActive(found) ? credentialCodes.good : credentialCodes.inactive;
  }

  #fake(name: string): Credentials {
    return fakeCredentials(this.#secret, name, this.#options.iterations());
  }
}

const isFromLdap = ({ references }: StoredObject): boolean =>
  references.some(({ field }) => field === 'ldapDirectoryName');

/** Application users have no status. */
const isActive = ({ kind, plain }: StoredObject): boolean => kind !== 'User' || plain.status === ACTIVE;
