/** Which presence node each user is assigned to, and the groups that nodes stand in. */
import type { Database, Row, Value } from '#store/database.ts';
import { badValue } from './directory-error.ts';
import { fold, likeCondition } from './fold.ts';
import type { Criteria, Page, PresenceUser, Reference, Uuid } from './object.ts';

const NODE_OF_USER = `select n.uuid, n.name from directory_users u join directory_objects n on n.id = u.presence_node
  where u.object = (select id from directory_objects where uuid = ?)`;

const GROUP_OF_NODE = `select g.uuid, g.name from directory_references r join directory_objects g on g.id = r.source
  where r.target = (select id from directory_objects where uuid = ?) and r.field in ('server1', 'server2')
  order by g.name_key limit 1`;

const USERS_OF_GROUP = `select count(*) as n from directory_users u join directory_references r
  on r.target = u.presence_node and r.field in ('server1', 'server2')
  where r.source = (select id from directory_objects where uuid = ?)`;

const LISTED = `select o.uuid, o.name, n.uuid as node_uuid, n.name as node_name, g.uuid as group_uuid, g.name as group_name
  from directory_users u join directory_objects o on o.id = u.object
  left join directory_objects n on n.id = u.presence_node
  left join directory_references r on r.target = n.id and r.field in ('server1', 'server2')
  left join directory_objects g on g.id = r.source`;

const CONDITIONS = {
  assigned: 'u.presence_node is not null',
  unassigned: 'u.presence_node is null and u.im_and_presence = 1',
};
const COLUMNS: Readonly<Record<string, string>> = {
  userid: 'o.name_key',
  server: "coalesce(n.name_key, '')",
  presenceRedundancyGroup: "coalesce(g.name_key, '')",
};
/** Rows of one statement. */
const PAGE = 500;

const asReference = (row: Row | undefined): Reference | undefined =>
  row && { uuid: String(row.uuid), name: String(row.name) };

export async function nodeOfUser(database: Database, user: Uuid): Promise<Reference | undefined> {
  return asReference((await database.read(NODE_OF_USER, [user]))[0]);
}

export async function groupOfNode(database: Database, node: Uuid): Promise<Reference | undefined> {
  return asReference((await database.read(GROUP_OF_NODE, [node]))[0]);
}

export async function countUsersOfGroup(database: Database, group: Uuid): Promise<number> {
  const [row] = await database.read(USERS_OF_GROUP, [group]);
  return Number(row!.n);
}

/** @throws {DirectoryError} 5003 */
export async function listPresenceUsers(
  database: Database,
  which: 'assigned' | 'unassigned',
  criteria: Criteria,
  { skip = 0, first = Number.MAX_SAFE_INTEGER }: Page,
): Promise<PresenceUser[]> {
  const conditions = [CONDITIONS[which]];
  const values: Value[] = [];
  for (const [name, criterion] of Object.entries(criteria).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const column = Object.hasOwn(COLUMNS, name) ? COLUMNS[name] : undefined;
    if (column === undefined) throw badValue(`assigned users cannot be searched by ${name.slice(0, 80)}`);
    const { sql, value } = likeCondition(criterion);
    conditions.push(`${column} ${sql}`);
    values.push(value);
  }
  const text = `${LISTED} where ${conditions.join(' and ')} and o.name_key > ? order by o.name_key limit ? offset ?`;
  const users: PresenceUser[] = [];
  let after = '';
  for (let offset = skip; users.length < first; offset = 0) {
    const limit = Math.min(PAGE, first - users.length);
    const rows = await database.read(text, [...values, after, limit, offset]);
    for (const row of rows) users.push(readUser(row));
    if (rows.length < limit) break;
    after = fold(String(rows.at(-1)!.name));
  }
  return users;
}

function readUser(row: Row): PresenceUser {
  const reference = (which: 'node' | 'group') =>
    row[`${which}_uuid`] === null
      ? undefined
      : { uuid: String(row[`${which}_uuid`]), name: String(row[`${which}_name`]) };
  const [server, group] = [reference('node'), reference('group')];
  return {
    uuid: String(row.uuid),
    userid: String(row.name),
    ...(server && { server }),
    ...(group && { group }),
  };
}
