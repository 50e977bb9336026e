/** Reads objects from the store: one, pages of them, and what they refer to. */
import type { Database, Row, Statement, Value } from '#store/database.ts';
import { readUuid } from './check-fields.ts';
import { badValue } from './directory-error.ts';
import { fold, likeCondition } from './fold.ts';
import { kinds } from './kinds.ts';
import type { Criteria, Key, KindName, Page } from './object.ts';
import { readObject, readReference, type StoredObject, type StoredReference, scopeKeyOf } from './stored-object.ts';

const COLUMNS = 'o.id, o.uuid, o.kind, o.name, o.name_key, o.scope_key, o.revision, o.fields';

const BY_UUID = `select ${COLUMNS} from directory_objects o where o.uuid = ? and o.kind = ?`;
const BY_NAME = `select ${COLUMNS} from directory_objects o where o.kind = ? and o.name_key = ?
  order by o.scope_key limit 2`;
const BY_NAME_WITHIN = `select ${COLUMNS} from directory_objects o
  where o.kind = ? and o.name_key = ? and o.scope_key = ?`;

const REFERENCES = `select r.source, r.field, r.path, t.uuid, t.name, t.kind, t.fields
  from directory_references r join directory_objects t on t.id = r.target where r.source in`;
/** Objects whose references are read by one statement; the text is the same for any number of them. */
const REFERENCES_AT_ONCE = 50;
const REFERENCES_OF_SOME = `${REFERENCES} (${Array(REFERENCES_AT_ONCE).fill('?').join(', ')})`;
const REFERENCES_OF_ONE = `${REFERENCES} (?)`;
const NO_OBJECT = -1;

/** What one statement reads: few enough that turning them into objects holds nothing up. */
const PAGE = 200;

/** Columns of directory_users that criteria are about. */
const USER_COLUMNS: Readonly<Record<string, string>> = {
  firstName: 'u.first_name_key',
  middleName: 'u.middle_name_key',
  lastName: 'u.last_name_key',
  displayName: 'u.display_name_key',
  department: 'u.department_key',
  title: 'u.title_key',
  mailid: 'u.mailid_key',
  directoryUri: "coalesce(u.directory_uri_key, '')",
  telephoneNumber: 'u.telephone_number_key',
  customerName: 'u.customer_name_key',
};
const USER_NUMBERS: Readonly<Record<string, string>> = {
  homeCluster: 'u.home_cluster',
  imAndPresenceEnable: 'u.im_and_presence',
  status: 'u.status',
};

/** The statement that finds one object. */
export function findStatement(kind: KindName, key: Key): Statement {
  if ('uuid' in key) return { sql: BY_UUID, values: [readUuid(key.uuid) ?? '', kind] };
  const { name, within } = key;
  if (within === undefined) return { sql: BY_NAME, values: [kind, keyText(name)] };
  return { sql: BY_NAME_WITHIN, values: [kind, keyText(name), keyText(scopeKeyOf(kind, within))] };
}

/** What no key holds finds nothing, and never reaches the database. */
const keyText = (text: string) => fold(text).replaceAll('\0', '\ufffd');

/**
 * The row that was meant; of two that differ only in what completes their name, the one where nothing does.
 * @throws {DirectoryError} 5003 where it is not said which of several is meant
 */
export function pickRow(kind: KindName, rows: readonly Row[]): Row | undefined {
  const [row, other] = rows;
  if (row === undefined || other === undefined || /^\n*$/.test(String(row.scope_key))) return row;
  throw badValue(`there are several ${kind}s ${row.name}: name also ${kinds[kind].within.join(', ')}`);
}

export class Reading {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async find(kind: KindName, key: Key): Promise<StoredObject | undefined> {
    const { sql, values = [] } = findStatement(kind, key);
    const row = pickRow(kind, await this.#database.read(sql, values));
    if (row === undefined) return undefined;
    const references = await this.#database.read(REFERENCES_OF_ONE, [row.id!]);
    return readObject(row, references.map(readReference));
  }

