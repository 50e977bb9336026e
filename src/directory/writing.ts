/** Statements that change objects, gathered into one transaction with their rows in the change queue. */
import type { Statement, Value } from '#store/database.ts';
import type { GivenReference, Plain } from './check-fields.ts';
import { fold } from './fold.ts';
import { kinds } from './kinds.ts';
import type { Change, KindName, Uuid } from './object.ts';
import { type StoredObject, scopeKeyOf } from './stored-object.ts';

const THE_OBJECT = '(select id from directory_objects where uuid = ?)';

const INSERT_OBJECT = `insert into directory_objects (uuid, kind, name, name_key, scope_key, fields, revision)
  values (?, ?, ?, ?, ?, ?, 1)`;
const UPDATE_OBJECT = `update directory_objects set name = ?, name_key = ?, scope_key = ?, fields = ?,
  revision = revision + 1 where uuid = ?`;
const TOUCH = 'update directory_objects set revision = revision + 1 where uuid = ?';

const PUT_USER = `insert into directory_users (object, first_name_key, middle_name_key, last_name_key, display_name_key,
    department_key, title_key, mailid_key, directory_uri_key, telephone_number_key, customer_name_key, home_cluster,
    im_and_presence, status, has_extension)
  values (${THE_OBJECT}, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  on conflict (object) do update set first_name_key = excluded.first_name_key,
    middle_name_key = excluded.middle_name_key, last_name_key = excluded.last_name_key,
    display_name_key = excluded.display_name_key, department_key = excluded.department_key,
    title_key = excluded.title_key, mailid_key = excluded.mailid_key,
    directory_uri_key = excluded.directory_uri_key, telephone_number_key = excluded.telephone_number_key,
    customer_name_key = excluded.customer_name_key, home_cluster = excluded.home_cluster,
    im_and_presence = excluded.im_and_presence, status = excluded.status, has_extension = excluded.has_extension`;
const PUT_NODE = `update directory_users set presence_node = ${THE_OBJECT} where object = ${THE_OBJECT}`;
const FREE_NODE = `update directory_users set presence_node = null where object = ${THE_OBJECT}`;

const PUT_SEARCH = `insert into directory_search (object, field, value_key) values (${THE_OBJECT}, ?, ?)
  on conflict (object, field) do update set value_key = excluded.value_key`;

const DELETE_REFERENCES = `delete from directory_references where source = ${THE_OBJECT} and field = ?`;
// What was removed meanwhile is looked up to nothing, and violates `not null`.
const INSERT_REFERENCE = `insert into directory_references (source, field, path, target, frees)
  values (${THE_OBJECT}, ?, ?, ${THE_OBJECT}, ?)`;

const PUT_SECRET = `insert into directory_secrets (object, field, keys, set_at) values (${THE_OBJECT}, ?, ?, ?)
  on conflict (object, field) do update set keys = excluded.keys, set_at = excluded.set_at`;
const DELETE_SECRET = `delete from directory_secrets where object = ${THE_OBJECT} and field = ?`;

const CHANGE = `insert into directory_changes (action, kind, uuid, tags, do_get) values (?, ?, ?, ?, ?)
  returning id, action, kind, uuid, tags, do_get`;
// An object that is not as it was read any more is looked up to nothing, and violates `not null`.
const CHANGE_AS_READ = `insert into directory_changes (action, kind, uuid, tags, do_get)
  values (?, ?, (select uuid from directory_objects where uuid = ? and revision = ?), ?, ?)
  returning id, action, kind, uuid, tags, do_get`;

const SOURCES = `select r.source from directory_references r where r.target = ${THE_OBJECT} and r.frees = 1`;
const CHANGE_SOURCES = `insert into directory_changes (action, kind, uuid, tags, do_get)
  select 'u', kind, uuid, '{}', 1 from directory_objects where uuid <> ? and id in (${SOURCES})
  returning id, action, kind, uuid, tags, do_get`;
const TOUCH_SOURCES = `update directory_objects set revision = revision + 1 where id in (${SOURCES})`;
const FREE_SOURCES = `delete from directory_references where target = ${THE_OBJECT} and frees = 1`;
const DELETE_OWN = ['references', 'search', 'secrets', 'users'].map((table) => {
  return `delete from directory_${table} where ${table === 'references' ? 'source' : 'object'} = ${THE_OBJECT}`;
});
// A reference that does not free is a foreign key that holds.
const DELETE_OBJECT = 'delete from directory_objects where uuid = ?';

/** A reference whose object was found. */
export interface ResolvedReference extends GivenReference {
  readonly uuid: Uuid;
}

/** How an object is after the change. */
export interface ObjectState {
  readonly kind: KindName;
  readonly uuid: Uuid;
  readonly plain: Readonly<Record<string, Plain>>;
}

export const isChange = ({ sql }: Statement): boolean =>
  sql === CHANGE || sql === CHANGE_AS_READ || sql === CHANGE_SOURCES;

