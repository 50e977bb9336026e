/** The process that looks into the embedded store: one request on the standard input, one answer on the output. */
import { constants, DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import type { Value } from './database.ts';
import { isHidden } from './hidden-columns.ts';

export type InspectionRequest =
  | { do: 'check'; file: string }
  | { do: 'query'; file: string; sql: string; maxRows: number; maxSize: number };

export type InspectionAnswer =
  | { faults: string[] }
  | { columns: string[]; rows: Value[][]; cut: boolean }
  | { error: string; kind: 'malformed' | 'forbidden' | 'store-failing' };

/** How long it waits for the file. */
const BUSY_MS = 5000;
const MAX_FAULTS = 20;

let refused: string | undefined;

const request: InspectionRequest = JSON.parse(await text(process.stdin));
process.stdout.write(JSON.stringify(answer(request)));

function answer(request: InspectionRequest): InspectionAnswer {
  let db: DatabaseSync;
  try {
    db = new DatabaseSync(request.file, { readOnly: true, timeout: BUSY_MS });
  } catch (error) {
    return { error: (error as Error).message, kind: 'store-failing' };
  }
  try {
    return request.do === 'check' ? check(db) : query(db, request);
  } catch (error) {
    if (refused !== undefined) return { error: refused, kind: 'forbidden' };
    return { error: (error as Error).message, kind: 'malformed' };
  } finally {
    db.close();
  }
}

function check(db: DatabaseSync): InspectionAnswer {
  const rows = db.prepare(`pragma integrity_check(${MAX_FAULTS})`).all();
  const words = rows.map((row) => String(row.integrity_check));
  return { faults: words.filter((word) => word !== 'ok') };
}

function query(db: DatabaseSync, { sql, maxRows, maxSize }: InspectionRequest & { do: 'query' }): InspectionAnswer {
  // SQLite prepares the first statement alone; a second one would be left out in silence.
  if (!/^\s*(select|with|values)\b/i.test(sql)) return { error: 'only a SELECT is run', kind: 'malformed' };
  db.setAuthorizer(authorize);
  const statement = db.prepare(sql);
  statement.setReturnArrays(true);
  const rows: Value[][] = [];
  let size = 0;
  for (const row of statement.iterate() as unknown as Iterable<Value[]>) {
    if (rows.length === maxRows) return { columns: names(), rows, cut: true };
    const shown = row.map(shownValue);
    for (const value of shown) size += String(value).length;
    if (size > maxSize) return { columns: names(), rows, cut: true };
    rows.push(shown);
  }
  return { columns: names(), rows, cut: false };

  function names(): string[] {
    return statement.columns().map(({ name }) => name);
  }
}

/** https://sqlite.org/c3ref/set_authorizer.html: reading alone, and not what is hidden, by whatever way it is reached. */
function authorize(action: number, table: string | null, column: string | null): number {
  const { SQLITE_OK, SQLITE_DENY, SQLITE_SELECT, SQLITE_READ, SQLITE_FUNCTION, SQLITE_RECURSIVE } = constants;
  if (action === SQLITE_READ && isHidden(table ?? '', column ?? '')) {
    refused ??= `${table}${column ? `.${column}` : ''} is not shown to anybody`;
    return SQLITE_DENY;
  }
  const isReading = [SQLITE_SELECT, SQLITE_READ, SQLITE_FUNCTION, SQLITE_RECURSIVE].includes(action);
  if (!isReading) refused ??= 'only a SELECT is run, and it may only read';
  return isReading ? SQLITE_OK : SQLITE_DENY;
}

/** JSON has no bytes. */
function shownValue(value: Value): Value {
  return value instanceof Uint8Array ? `x'${Buffer.from(value).toString('hex')}'` : value;
}
