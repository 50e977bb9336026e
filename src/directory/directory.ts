import { randomBytes } from 'node:crypto';
import type { Clock } from '#base/clock.ts';
import type { Database } from '#store/database.ts';
import { type ChangeCursor, ChangeQueue } from './change-queue.ts';
import { codes, DirectoryError, notFound } from './directory-error.ts';
import { type EditedBy, Editing } from './editing.ts';
import { reportLicenses } from './license.ts';
import type {
  Change,
  ChangeList,
  Criteria,
  DirectoryObject,
  Fields,
  FieldValue,
  Key,
  KindName,
  LicenseReport,
  Page,
  PresenceUser,
  Reference,
  Uuid,
} from './object.ts';
import { countUsersOfGroup, listPresenceUsers } from './presence-assignment.ts';
import { DEFAULT_SERVICE_PROFILE, ENTERPRISE_WIDE_DATA, presets } from './presets.ts';
import { Reading } from './reading.ts';
import { Sealing } from './secrets.ts';
import { type AccountKeys, type Bind, SignIn } from './sign-in.ts';
import { type StoredObject, toDirectoryObject } from './stored-object.ts';
import { fieldsOfTemplate } from './template.ts';

export interface DirectoryOptions {
  database: Database;
  clock: Clock;
  /** Of PBKDF2, for passwords from now on; read each time. */
  iterations?: number;
  /** The IM address of a user is userid@domain; one with an @ is an address by itself. */
  domain: string;
  /** Of this release, as `9.0.1.10000-1`. */
  version: string;
  /**
   * What passwords for LDAP servers are sealed with: known to this server alone and the same at every start. Without it,
   * they are forgotten at the next start.
   */
  secret?: Uint8Array;
  /** The machine that Unified CM runs on, as a process node; default: the domain. */
  node?: string;
  /** Asks LDAP for the passwords of users who come from there; without it they have keys here or none. */
  bind?: Bind;
  /** Rows of the change queue; default 100,000. */
  maxChanges?: number;
}

const PHONES_OF_USER = `select distinct p.uuid, p.name_key from directory_references r
  join directory_objects p on p.id = r.source
  where r.target = ? and r.field = 'lines' and p.kind = 'Phone' order by p.name_key`;
const PHONES_OF_LINE = `select distinct p.uuid, p.name, p.name_key from directory_references r
  join directory_objects p on p.id = r.source
  where r.target = ? and r.field = 'lines' and p.kind = 'Phone' order by p.name_key`;
const SEALED = `select s.keys from directory_secrets s join directory_objects o on o.id = s.object
  where o.uuid = ? and s.field = 'ldapPassword'`;

/**
 * The embedded Unified CM's data: end users, application users, templates, phones, lines and what else its AXL interface
 * tells of. Each change is one transaction with its rows in the change queue.
 *
 * What it refuses is a `DirectoryError` with the code that a real Unified CM answers. Names are compared case-blind.
 */
export class Directory {
  readonly version: string;
  readonly domain: string;
  readonly #options: DirectoryOptions;
  readonly #reading: Reading;
  readonly #queue: ChangeQueue;
  readonly #editing: Editing;
  readonly #signIn: SignIn;
  readonly #sealing: Sealing;