/** One transaction. */
export class Writing {
  readonly #first: Statement[] = [];
  /** References may be to objects of the same transaction. */
  readonly #last: Statement[] = [];

  get statements(): readonly Statement[] {
    return [...this.#first, ...this.#last];
  }

  add(state: ObjectState, references: readonly ResolvedReference[], tags: Change['changedTags']): void {
    const { kind, uuid, plain } = state;
    this.#push(INSERT_OBJECT, uuid, kind, ...keysOf(state), JSON.stringify(plain));
    this.#putSearched(state);
    for (const reference of references) this.#putReference(uuid, reference);
    this.#push(CHANGE, 'a', kind, uuid, JSON.stringify(tags), 1);
  }

  /** @param fields those whose references are replaced */
  update(
    before: StoredObject,
    state: ObjectState,
    references: readonly ResolvedReference[],
    fields: Iterable<string>,
    told: { tags: Change['changedTags']; doGet: boolean },
  ): void {
    const { kind, uuid, plain } = state;
    this.#changeAsRead('u', before, kind, told.tags, told.doGet);
    this.#push(UPDATE_OBJECT, ...keysOf(state), JSON.stringify(plain), uuid);
    this.#putSearched(state);
    for (const field of fields) this.#push(DELETE_REFERENCES, uuid, field);
    for (const reference of references) this.#putReference(uuid, reference);
  }

  remove(before: StoredObject): void {
    const { kind, uuid, name } = before;
    this.#changeAsRead('r', before, kind, { [kinds[kind].key]: name }, false);
    this.#push(CHANGE_SOURCES, uuid, uuid);
    this.#push(TOUCH_SOURCES, uuid);
    this.#push(FREE_SOURCES, uuid);
    for (const sql of DELETE_OWN) this.#push(sql, uuid);
    this.#push(DELETE_OBJECT, uuid);
  }

  assign(user: StoredObject, node: { uuid: Uuid; name: string }, action: 'a' | 'u'): void {
    this.#changeAsRead(action, user, 'AssignedPresenceUsers', { userid: user.name, server: node.name }, false);
    this.#push(TOUCH, user.uuid);
    this.#push(PUT_NODE, node.uuid, user.uuid);
  }

  unassign(user: StoredObject): void {
    this.#changeAsRead('r', user, 'AssignedPresenceUsers', { userid: user.name }, false);
    this.#push(TOUCH, user.uuid);
    this.#push(FREE_NODE, user.uuid);
  }

  /** Of a user whose own change is in the same transaction. */
  freePresence({ uuid, name }: StoredObject): void {
    this.#push(CHANGE, 'r', 'AssignedPresenceUsers', uuid, JSON.stringify({ userid: name }), 0);
    this.#push(FREE_NODE, uuid);
  }

  putSecret(uuid: Uuid, field: string, keys: string, setAt: number): void {
    this.#push(PUT_SECRET, uuid, field, keys, setAt);
  }

  deleteSecret(uuid: Uuid, field: string): void {
    this.#push(DELETE_SECRET, uuid, field);
  }

  #changeAsRead(
    action: Change['action'],
    before: StoredObject,
    kind: Change['kind'],
    tags: Change['changedTags'],
    doGet: boolean,
  ): void {
    this.#push(CHANGE_AS_READ, action, kind, before.uuid, before.revision, JSON.stringify(tags), Number(doGet));
  }

  #putReference(source: Uuid, { field, path, uuid, frees }: ResolvedReference): void {
    this.#last.push({ sql: INSERT_REFERENCE, values: [source, field, path, uuid, Number(frees)] });
  }

  #putSearched({ kind, uuid, plain }: ObjectState): void {
    const text = (name: string) => fold(String(plain[name] ?? ''));
    if (kind === 'User') {
      this.#push(
        PUT_USER,
        uuid,
        text('firstName'),
        text('middleName'),
        text('lastName'),
        text('displayName'),
        text('department'),
        text('title'),
        text('mailid'),
        text('directoryUri') || null,
        text('telephoneNumber'),
        text('customerName'),
        Number(plain.homeCluster === true),
        Number(plain.imAndPresenceEnable === true),
        Number(plain.status ?? 1),
        Number(plain.primaryExtension !== undefined),
      );
      return;
    }
    for (const [name, { searchable, key }] of Object.entries(kinds[kind].fields)) {
      if (searchable && !key) this.#push(PUT_SEARCH, uuid, name, text(name));
    }
  }

  #push(sql: string, ...values: Value[]): void {
    this.#first.push({ sql, values });
  }
}

/** Name and the two keys of a row. */
function keysOf({ kind, plain }: ObjectState): [name: string, nameKey: string, scopeKey: string] {
  const name = String(plain[kinds[kind].key]);
  return [name, fold(name), scopeKeyOf(kind, plain)];
}
