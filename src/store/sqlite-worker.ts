/**
 * The thread that holds the SQLite file: it alone reads and writes it, so that no call of the disk ever holds up the
 * server. See sqlite-protocol.ts for what it is asked.
 */
import { existsSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import type { Value } from './database.ts';
import { readGroup, type StatementCode } from './group.ts';
import type {
  SqliteAnswer,
  SqliteError,
  SqliteRequest,
  SqliteRows,
  SqliteUnitOutcome,
  SqliteWorkerData,
} from './sqlite-protocol.ts';

/** Enough that a probe on a full disk cannot find room in what was there already. */
const PROBE_BYTES = 64 << 10;

/** Primary result codes (https://sqlite.org/rescode.html) after which nothing can be kept, whatever the statement. */
const STORE_CODES = new Set([
  5, // SQLITE_BUSY
  6, // SQLITE_LOCKED
  7, // SQLITE_NOMEM
  8, // SQLITE_READONLY
  10, // SQLITE_IOERR
  11, // SQLITE_CORRUPT
  13, // SQLITE_FULL
  14, // SQLITE_CANTOPEN
  15, // SQLITE_PROTOCOL
  26, // SQLITE_NOTADB
]);
const CONSTRAINT_CODE = 19;
/** Busy and full: the file still reads well, and on a full disk it could not be opened again. */
const KEEP_OPEN_CODES = new Set([5, 13]);

interface Prepared {
  run: StatementSync;
  sql: string;
  /** Whether it may change rows, and gives rows itself. */
  writes: boolean;
  /** Undefined when the schema has changed since they were asked for. */
  columns: string[] | undefined;
}

const { file, mustExist, busyTimeoutMs } = workerData as SqliteWorkerData;
const texts: string[] = [];
const prepared: (Prepared | undefined)[] = [];
const lock = lockFile();
let db = open(mustExist);

/** The primary result code of SQLite, 0 for an error of another kind. */
function resultCode(error: unknown): number {
  return ((error as { errcode?: number }).errcode ?? 0) & 0xff;
}

/**
 * Holds a lock beside the data for as long as the thread lives, so that two servers never run on one file. It is the
 * operating system's, so it ends with the process however that ends.
 */
function lockFile(): DatabaseSync {
  const held = new DatabaseSync(`${file}.lock`, { timeout: 0 });
  try {
    held.exec('pragma locking_mode = exclusive; begin exclusive');
    return held;
  } catch (error) {
    held.close();
    if (resultCode(error) === 5) throw new Error('another server is running on it: stop that one first');
    throw error;
  }
}

function open(onlyIfThere: boolean): DatabaseSync {
  if (onlyIfThere && !existsSync(file)) throw new Error(`the database file ${file} is gone`);
  const opened = new DatabaseSync(file, { timeout: busyTimeoutMs, enableForeignKeyConstraints: true });
  try {
    // FULL: a commit is on disk when it returns. The rest keeps the thread small: 4 MB of pages, none mapped, and a log
    // that is written back every 16 MB and cut to that.
    opened.exec(`
      pragma journal_mode = wal;
      pragma synchronous = full;
      pragma cache_size = -4096;
      pragma mmap_size = 0;
      pragma wal_autocheckpoint = 4096;
      pragma journal_size_limit = ${32 << 20};
      pragma trusted_schema = off`);
    if (!onlyIfThere) opened.exec('create table if not exists store_probe (filler blob not null)');
  } catch (error) {
    opened.close();
    throw error;
  }
  return opened;
}

function prepare(code: StatementCode): Prepared {
  const known = typeof code === 'number' ? prepared[code] : undefined;
  if (known !== undefined) return known;
  const sql = typeof code === 'number' ? texts[code]! : code;
  const run = db.prepare(sql);
  run.setReturnArrays(true);
  const made: Prepared = { run, sql, writes: !/^\s*(select|values|explain|pragma)\b/i.test(sql), columns: undefined };
  if (typeof code === 'number') prepared[code] = made;
  return made;
}

function result(code: StatementCode, values: Value[]): SqliteRows {
  const statement = prepare(code);
  statement.columns ??= statement.run.columns().map(({ name }) => name);
  if (statement.columns.length === 0) {
    const { changes } = statement.run.run(...values);
    if (/^\s*(create|alter|drop)\b/i.test(statement.sql))
      for (const other of prepared) if (other) other.columns = undefined;
    return { columns: [], rows: [], changes: Number(changes) };
  }
  const rows = statement.run.all(...values) as unknown as Value[][];
  return { columns: statement.columns, rows, changes: statement.writes ? rows.length : 0 };
}

/** Whose fault it is. */
function explain(error: unknown): SqliteError {
  const { message } = error as Error;
  const code = resultCode(error);
  if (STORE_CODES.has(code) || !db.isOpen) return { error: 'store', message };
  return { error: code === CONSTRAINT_CODE ? 'conflict' : 'statement', message };
}

/** All its statements or none; what is wrong with the statements themselves is the unit's own affair. */
function runUnit(statements: { code: StatementCode; values: Value[] }[]): SqliteUnitOutcome {
  // One statement undoes itself when it fails (https://sqlite.org/lang_conflict.html, ABORT); several need a savepoint.
  const several = statements.length > 1;
  if (several) db.exec('savepoint unit');
  try {
    const results = statements.map(({ code, values }) => result(code, values));
    if (several) db.exec('release unit');
    return { results };
  } catch (error) {
    const fault = explain(error);
    // A statement that ended the transaction took the others' writes with it.
    if (fault.error === 'store' || !db.isTransaction) throw error;
    if (several) db.exec('rollback to unit; release unit');
    return fault;
  }
}

function commit(list: Value[]): SqliteAnswer {
  const units: SqliteUnitOutcome[] = [];
  try {
    db.exec('begin immediate');
    readGroup(
      list,
      (code, values) => prepare(code).run.run(...values),
      (statements) => units.push(runUnit(statements)),
    );
    db.exec('commit');
    return { did: 'commit', units };
  } catch (error) {
    if (db.isTransaction) db.exec('rollback');
    return { did: 'commit', units: [], error: explain(error) };
  }
}

function read(list: Value[]): SqliteAnswer {
  const results: (SqliteRows | SqliteError)[] = [];
  readGroup(
    list,
    (code, values) => {
      try {
        results.push(result(code, values));
      } catch (error) {
        results.push(explain(error));
      }
    },
    () => {},
  );
  return { did: 'read', results };
}

/** Twice to the disk, the second time to leave nothing behind. */
function probe(): SqliteAnswer {
  try {
    // Reads go on while another process holds the file: a probe does not wait for it.
    db.exec('pragma busy_timeout = 0');
    db.exec('delete from store_probe');
    db.prepare('insert into store_probe (filler) values (zeroblob(?))').run(PROBE_BYTES);
    db.exec('delete from store_probe');
    return { did: 'probe' };
  } catch (error) {
    const kept = db.isOpen && KEEP_OPEN_CODES.has(resultCode(error));
    return {
      did: 'probe',
      error: { error: 'store', message: (kept ? undefined : reopen()) ?? (error as Error).message },
    };
  } finally {
    if (db.isOpen) db.exec(`pragma busy_timeout = ${busyTimeoutMs}`);
  }
}

/** After an input/output error the file may have to be opened anew to be of use again. Returns why that fails, too. */
function reopen(): string | undefined {
  try {
    if (db.isOpen) db.close();
    prepared.length = 0;
    db = open(true);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

const port = parentPort!;
port.on('message', (request: SqliteRequest) => {
  if (request.do === 'probe') port.postMessage(probe());
  else if (request.do === 'close') {
    if (db.isOpen) db.close();
    lock.close();
    port.close();
  } else {
    texts.push(...request.texts);
    port.postMessage(request.do === 'commit' ? commit(request.list) : read(request.list));
  }
});
port.postMessage({ did: 'open' } satisfies SqliteAnswer);
