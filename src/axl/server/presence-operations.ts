/** Which user is on which presence node, and which node is in which redundancy group. */
import type { Directory } from '#directory/directory.ts';
import type { DirectoryObject, PresenceUser, Reference } from '#directory/object.ts';
import { Element } from '#xml/element.ts';
import { readShapes } from '../wire/notation.ts';
import { writeAttribute, writeText } from '../wire/write-element.ts';
import { Rows, type Served } from './answer.ts';
import { criteriaOf, pageOf, returnUuid } from './objects.ts';
import { type AxlRequest, childOf, writeUuid } from './request.ts';

const PORTION = 500;
const PRESENCE_ROLE = 'CUCM IM and Presence';
const ABOUT = { from: '9.0', until: '15.0' } as const;
const ASSIGNED = { criteria: readShapes('userid server presenceRedundancyGroup') };
const UNASSIGNED = { criteria: readShapes('userid') };
const SERVERS = { criteria: readShapes('name description') };

export function presenceOperations(
  directory: Directory,
  limits: { readonly maxAnswerBytes: number },
): Record<string, Served> {
  const users = (which: 'assigned' | 'unassigned'): Served => ({
    ...ABOUT,
    writes: false,
    isLarge: true,
    run: (request) => listUsers(directory, limits, which, request),
  });
  const servers = (which: 'assigned' | 'unassigned'): Served => ({
    ...ABOUT,
    writes: false,
    isLarge: true,
    run: (request) => listServers(directory, limits, which, request),
  });
  return {
    assignPresenceUser: {
      ...ABOUT,
      writes: true,
      isLarge: false,
      async run(request) {
        const server = await nodeName(directory, request);
        return returnUuid(await directory.assignPresence(request.needed('userid'), server));
      },
    },
    unassignPresenceUser: {
      ...ABOUT,
      writes: true,
      isLarge: false,
      run: async (request) => returnUuid(await directory.unassignPresence(request.needed('userid'))),
    },
    listAssignedPresenceUsers: users('assigned'),
    listUnassignedPresenceUsers: users('unassigned'),
    listAssignedPresenceServers: servers('assigned'),
    listUnassignedPresenceServers: servers('unassigned'),
  };
}

/** By its name, or by the uuid that stands beside it. */
async function nodeName(directory: Directory, request: AxlRequest): Promise<string> {
  const uuid = request.child('server')?.attribute('uuid');
  if (uuid === undefined || request.text('server') !== '') return request.needed('server');
  const node = await directory.get('ProcessNode', { uuid: uuid.replace(/[{}]/g, '').toLowerCase() });
  return node?.name ?? request.needed('server');
}

async function listUsers(
  directory: Directory,
  limits: { readonly maxAnswerBytes: number },
  which: 'assigned' | 'unassigned',
  request: AxlRequest,
): Promise<string> {
  const criteria = criteriaOf(request, which === 'assigned' ? ASSIGNED : UNASSIGNED);
  const { skip, first } = pageOf(request);
  const tags = request.child('returnedTags') ?? new Element('returnedTags', '');
  const rows = new Rows(limits.maxAnswerBytes);
  for (let at = skip; ; ) {
    const portion = Math.min(PORTION, skip + first - at);
    const users = portion > 0 ? await directory.listPresence(which, criteria, { skip: at, first: portion }) : [];
    for (const user of users) if (!rows.add(writeUser(`${which}PresenceUsers`, user, tags))) throw rows.tooLarge(at);
    if (users.length < portion || portion <= 0) return rows.text();
    at += users.length;
  }
}

function writeUser(name: string, { uuid, userid, server, group }: PresenceUser, tags: Element): string {
  const wants = (tag: string) => childOf(tags, tag) !== undefined;
  const isAssigned = name === 'assignedPresenceUsers';
  const inside =
    (wants('userid') ? `<userid>${writeText(userid)}</userid>` : '') +
    (isAssigned && wants('server') ? referenceText('server', server) : '') +
    (isAssigned && wants('presenceRedundancyGroup') ? referenceText('presenceRedundancyGroup', group) : '');
  return around(name, uuid, inside);
}

async function listServers(
  directory: Directory,
  limits: { readonly maxAnswerBytes: number },
  which: 'assigned' | 'unassigned',
  request: AxlRequest,
): Promise<string> {
  const criteria = { ...criteriaOf(request, SERVERS), processNodeRole: PRESENCE_ROLE };
  const { skip, first } = pageOf(request);
  const tags = request.child('returnedTags') ?? new Element('returnedTags', '');
  const inGroup = new Set<string>();
  for (const { fields } of await directory.list('PresenceRedundancyGroup', {})) {
    for (const server of [fields.server1, fields.server2]) {
      if (server !== null && typeof server === 'object' && 'uuid' in server) inGroup.add(String(server.uuid));
    }
  }
  const nodes = (await directory.list('ProcessNode', criteria)).filter(
    ({ uuid }) => inGroup.has(uuid) === (which === 'assigned'),
  );
  const rows = new Rows(limits.maxAnswerBytes);
  for (const node of nodes.slice(skip, skip + first)) {
    const users = childOf(tags, 'numUsers') === undefined ? 0 : await countUsers(directory, node.name);
    if (!rows.add(writeServer(which, node, users, tags))) throw rows.tooLarge(nodes.length);
  }
  return rows.text();
}

/** @param node its name, which is matched as it stands */
async function countUsers(directory: Directory, node: string): Promise<number> {
  let count = 0;
  for (let skip = 0; ; skip += PORTION) {
    const users = await directory.listPresence('assigned', { server: node }, { skip, first: PORTION });
    count += users.filter(({ server }) => server?.name === node).length;
    if (users.length < PORTION) return count;
  }
}

function writeServer(which: string, { uuid, name, fields }: DirectoryObject, users: number, tags: Element): string {
  const values: Readonly<Record<string, string>> = {
    name,
    description: String(fields.description ?? ''),
    nodeUsage: String(fields.nodeUsage ?? ''),
    ...(which === 'assigned' && { numUsers: String(users) }),
  };
  let inside = '';
  for (const [tag, value] of Object.entries(values)) {
    if (childOf(tags, tag) === undefined) continue;
    inside += value === '' ? `<${tag}/>` : `<${tag}>${writeText(value)}</${tag}>`;
  }
  return around(`${which}PresenceServers`, uuid, inside);
}

function around(name: string, uuid: string, inside: string): string {
  const head = `<${name}${writeAttribute('uuid', writeUuid(uuid))}`;
  return inside === '' ? `${head}/>` : `${head}>${inside}</${name}>`;
}

function referenceText(name: string, reference: Reference | undefined): string {
  if (reference === undefined) return `<${name}/>`;
  return `<${name}${writeAttribute('uuid', writeUuid(reference.uuid))}>${writeText(reference.name)}</${name}>`;
}
