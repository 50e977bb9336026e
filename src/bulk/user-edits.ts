/** What jobs do to one user of the directory, or look at as if they did. */
import { Failure } from '#base/failure.ts';
import { checkAdded, checkUpdated } from '#directory/check-fields.ts';
import type { Directory } from '#directory/directory.ts';
import { DirectoryError } from '#directory/directory-error.ts';
import type { DirectoryObject, Fields } from '#directory/object.ts';
import { checkSynchronised, checkUser } from '#directory/user-rules.ts';
import type { BulkWorld, Outcome } from './transaction.ts';
import type { UserRow } from './user-columns.ts';

/** @throws {Failure} 'unavailable' */
export function directoryOf({ directory }: BulkWorld): Directory {
  if (directory !== undefined) return directory;
  throw new Failure('unavailable', 'people are administered in Unified CM, and not here; do it with its own bulk tool');
}

/** Does something to a user; what the directory refuses is the reason why the line was not taken. */
export async function outcomeOf(user: string, work: () => Promise<void>): Promise<Outcome> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof DirectoryError) return { user, other: '', reason: `${error.code} ${error.message}` };
    if (error instanceof Failure && error.kind === 'malformed') return { user, other: '', reason: error.message };
    throw error;
  }
}

/** @throws {DirectoryError} */
export async function updateUser(directory: Directory, row: UserRow, isDryRun: boolean): Promise<void> {
  const { userid, fields, node } = row;
  if (isDryRun) return tryUpdate(directory, row);
  await directory.update('User', { name: userid }, fields);
  await assign(directory, userid, node);
}

/** @throws {DirectoryError} */
export async function addUser(directory: Directory, row: UserRow, isDryRun: boolean): Promise<void> {
  const { userid, fields, node } = row;
  if (isDryRun) return tryAdd(directory, row);
  await directory.add('User', { ...fields, userid });
  await assign(directory, userid, node || undefined);
}

async function assign(directory: Directory, userid: string, node: string | undefined): Promise<void> {
  if (node === undefined) return;
  if (node === '') await directory.unassignPresence(userid);
  else await directory.assignPresence(userid, node);
}

/** @throws {DirectoryError} 5007 */
export async function existingUser(directory: Directory, userid: string): Promise<DirectoryObject> {
  const user = await directory.get('User', { name: userid });
  if (user !== undefined) return user;
  throw new DirectoryError('not-found', 5007, 'Item not valid: The specified User was not found');
}

async function tryUpdate(directory: Directory, { userid, fields, node }: UserRow): Promise<void> {
  const user = await existingUser(directory, userid);
  const changed = Object.entries(fields).filter(([name, value]) => !isSame(user.fields[name], value));
  if (user.fields.ldapDirectoryName) checkSynchronised(changed.map(([name]) => name));
  const checked = checkUpdated('User', fields);
  await checkReferences(directory, checked.references);
  await checkState(directory, userid, { ...user.fields, ...fields }, node);
}

async function tryAdd(directory: Directory, { userid, fields, node }: UserRow): Promise<void> {
  const checked = checkAdded('User', { ...fields, userid });
  if ((await directory.get('User', { name: userid })) !== undefined) throw duplicate('userid');
  await checkReferences(directory, checked.references);
  await checkState(directory, userid, { homeCluster: true, ...fields }, node);
}

async function checkReferences(
  directory: Directory,
  references: ReturnType<typeof checkAdded>['references'],
): Promise<void> {
  for (const { to, named, path } of references) {
    if ((await directory.get(to, 'uuid' in named ? named : { name: named.name })) !== undefined) continue;
    const what = 'uuid' in named ? named.uuid : named.name;
    const start = 'Missing key in referenced table for referential constraint';
    throw new DirectoryError('not-found', -691, `${start} (${path}: ${to} ${what}).`);
  }
}

async function checkState(
  directory: Directory,
  userid: string,
  fields: Fields,
  node: string | undefined,
): Promise<void> {
  const { mailid, directoryUri, homeCluster, imAndPresenceEnable, calendarPresence } = fields;
  const state = { mailid, directoryUri, homeCluster, imAndPresenceEnable, calendarPresence };
  const given = Object.entries(state).filter(([, value]) => value !== undefined && value !== null && value !== '');
  checkUser(Object.fromEntries(given) as Parameters<typeof checkUser>[0]);
  if (typeof directoryUri === 'string' && directoryUri !== '') {
    const others = await directory.list('User', { directoryUri });
    const isTaken = others.some(
      (other) =>
        other.name.toLowerCase() !== userid.toLowerCase() &&
        String(other.fields.directoryUri).toLowerCase() === directoryUri.toLowerCase(),
    );
    if (isTaken) throw duplicate('directoryUri');
  }
  if (node === undefined || node === '' || (await directory.get('ProcessNode', { name: node })) !== undefined) return;
  throw new DirectoryError('not-found', 5007, 'Item not valid: The specified ProcessNode was not found');
}

function duplicate(what: string): DirectoryError {
  const start = 'Could not insert new row - duplicate value in a UNIQUE INDEX column (Unique Index:).';
  return new DirectoryError('conflict', -239, `${start} ${what}`);
}

/** Whether a field stays as it is; a reference is known by its name. */
function isSame(before: unknown, after: unknown): boolean {
  const plain = (value: unknown) =>
    typeof value === 'object' && value !== null && 'name' in value ? value.name : (value ?? '');
  return JSON.stringify(plain(before)) === JSON.stringify(plain(after));
}
