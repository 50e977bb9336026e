/** Adds, changes and removes objects: checks, then one transaction; and again, where somebody else was quicker. */
import { randomUUID } from 'node:crypto';
import type { Clock } from '#base/clock.ts';
import { Failure } from '#base/failure.ts';
import { Semaphore } from '#base/semaphore.ts';
import type { Database } from '#store/database.ts';
import type { ChangeQueue } from './change-queue.ts';
import { type CheckedFields, checkAdded, checkUpdated, type Plain } from './check-fields.ts';
import {
  checkExtension,
  checkNodeRole,
  checkRedundancyGroup,
  checkUnique,
  checkUnreferenced,
  referencedAfter,
  resolveReferences,
} from './checking-references.ts';
import { badValue, codes, DirectoryError, notFound } from './directory-error.ts';
import { fold } from './fold.ts';
import { kinds, PRESENCE_ROLE } from './kinds.ts';
import type { Change, Fields, Key, KindName, Uuid } from './object.ts';
import { readAssociation } from './phone-association.ts';
import { groupOfNode, nodeOfUser } from './presence-assignment.ts';
import { FIRST_SUBCLUSTER, isPreset } from './presets.ts';
import type { Reading } from './reading.ts';
import { addressOf, keepDigestCredentials, keepPassword, keepPin, type Sealing } from './secrets.ts';
import { type StoredObject, scopeKeyOf } from './stored-object.ts';
import { checkSynchronised, checkTemplate, checkUser, withoutCalendar } from './user-rules.ts';
import { isChange, type ResolvedReference, Writing } from './writing.ts';

/** Changes that are planned and on their way to the disk at once: enough to share its commits, few enough to be small. */
const MAX_AT_ONCE = 32;
/** Changes that wait for their turn; more are refused. */
const MAX_WAITING = 20_000;
/** How often a change is made again because others changed the same objects meanwhile. */
const MAX_ATTEMPTS = 8;

export interface EditingOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly reading: Reading;
  readonly queue: ChangeQueue;
  readonly sealing: Sealing;
  readonly domain: string;
  iterations(): number | undefined;
}

/** Who changes something: the synchronisation may change what LDAP owns. */
export interface EditedBy {
  readonly synchronising?: boolean;
}

/** What is kept of the secrets of one change; made once, however often the change is tried. */
type KeptSecrets = ReadonlyMap<string, string | undefined>;

export class Editing {
  readonly #options: EditingOptions;
  readonly #underWay = new Semaphore(MAX_AT_ONCE, MAX_WAITING);

  constructor(options: EditingOptions) {
    this.#options = options;
  }

