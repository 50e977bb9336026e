/** What has to be looked up before an object is written: others that it names, values that only one may have. */
import type { Database } from '#store/database.ts';
import type { CheckedFields, GivenReference, Plain } from './check-fields.ts';
import { badValue, duplicate, missingReference, stillReferenced } from './directory-error.ts';
import { fold } from './fold.ts';
import { PRESENCE_ROLE } from './kinds.ts';
import type { KindName, Reference, Uuid } from './object.ts';
import { groupOfNode } from './presence-assignment.ts';
import type { Reading } from './reading.ts';
import type { StoredObject } from './stored-object.ts';
import type { ResolvedReference } from './writing.ts';

const SAME_KEY = `select 1 as here from directory_objects
  where kind = ? and name_key = ? and scope_key = ? and uuid <> ?`;
const SAME_URI = `select 1 as here from directory_users u join directory_objects o on o.id = u.object
  where u.directory_uri_key = ? and o.uuid <> ?`;
const LINES_OF_PHONE = `select t.name_key, t.scope_key from directory_references r
  join directory_objects p on p.id = r.source join directory_objects t on t.id = r.target
  where p.uuid = ? and r.field = 'lines' and t.kind = 'Line'`;
const HOLDER = `select s.kind, s.name, r.field from directory_references r join directory_objects s on s.id = r.source
  where r.target = (select id from directory_objects where uuid = ?) and r.frees = 0 limit 1`;
const ASSIGNED = `select o.name from directory_users u join directory_objects o on o.id = u.object
  where u.presence_node = (select id from directory_objects where uuid = ?) limit 1`;

/**
 * @param fresh what the same transaction adds, and is not there yet
 * @throws {DirectoryError} -691
 */
export async function resolveReferences(
  reading: Reading,
  references: readonly GivenReference[],
  fresh: ReadonlySet<Uuid> = new Set(),
): Promise<ResolvedReference[]> {
  const isFresh = ({ named }: GivenReference) => 'uuid' in named && fresh.has(named.uuid);
  const sought = references.filter((reference) => !isFresh(reference));
  const found = await reading.findAll(sought.map(({ to, named }) => ({ kind: to, key: named })));
  const uuids = new Map(sought.map((reference, at) => [reference, found[at]]));
  return references.map((reference) => {
    const { named, path, to } = reference;
    const uuid = isFresh(reference) && 'uuid' in named ? named.uuid : uuids.get(reference);
    if (uuid === undefined) throw missingReference(`${path}: ${to} ${'uuid' in named ? named.uuid : named.name}`);
    return { ...reference, uuid };
  });
}

/** @throws {DirectoryError} -239 */
export async function checkUnique(
  database: Database,
  object: { kind: KindName; uuid: Uuid; nameKey: string; scopeKey: string; plain: Readonly<Record<string, Plain>> },
): Promise<void> {
  const { kind, uuid, nameKey, scopeKey, plain } = object;
  const uri = kind === 'User' ? fold(String(plain.directoryUri ?? '')) : '';
  const [key, same] = await database.readAll([
    { sql: SAME_KEY, values: [kind, nameKey, scopeKey, uuid] },
    ...(uri === '' ? [] : [{ sql: SAME_URI, values: [uri, uuid] }]),
  ]);
  if (key!.length > 0) throw duplicate(`There is another ${kind} of this name.`);
  if (same !== undefined && same.length > 0) throw duplicate('Another User has this directoryUri.');
}

/**
 * A primary extension is a line of one of the user's devices.
 * @param devices the user's, after the change
 * @throws {DirectoryError} 5003
 */
export async function checkExtension(
  database: Database,
  extension: Plain | undefined,
  devices: readonly Uuid[],
): Promise<void> {
  if (extension === undefined) return;
  const { pattern, routePartitionName } = extension as { pattern: string; routePartitionName?: string };
  const lines = await database.readAll(devices.map((uuid) => ({ sql: LINES_OF_PHONE, values: [uuid] })));
  const [name, scope] = [fold(pattern), fold(routePartitionName ?? '')];
  if (!lines.flat().some(({ name_key, scope_key }) => name_key === name && scope_key === scope)) {
    throw badValue(`User: primaryExtension is a line of one of the user's associatedDevices, and ${pattern} is none`);
  }
}

/**
 * @param servers those of the group, after the change, in order
 * @throws {DirectoryError} 5003
 */
export async function checkRedundancyGroup(
  database: Database,
  reading: Reading,
  group: { uuid: Uuid; haEnabled: boolean },
  servers: readonly Uuid[],
): Promise<void> {
  if (new Set(servers).size < servers.length)
    throw badValue('PresenceRedundancyGroup: server1 and server2 are the same');
  if (group.haEnabled && servers.length < 2) throw badValue('PresenceRedundancyGroup: haEnabled needs server2');
  for (const uuid of servers) {
    const node = await reading.find('ProcessNode', { uuid });
    if (node?.plain.processNodeRole !== PRESENCE_ROLE) {
      throw badValue(`PresenceRedundancyGroup: ${node?.name} has not the role ${PRESENCE_ROLE}`);
    }
    const other = await groupOfNode(database, uuid);
    if (other !== undefined && other.uuid !== group.uuid) {
      throw badValue(`PresenceRedundancyGroup: ${node.name} is in ${other.name} already; take it out there first`);
    }
  }
}

/** A node that users or a group count on stays a presence node. @throws {DirectoryError} 5003 */
export async function checkNodeRole(database: Database, before: StoredObject, role: Plain | undefined): Promise<void> {
  if (before.plain.processNodeRole !== PRESENCE_ROLE || role === PRESENCE_ROLE) return;
  const group: Reference | undefined = await groupOfNode(database, before.uuid);
  if (group !== undefined) throw badValue(`ProcessNode: ${before.name} is in ${group.name}; take it out there first`);
}

/** Why an object cannot be removed. @throws {DirectoryError} -692 */
export async function checkUnreferenced(database: Database, { uuid }: StoredObject): Promise<void> {
  const [[holder], [assigned]] = (await database.readAll([
    { sql: HOLDER, values: [uuid] },
    { sql: ASSIGNED, values: [uuid] },
  ])) as [Record<string, unknown>[], Record<string, unknown>[]];
  if (holder) throw stillReferenced(`${holder.field} of ${holder.kind} ${holder.name}`);
  if (assigned) throw stillReferenced(`presence node of User ${assigned.name}`);
}

/** Uuids of a list of references after a change. */
export function referencedAfter(
  field: string,
  { given }: CheckedFields,
  resolved: readonly ResolvedReference[],
  before: StoredObject | undefined,
): Uuid[] {
  const references = given.has(field) ? resolved : (before?.references ?? []);
  return references.filter((reference) => reference.field === field).map(({ uuid }) => uuid);
}