  constructor(options: DirectoryOptions) {
    const { database, clock, domain, version } = options;
    this.version = version;
    this.domain = domain;
    this.#options = options;
    this.#reading = new Reading(database);
    this.#queue = new ChangeQueue(database, options.maxChanges);
    this.#sealing = new Sealing(options.secret ?? randomBytes(32));
    const shared = { database, reading: this.#reading, iterations: () => options.iterations };
    this.#editing = new Editing({ ...shared, clock, domain, queue: this.#queue, sealing: this.#sealing });
    this.#signIn = new SignIn({ ...shared, bind: options.bind });
  }

  /** Adds what every Unified CM has where it is missing, and starts the change queue. May be called more than once. */
  async start(): Promise<void> {
    await this.#queue.start();
    for (const [kind, fields] of presets) await this.#addMissing(kind, { name: fields.name }, fields);
    const nodes = await this.list('ProcessNode', { name: '%' }, { first: 2 });
    if (nodes.every(({ name }) => name === ENTERPRISE_WIDE_DATA)) {
      const name = this.#options.node ?? this.#options.domain;
      await this.#addMissing('ProcessNode', { name }, { name, nodeUsage: 'Publisher' });
    }
    if ((await this.count('ServiceProfile', { isDefault: 'true' })) === 0) {
      const name = DEFAULT_SERVICE_PROFILE;
      await this.#addMissing('ServiceProfile', { name }, { name, isDefault: true });
    }
  }

  /** @throws {DirectoryError} 5003, -239, -691 */
  add(kind: KindName, fields: Fields): Promise<Uuid> {
    return this.#editing.add(kind, fields);
  }

  async get(kind: KindName, key: Key): Promise<DirectoryObject | undefined> {
    const found = await this.#reading.find(kind, key);
    return found && this.#complete(found);
  }

  /**
   * What is absent is left as it is; null or '' empties; the key field itself renames.
   * @throws {DirectoryError} 5007, 5003, -239, -691
   */
  update(kind: KindName, key: Key, fields: Fields, by?: EditedBy): Promise<Uuid> {
    return this.#editing.update(kind, key, fields, by);
  }

  /** @throws {DirectoryError} 5007, 5003, -692 where others refer to it that cannot be without it */
  remove(kind: KindName, key: Key, by?: EditedBy): Promise<Uuid> {
    return this.#editing.remove(kind, key, by);
  }

  /** Computed lists (a user's line appearances, a line's devices) are in `get` alone. @throws {DirectoryError} 5003 */
  async list(kind: KindName, criteria: Criteria, page?: Page): Promise<DirectoryObject[]> {
    const objects: DirectoryObject[] = [];
    for await (const some of this.#pages(kind, criteria, page)) objects.push(...some);
    return objects;
  }

  /** All of a kind, read as it is asked for. */
  async *iterate(kind: KindName, criteria: Criteria = {}): AsyncGenerator<DirectoryObject> {
    for await (const some of this.#pages(kind, criteria)) yield* some;
  }

  /** @throws {DirectoryError} 5003 */
  count(kind: KindName, criteria: Criteria): Promise<number> {
    return this.#reading.count(kind, criteria);
  }

  /** An end user's password or PIN. A code other than 0 says what was wrong; see `credentialCodes`. */
  authenticate(
    userid: string,
    secret: { readonly password: string } | { readonly pin: string },
  ): Promise<{ ok: boolean; code: number }> {
    return this.#signIn.endUser(userid, secret);
  }

  /**
   * Application users and end users. Roles come from their groups. Undefined: unknown or wrong password, in the same
   * time.
   */
  authenticateAny(
    name: string,
    password: string,
  ): Promise<{ kind: 'AppUser' | 'User'; name: string; roles: ReadonlySet<string> } | undefined> {
    return this.#signIn.anyone(name, password);
  }

  /**
   * @param node name of a process node that is in a presence redundancy group
   * @throws {DirectoryError} 5007, 5003 where user or node are not made for it
   */
  assignPresence(userid: string, node: string): Promise<Uuid> {
    return this.#editing.assignPresence(userid, node);
  }

  /** @throws {DirectoryError} 5007 */
  unassignPresence(userid: string): Promise<Uuid> {
    return this.#editing.unassignPresence(userid);
  }

  /** Those who are not assigned are told only where they are enabled. @throws {DirectoryError} 5003 */
  listPresence(which: 'assigned' | 'unassigned', criteria: Criteria, page: Page = {}): Promise<PresenceUser[]> {
    return listPresenceUsers(this.#options.database, which, criteria, page);
  }

  /**
   * Quick user and phone add: user, phone and line, tied together; a line that is there is shared.
   * @returns the user's uuid
   * @throws {DirectoryError} 5003, -239
   */
  addUserPhoneAssociation(association: Fields): Promise<Uuid> {
    return this.#editing.associate(association);
  }

  /** Gives a user what a feature group template says. @throws {DirectoryError} 5007, 5003 */
  async applyTemplate(userid: string, template: string): Promise<Uuid> {
    const found = await this.#reading.find('FeatureGroupTemplate', { name: template });
    if (found === undefined) throw notFound('FeatureGroupTemplate');
    return this.update('User', { name: userid }, fieldsOfTemplate(toDirectoryObject(found).fields));
  }

  /** @param from undefined: where the queue stands, without changes. @param kinds all when left out */
  changes(from?: ChangeCursor, kinds?: readonly Change['kind'][]): Promise<ChangeList> {
    return this.#queue.read(from, kinds);
  }

  /** Told of each change after its commit. @returns how to stop */
  onChange(listener: (change: Change) => void): () => void {
    return this.#queue.onChange(listener);
  }

  /**
   * Keys of an end user's password, for the accounts of this node. A rename leaves them as they are, so those for digest
   * authentication are of the name that the user had when the password was set.
   */
  keysOf(user: Uuid): Promise<AccountKeys | undefined> {
    return this.#signIn.keysOf(user);
  }

  /** The password that an LDAP agreement binds with; undefined where there is none that can be opened. */
  async ldapPasswordOf(agreement: Uuid): Promise<string | undefined> {
    const [row] = await this.#options.database.read(SEALED, [agreement]);
    return row && this.#sealing.open(JSON.parse(String(row.keys)));
  }

  licenseReport(): Promise<LicenseReport> {
    return reportLicenses(this.#options.database);
  }

  async *#pages(kind: KindName, criteria: Criteria, page?: Page): AsyncGenerator<DirectoryObject[]> {
    for await (const some of this.#reading.pages(kind, criteria, page)) {
      if (kind === 'PresenceRedundancyGroup') yield await Promise.all(some.map((one) => this.#complete(one)));
      else yield some.map(toDirectoryObject);
    }
  }

  /** With what is computed. */
  async #complete(stored: StoredObject): Promise<DirectoryObject> {
    const object = toDirectoryObject(stored);
    const more = await this.#computed(stored);
    return more === undefined ? object : { ...object, fields: { ...object.fields, ...more } };
  }

  async #computed(stored: StoredObject): Promise<Fields | undefined> {
    const { database } = this.#options;
    if (stored.kind === 'PresenceRedundancyGroup') return { numUsers: await countUsersOfGroup(database, stored.uuid) };
    if (stored.kind === 'Line') {
      const phones = await database.read(PHONES_OF_LINE, [stored.id]);
      return { associatedDevices: phones.map(({ uuid, name }) => ({ uuid: String(uuid), name: String(name) })) };
    }
    if (stored.kind !== 'User') return undefined;
    return { lineAppearanceAssociationForPresences: await this.#lineAppearances(stored) };
  }

  /** The lines of phones that stand for a user: the phones say so. */
  async #lineAppearances(user: StoredObject): Promise<FieldValue[]> {
    const appearances: FieldValue[] = [];
    for (const { uuid } of await this.#options.database.read(PHONES_OF_USER, [user.id])) {
      const phone = await this.#reading.find('Phone', { uuid: String(uuid) });
      if (phone !== undefined) appearances.push(...appearancesOn(toDirectoryObject(phone), user.uuid));
    }
    return appearances;
  }

  async #addMissing(kind: KindName, key: Key, fields: Fields): Promise<void> {
    if ((await this.#reading.find(kind, key)) !== undefined) return;
    try {
      await this.add(kind, fields);
    } catch (error) {
      // Another node that starts at the same time was quicker.
      if (!(error instanceof DirectoryError) || error.code !== codes.duplicate) throw error;
    }
  }
}

interface PhoneLine {
  readonly dirn: Reference & { readonly routePartitionName?: string };
  readonly associatedEndusers?: readonly Reference[];
}

function appearancesOn({ name, fields }: DirectoryObject, user: Uuid): FieldValue[] {
  const lines = (fields.lines ?? []) as unknown as readonly PhoneLine[];
  return lines
    .filter(({ associatedEndusers = [] }) => associatedEndusers.some(({ uuid }) => uuid === user))
    .map(({ dirn }) => ({
      laapAssociate: true,
      laapProductType: fields.product ?? '',
      laapDeviceName: name,
      laapDirectory: dirn.name,
      laapPartition: dirn.routePartitionName ?? '',
      laapDescription: fields.description ?? '',
    }));
}