  async add(kind: KindName, fields: Fields): Promise<Uuid> {
    const checked = checkAdded(kind, fields);
    const uuid = randomUUID();
    let secrets: KeptSecrets | undefined;
    await this.#attempt(async (writing) => {
      await this.#planAdd(writing, kind, uuid, checked);
      // Keys are work, and made only for what can be added.
      secrets ??= await this.#keep(kind, checked, String(checked.plain[kinds[kind].key]));
      this.#putSecrets(writing, uuid, secrets);
    });
    return uuid;
  }

  async update(kind: KindName, key: Key, fields: Fields, by: EditedBy = {}): Promise<Uuid> {
    const checked = checkUpdated(kind, fields);
    let kept: { name: string; secrets: KeptSecrets } | undefined;
    let uuid = '';
    await this.#attempt(async (writing) => {
      const before = await this.#find(kind, key);
      uuid = before.uuid;
      const name = await this.#planUpdate(writing, before, checked, by);
      if (kept?.name !== name) kept = { name, secrets: await this.#keep(kind, checked, name) };
      this.#putSecrets(writing, uuid, kept.secrets);
    });
    return uuid;
  }

  async remove(kind: KindName, key: Key, by: EditedBy = {}): Promise<Uuid> {
    let uuid = '';
    await this.#attempt(async (writing) => {
      const before = await this.#find(kind, key);
      uuid = before.uuid;
      if (isPreset(kind, before.nameKey)) throw badValue(`${kind} ${before.name} is standard and cannot be removed`);
      if (isSynchronised(before) && !by.synchronising) {
        throw badValue(
          `User: ${before.name} comes from LDAP and is removed there; empty ldapDirectoryName to own it here`,
        );
      }
      await checkUnreferenced(this.#options.database, before);
      await this.#freePresence(writing, before);
      writing.remove(before);
    });
    return uuid;
  }

  /** User, phone and line in one transaction. A line that is there is shared. */
  async associate(given: Fields): Promise<Uuid> {
    const uuids = { user: randomUUID(), phone: randomUUID(), line: randomUUID() };
    const fields = readAssociation(given, uuids);
    const line = checkAdded('Line', fields.line);
    checkAdded('Phone', fields.phone);
    const user = checkAdded('User', fields.user);
    let secrets: KeptSecrets | undefined;
    await this.#attempt(async (writing) => {
      const { pattern, routePartitionName = '' } = line.plain;
      const within = { routePartitionName: String(routePartitionName) };
      const shared = await this.#options.reading.find('Line', { name: String(pattern), within });
      const used = { ...uuids, line: shared?.uuid ?? uuids.line };
      const fresh = new Set(Object.values(uuids));
      if (shared === undefined) await this.#planAdd(writing, 'Line', used.line, line, fresh);
      const phone = checkAdded('Phone', readAssociation(given, used).phone);
      await this.#planAdd(writing, 'Phone', used.phone, phone, fresh);
      await this.#planAdd(writing, 'User', used.user, user, fresh);
      secrets ??= await this.#keep('User', user, String(user.plain.userid));
      this.#putSecrets(writing, used.user, secrets);
    });
    return uuids.user;
  }

  async assignPresence(userid: string, node: string): Promise<Uuid> {
    let uuid = '';
    await this.#attempt(async (writing) => {
      const user = await this.#find('User', { name: userid });
      uuid = user.uuid;
      const server = await this.#find('ProcessNode', { name: node });
      if (user.plain.imAndPresenceEnable !== true) {
        throw badValue(`User: ${user.name} is not enabled for IM and Presence: set imAndPresenceEnable first`);
      }
      if (server.plain.processNodeRole !== PRESENCE_ROLE) {
        throw badValue(`ProcessNode: ${server.name} has not the role ${PRESENCE_ROLE}`);
      }
      if ((await groupOfNode(this.#options.database, server.uuid)) === undefined) {
        throw badValue(`ProcessNode: ${server.name} is in no presence redundancy group; put it into one first`);
      }
      const now = await nodeOfUser(this.#options.database, user.uuid);
      if (now?.uuid !== server.uuid) writing.assign(user, server, now === undefined ? 'a' : 'u');
    });
    return uuid;
  }

  async unassignPresence(userid: string): Promise<Uuid> {
    let uuid = '';
    await this.#attempt(async (writing) => {
      const user = await this.#find('User', { name: userid });
      uuid = user.uuid;
      if (await nodeOfUser(this.#options.database, uuid)) writing.unassign(user);
    });
    return uuid;
  }

  /**
   * Plans a change and carries it out. What a constraint of the database refuses was changed by somebody else between
   * the two, so it is planned again on what is there now.
   */
  #attempt(plan: (writing: Writing) => Promise<void>): Promise<void> {
    return this.#underWay.run(() => this.#attemptNow(plan));
  }

  async #attemptNow(plan: (writing: Writing) => Promise<void>): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const writing = new Writing();
      await plan(writing);
      const { statements } = writing;
      try {
        const results = await this.#options.database.write(...statements);
        this.#options.queue.tell(results.flatMap(({ rows }, at) => (isChange(statements[at]!) ? rows : [])));
        return;
      } catch (error) {
        if (!(error instanceof Failure) || error.kind !== 'conflict') throw error;
        if (attempt === MAX_ATTEMPTS) {
          const why = 'others change the same objects all the time: try again later';
          throw new DirectoryError('conflict', codes.unknownError, why);
        }
      }
    }
  }

  async #planAdd(
    writing: Writing,
    kind: KindName,
    uuid: Uuid,
    checked: CheckedFields,
    fresh: ReadonlySet<Uuid> = new Set(),
  ): Promise<void> {
    const { database, reading } = this.#options;
    const plain = checked.plain;
    const object = { kind, uuid, plain, nameKey: nameKeyOf(kind, plain), scopeKey: scopeKeyOf(kind, plain) };
    const [references] = await Promise.all([
      resolveReferences(reading, checked.references, fresh),
      checkUnique(database, object),
    ]);
    await this.#checkRules(object, checked, references, undefined, fresh);
    await this.#planCompany(writing, object);
    writing.add(object, references, { [kinds[kind].key]: String(plain[kinds[kind].key]) });
  }

  /** @returns the object's name after the change */
  async #planUpdate(writing: Writing, before: StoredObject, checked: CheckedFields, by: EditedBy): Promise<string> {
    const { database, reading } = this.#options;
    const { kind, uuid } = before;
    const merged: Record<string, Plain> = { ...before.plain };
    for (const name of checked.given) {
      if (name in checked.plain) merged[name] = checked.plain[name]!;
      else delete merged[name];
    }
    const plain = kind === 'User' ? withoutCalendar(merged, checked) : merged;
    const references = await resolveReferences(reading, checked.references);
    const changed = changedFields(before, plain, references, checked.given);
    const object = { kind, uuid, plain, nameKey: nameKeyOf(kind, plain), scopeKey: scopeKeyOf(kind, plain) };
    const name = String(plain[kinds[kind].key]);
    if (changed.length === 0 && checked.secrets.size === 0) return name;
    if (object.nameKey !== before.nameKey && isPreset(kind, before.nameKey)) {
      throw badValue(`${kind} ${before.name} is standard and keeps its name`);
    }
    if (isSynchronised(before) && !by.synchronising && !isSetFree(checked)) {
      checkSynchronised([...changed, ...checked.secrets.keys()]);
    }
    await checkUnique(database, object);
    await this.#checkRules(object, checked, references, before);
    await this.#planCompany(writing, object, before);
    if (before.plain.imAndPresenceEnable === true && plain.imAndPresenceEnable !== true) {
      await this.#freePresence(writing, before);
    }
    const replaced = [...checked.given].filter((field) => changed.includes(field));
    const inserted = references.filter(({ field }) => changed.includes(field));
    writing.update(before, object, inserted, replaced, tagsOf(kind, changed, plain, inserted, checked));
    return name;
  }

  async #checkRules(
    object: { kind: KindName; uuid: Uuid; plain: Readonly<Record<string, Plain>> },
    checked: CheckedFields,
    references: readonly ResolvedReference[],
    before: StoredObject | undefined,
    fresh: ReadonlySet<Uuid> = new Set(),
  ): Promise<void> {
    const { database, reading } = this.#options;
    const { kind, plain, uuid } = object;
    const after = (field: string) => referencedAfter(field, checked, references, before);
    if (kind === 'User') {
      checkUser(plain);
      // One whose device is added with it has the device's line by the way it was made.
      if (checked.given.has('primaryExtension') && !fresh.has(uuid)) {
        await checkExtension(database, plain.primaryExtension, after('associatedDevices'));
      }
    }
    if (kind === 'FeatureGroupTemplate') checkTemplate(plain);
    if (kind === 'ProcessNode' && before !== undefined) await checkNodeRole(database, before, plain.processNodeRole);
    if (kind === 'PresenceRedundancyGroup') {
      const group = { uuid, haEnabled: plain.haEnabled === true };
      await checkRedundancyGroup(database, reading, group, [...after('server1'), ...after('server2')]);
    }
  }

  /** What comes with a change of something else. */
  async #planCompany(
    writing: Writing,
    { kind, uuid, plain }: { kind: KindName; uuid: Uuid; plain: Readonly<Record<string, Plain>> },
    before?: StoredObject,
  ): Promise<void> {
    const { reading } = this.#options;
    if (kind === 'ServiceProfile' && plain.isDefault === true && before?.plain.isDefault !== true) {
      for await (const page of reading.pages('ServiceProfile', { isDefault: 'true' })) {
        for (const other of page) if (other.uuid !== uuid) this.#planNoDefault(writing, other);
      }
    }
    if (kind === 'ProcessNode' && before === undefined && plain.processNodeRole === PRESENCE_ROLE) {
      if ((await reading.count('PresenceRedundancyGroup', {})) > 0) return;
      const checked = checkAdded('PresenceRedundancyGroup', { name: FIRST_SUBCLUSTER, server1: { uuid } });
      const references = await resolveReferences(reading, checked.references, new Set([uuid]));
      const group = { kind: 'PresenceRedundancyGroup' as const, uuid: randomUUID(), plain: checked.plain };
      writing.add(group, references, { name: FIRST_SUBCLUSTER });
    }
  }

  #planNoDefault(writing: Writing, other: StoredObject): void {
    const { kind, uuid } = other;
    const plain = { ...other.plain, isDefault: false };
    writing.update(other, { kind, uuid, plain }, [], [], { tags: { isDefault: 'false' }, doGet: false });
  }

  async #freePresence(writing: Writing, user: StoredObject): Promise<void> {
    if (user.kind === 'User' && (await nodeOfUser(this.#options.database, user.uuid))) writing.freePresence(user);
  }

  async #keep(kind: KindName, { secrets }: CheckedFields, name: string): Promise<KeptSecrets> {
    const kept = new Map<string, string | undefined>();
    for (const [field, secret] of secrets) {
      kept.set(field, secret === undefined ? undefined : await this.#keepOne(kind, field, secret, name));
    }
    return kept;
  }

  async #keepOne(kind: KindName, field: string, secret: string, name: string): Promise<string> {
    const { domain, iterations, sealing } = this.#options;
    const isPerson = kind === 'User' || kind === 'AppUser';
    const address = addressOf(name, domain);
    if (isPerson && field === 'password') return keepPassword(secret, address, iterations());
    if (isPerson && field === 'pin') return keepPin(secret, iterations());
    if (isPerson && field === 'digestCredentials') return keepDigestCredentials(secret, address);
    return JSON.stringify(sealing.seal(secret));
  }

  #putSecrets(writing: Writing, uuid: Uuid, secrets: KeptSecrets): void {
    const now = this.#options.clock.now();
    for (const [field, keys] of secrets) {
      if (keys === undefined) writing.deleteSecret(uuid, field);
      else writing.putSecret(uuid, field, keys, now);
    }
  }

  async #find(kind: KindName, key: Key): Promise<StoredObject> {
    const found = await this.#options.reading.find(kind, key);
    if (found === undefined) throw notFound(kind);
    return found;
  }
}

