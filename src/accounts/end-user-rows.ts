/** End users in the store: one row each. */
import type { Row, Statement, Value } from '#store/database.ts';
import type { EndUser } from './end-user.ts';

const COLUMNS = `uuid, userid, first_name, last_name, mail, directory_uri, telephone, department, title,
  active, home_cluster, im_and_presence, node, reason, keys_set_at, missing_since`;

/** A page of end users with their accounts, in the order of their uuids, from behind one. */
export const SELECT_END_USERS = `select ${COLUMNS}, accounts.id, accounts.address from end_users
  left join accounts on accounts.end_user = end_users.uuid where uuid > ? order by uuid limit ?`;

const PUT = `insert into end_users (${COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  on conflict (uuid) do update set userid = excluded.userid, first_name = excluded.first_name,
    last_name = excluded.last_name, mail = excluded.mail, directory_uri = excluded.directory_uri,
    telephone = excluded.telephone, department = excluded.department, title = excluded.title,
    active = excluded.active, home_cluster = excluded.home_cluster, im_and_presence = excluded.im_and_presence,
    node = excluded.node, reason = excluded.reason, keys_set_at = excluded.keys_set_at,
    missing_since = excluded.missing_since`;

export function putEndUser(user: EndUser): Statement {
  const values: Value[] = [
    user.uuid,
    user.userid,
    user.firstName,
    user.lastName,
    user.mail,
    user.directoryUri,
    user.telephone,
    user.department,
    user.title,
    Number(user.active),
    Number(user.homeCluster),
    Number(user.imAndPresence),
    user.node,
    user.reason,
    user.keysSetAt ?? null,
    user.missingSinceAt ?? null,
  ];
  return { sql: PUT, values };
}

export function deleteEndUser(uuid: string): Statement {
  return { sql: 'delete from end_users where uuid = ?', values: [uuid] };
}

export function readEndUser(row: Row): EndUser {
  const text = (name: string) => String(row[name]);
  const instant = (name: string) => (row[name] === null ? undefined : Number(row[name]));
  return {
    uuid: text('uuid'),
    userid: text('userid'),
    firstName: text('first_name'),
    lastName: text('last_name'),
    mail: text('mail'),
    directoryUri: text('directory_uri'),
    telephone: text('telephone'),
    department: text('department'),
    title: text('title'),
    active: row.active === 1,
    homeCluster: row.home_cluster === 1,
    imAndPresence: row.im_and_presence === 1,
    node: text('node'),
    reason: text('reason'),
    keysSetAt: instant('keys_set_at'),
    missingSinceAt: instant('missing_since'),
    account: row.id === null ? undefined : { id: Number(row.id), address: text('address') },
  };
}