  /** The uuids of those that are there, in order; one round trip. */
  async findAll(wanted: readonly { kind: KindName; key: Key }[]): Promise<(string | undefined)[]> {
    if (wanted.length === 0) return [];
    const found = await this.#database.readAll(wanted.map(({ kind, key }) => findStatement(kind, key)));
    return found.map((rows, at) => pickRow(wanted[at]!.kind, rows)?.uuid as string | undefined);
  }

  /** Page after page, in order of the keys; what is added meanwhile may be missed, and nothing comes twice. */
  async *pages(kind: KindName, criteria: Criteria, { skip = 0, first }: Page = {}): AsyncGenerator<StoredObject[]> {
    const { sql, values } = search(kind, criteria);
    const text = `select ${COLUMNS} ${sql} and (o.name_key, o.scope_key) > (?, ?)
      order by o.name_key, o.scope_key limit ? offset ?`;
    let after: Value[] = ['', ''];
    let left = first ?? Number.MAX_SAFE_INTEGER;
    for (let offset = skip; left > 0; offset = 0) {
      const limit = Math.min(left, PAGE);
      const rows = await this.#database.read(text, [...values, ...after, limit, offset]);
      if (rows.length > 0) yield await this.#complete(rows);
      if (rows.length < limit) return;
      left -= rows.length;
      after = [rows.at(-1)!.name_key!, rows.at(-1)!.scope_key!];
    }
  }

  async count(kind: KindName, criteria: Criteria): Promise<number> {
    const { sql, values } = search(kind, criteria);
    const [row] = await this.#database.read(`select count(*) as n ${sql}`, values);
    return Number(row!.n);
  }

  async #complete(rows: readonly Row[]): Promise<StoredObject[]> {
    const bySource = new Map<number, StoredReference[]>(rows.map(({ id }) => [Number(id), []]));
    const ids = [...bySource.keys()];
    const statements: Statement[] = [];
    for (let at = 0; at < ids.length; at += REFERENCES_AT_ONCE) {
      const some = ids.slice(at, at + REFERENCES_AT_ONCE);
      const values = [...some, ...Array(REFERENCES_AT_ONCE - some.length).fill(NO_OBJECT)];
      statements.push({ sql: REFERENCES_OF_SOME, values });
    }
    for (const found of await this.#database.readAll(statements)) {
      for (const row of found) bySource.get(Number(row.source))?.push(readReference(row));
    }
    return rows.map((row) => readObject(row, bySource.get(Number(row.id))!));
  }
}

/** Everything behind `select ...`. The texts are few: one for each choice of criteria. */
function search(kind: KindName, criteria: Criteria): { sql: string; values: Value[] } {
  const conditions = ['o.kind = ?'];
  const values: Value[] = [kind];
  for (const [name, criterion] of Object.entries(criteria).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const field = Object.hasOwn(kinds[kind].fields, name) ? kinds[kind].fields[name] : undefined;
    if (!field?.searchable) throw badValue(`a ${kind} cannot be searched by ${name.slice(0, 80)}`);
    if (kind === 'User' && name in USER_NUMBERS) {
      if (/^%+$/.test(criterion)) continue;
      conditions.push(`${USER_NUMBERS[name]} = ?`);
      values.push(toNumber(name, criterion));
      continue;
    }
    const { sql, value } = likeCondition(criterion);
    if (field.key) conditions.push(`o.name_key ${sql}`);
    else if (kind === 'User') conditions.push(`${USER_COLUMNS[name]} ${sql}`);
    else {
      conditions.push(`exists (select 1 from directory_search s where s.object = o.id and s.field = ?
        and s.value_key ${sql})`);
      values.push(name);
    }
    values.push(value);
  }
  const users = kind === 'User' ? ' join directory_users u on u.object = o.id' : '';
  return { sql: `from directory_objects o${users} where ${conditions.join(' and ')}`, values };
}

const WORDS: Readonly<Record<string, number>> = { t: 1, true: 1, f: 0, false: 0 };

function toNumber(name: string, criterion: string): number {
  const number = WORDS[criterion.toLowerCase()] ?? (/^\d{1,4}$/.test(criterion) ? Number(criterion) : undefined);
  if (number === undefined) throw badValue(`a search by ${name} is for one value, or for %`);
  return number;
}