const nameKeyOf = (kind: KindName, plain: Readonly<Record<string, Plain>>): string =>
  fold(String(plain[kinds[kind].key]));

const isSynchronised = ({ kind, references }: StoredObject): boolean =>
  kind === 'User' && references.some(({ field }) => field === 'ldapDirectoryName');

/** Whether the change makes an LDAP user one of this directory's own. */
const isSetFree = ({ given, references }: CheckedFields): boolean =>
  given.has('ldapDirectoryName') && !references.some(({ field }) => field === 'ldapDirectoryName');

/** Fields that have another value than before; what was not given may be among them, as a consequence. */
function changedFields(
  before: StoredObject,
  plain: Readonly<Record<string, Plain>>,
  references: readonly ResolvedReference[],
  given: ReadonlySet<string>,
): string[] {
  const written = (some: readonly { field: string; path: string; uuid: Uuid }[], name: string) =>
    some
      .filter(({ field }) => field === name)
      .map(({ path, uuid }) => `${path} ${uuid}`)
      .sort()
      .join();
  return Object.keys(kinds[before.kind].fields).filter((name) => {
    if (JSON.stringify(before.plain[name]) !== JSON.stringify(plain[name])) return true;
    return given.has(name) && written(before.references, name) !== written(references, name);
  });
}

/** What the change queue tells of an update. */
function tagsOf(
  kind: KindName,
  changed: readonly string[],
  plain: Readonly<Record<string, Plain>>,
  references: readonly ResolvedReference[],
  { secrets }: CheckedFields,
): { tags: Change['changedTags']; doGet: boolean } {
  const tags: Record<string, string> = {};
  let doGet = false;
  for (const name of changed) {
    const { type } = kinds[kind].fields[name]!;
    const reference = references.find(({ path }) => path === name);
    if (type === 'group' || type === 'list') doGet = true;
    else if (type !== 'reference') tags[name] = String(plain[name] ?? '');
    else if (reference === undefined) tags[name] = '';
    else if ('name' in reference.named) tags[name] = reference.named.name;
    else doGet = true;
  }
  for (const name of secrets.keys()) tags[name] = '';
  return { tags, doGet };
}
