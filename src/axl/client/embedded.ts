/** The embedded Unified CM without a wire: for commands on a data folder whose server does not run. */
import type { EndUserFacts } from '#accounts/end-user.ts';
import type { Directory } from '#directory/directory.ts';
import type { DirectoryObject, FieldValue } from '#directory/object.ts';
import type { Assignment, ChangeCursor, ChangePage, Page, ProcessNode, UnifiedCm, UserFields } from './unified-cm.ts';

/** How the embedded one is called, in messages and where it is kept how far it was followed. */
export const EMBEDDED = 'the embedded Unified CM';
const NO_MACHINE = 'EnterpriseWideData';

export class EmbeddedUnifiedCm implements UnifiedCm {
  readonly name = EMBEDDED;
  readonly #directory: Directory;

  constructor(directory: Directory) {
    this.#directory = directory;
  }

  async version(): Promise<string> {
    return this.#directory.version;
  }

  async users(page: Page): Promise<EndUserFacts[]> {
    return (await this.#directory.list('User', { userid: '%' }, page)).map(factsOf);
  }

  async user(uuid: string): Promise<EndUserFacts | undefined> {
    const user = await this.#directory.get('User', { uuid });
    return user && factsOf(user);
  }

  async assignments(page: Page): Promise<Assignment[]> {
    const assigned = await this.#directory.listPresence('assigned', { userid: '%' }, page);
    return assigned.map(({ userid, server }) => ({ userid, node: server?.name ?? '' }));
  }

  async changes(from?: ChangeCursor): Promise<ChangePage> {
    const list = await this.#directory.changes(from, ['User', 'AssignedPresenceUsers']);
    return {
      users: new Set(list.changes.filter(({ kind }) => kind === 'User').map(({ uuid }) => uuid)),
      assignments: list.changes.some(({ kind }) => kind === 'AssignedPresenceUsers'),
      reset: list.reset,
      next: { queueId: list.queueId, startChangeId: list.nextStartChangeId },
    };
  }

  async authenticate(userid: string, password: string): Promise<boolean> {
    return (await this.#directory.authenticate(userid, { password })).ok;
  }

  async processNodes(): Promise<ProcessNode[]> {
    const nodes = await this.#directory.list('ProcessNode', { name: '%' });
    return nodes
      .filter(({ name }) => name !== NO_MACHINE)
      .map(({ name, fields }) => ({
        name,
        isPublisher: fields.nodeUsage === 'Publisher',
        role: text(fields.processNodeRole),
      }));
  }

  addUser(fields: UserFields): Promise<string> {
    return this.#directory.add('User', fields);
  }

  async updateUser(uuid: string, fields: UserFields): Promise<void> {
    await this.#directory.update('User', { uuid }, fields);
  }

  async removeUser(uuid: string): Promise<void> {
    await this.#directory.remove('User', { uuid });
  }

  async assign(userid: string, node: string | undefined): Promise<void> {
    if (node === undefined) await this.#directory.unassignPresence(userid);
    else await this.#directory.assignPresence(userid, node);
  }

  close(): void {}
}

function factsOf({ uuid, name, fields }: DirectoryObject): EndUserFacts {
  return {
    uuid,
    userid: name,
    firstName: text(fields.firstName),
    lastName: text(fields.lastName),
    mail: text(fields.mailid),
    directoryUri: text(fields.directoryUri),
    telephone: text(fields.telephoneNumber),
    department: text(fields.department),
    title: text(fields.title),
    active: !['0', '2', 'false'].includes(text(fields.status)),
    homeCluster: fields.homeCluster === true,
    imAndPresence: fields.imAndPresenceEnable === true,
  };
}

function text(value: FieldValue | undefined): string {
  return value === undefined || value === null || typeof value === 'object' ? '' : String(value);
}
