/**
 * The record of what was done with commands: by whom, over which face, to what, and how it ended. Rows are only ever
 * added, by one writer, each chained to the one before; `verify` finds what was changed or taken out by somebody else.
 */
import type { Clock } from '#base/clock.ts';
import { Failure } from '#base/failure.ts';
import type { Log } from '#base/log.ts';
import type { Database, Row, Statement } from '#store/database.ts';
import {
  type AuditRow,
  type Checkpoint,
  hashRow,
  isSame,
  isSigned,
  ORIGIN,
  type RowOutcome,
  signCheckpoint,
} from './audit-chain.ts';
import { type Caller, theServer } from './caller.ts';

export interface AuditLogOptions {
  database: Database;
  clock: Clock;
  log: Log;
  /** Known to this server alone and the same at every start: what checkpoints are signed with. */
  secret: Uint8Array;
  /** Read each time, so that a changed setting holds at once. */
  settings: { readonly keepDays: number };
}

/** What a row says of a command, but for how it ended. */
export interface Action {
  readonly caller: Caller;
  readonly command: string;
  readonly subject: string;
}

/** A command as it is told of: where it began and how it ended, in one. */
export interface AuditEntry {
  readonly id: number;
  /** Epoch milliseconds. */
  readonly at: number;
  /** When it had ended; absent where that is not known. */
  readonly endedAt?: number;
  readonly caller: string;
  readonly face: string;
  readonly command: string;
  readonly subject: string;
  /** 'unknown': it began, and the server ended, or its store failed, before it could say more. */
  readonly outcome: 'done' | 'failed' | 'refused' | 'unknown';
  readonly detail: string;
}

export interface Verdict {
  /** How many rows are there and in order. */
  readonly rows: number;
  /** The first row that is there; 0 where there is none. */
  readonly firstId: number;
  /** Rows up to this one were taken out by the retention setting; 0 for none. */
  readonly cutUpTo: number;
  /** The first row that is not as it was written, and in which way. */
  readonly broken?: { readonly id: number; readonly reason: string };
  /** The hash of the last row, in hexadecimal digits: written down elsewhere, it proves all that is before it. */
  readonly head: string;
}

interface Head {
  id: number;
  hash: Uint8Array;
}

const DAY_MS = 86_400_000;
const PAGE = 1000;
const MAX_SUBJECT = 256;
const MAX_DETAIL = 500;
/** So many refusals of one caller are recorded in a minute. */
const REFUSALS_PER_MINUTE = 20;
const MINUTE_MS = 60_000;
const MAX_REFUSED_CALLERS = 10_000;

const COLUMNS = 'id, at, begins, caller, face, command, subject, outcome, detail, hash';
const INSERT = `insert into audit_log (${COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const SELECT_LAST = 'select id, hash from audit_log order by id desc limit 1';
const SELECT_PAGE = `select ${COLUMNS} from audit_log where id > ? order by id limit ${PAGE}`;
const SELECT_ENTRIES = `select a.id, a.at, a.caller, a.face, a.command, a.subject, a.outcome, a.detail,
  e.at as ended_at, e.outcome as ended, e.detail as end_detail
  from audit_log a left join audit_log e on e.begins = a.id
  where a.id < ? and a.begins = 0 order by a.id desc limit ${PAGE}`;
const SELECT_CHECKPOINT = 'select row_id, at, hash, signature from audit_checkpoint where one = 1';
const PUT_CHECKPOINT = `insert into audit_checkpoint (one, row_id, at, hash, signature) values (1, ?, ?, ?, ?)
  on conflict (one) do update set row_id = excluded.row_id, at = excluded.at, hash = excluded.hash,
    signature = excluded.signature`;
const SELECT_OLD = `select id, at, hash from audit_log where id <= ? order by id limit ${PAGE}`;
const SELECT_NEWEST_OLD = 'select id from audit_log where at < ? order by id desc limit 1';
const DELETE_OLD = 'delete from audit_log where id <= ?';

export class AuditLog {
  readonly #options: AuditLogOptions;
  /** The last row that was written; undefined until the store was asked. */
  #head: Head | undefined;
  /** One row after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  /** Who walks the rows does so while nobody takes any out. */
  #walk: Promise<unknown> = Promise.resolve();
  readonly #refused = new Map<string, { since: number; count: number }>();

  constructor(options: AuditLogOptions) {
    this.#options = options;
  }

  /** Takes out what is older than the setting says, now and then. @returns what ends that */
  start(): () => void {
    const cut = () => {
      this.cut().catch((err: unknown) => this.#options.log.error({ err }, 'old rows of the audit log stay'));
    };
    cut();
    return this.#options.clock.every(DAY_MS, cut);
  }

  /**
   * A command is about to run. It may run when this resolves, and not before: what is not on record is not done.
   * @returns the row to name when it has ended
   * @throws {Failure} 'store-failing'
   */
  begin(action: Action): Promise<number> {
    return this.#add(action, 'begun', '', 0);
  }

  /** How it ended. Does not throw: it is done, and on record as begun. */
  async end(action: Action, begins: number, outcome: 'done' | 'failed', detail = ''): Promise<void> {
    try {
      await this.#add(action, outcome, detail, begins);
    } catch (err) {
      this.#options.log.error({ err, command: action.command, row: begins }, 'how a command ended is not on record');
    }
  }

  /**
   * A command did not run. Does not throw: it is refused anyway. Of one who tries again and again only the first of each
   * minute are recorded, so that nobody can fill the store.
   */
  async refuse(action: Action, detail: string): Promise<void> {
    if (this.#isTooOften(action.caller.name)) return;
    try {
      await this.#add(action, 'refused', detail, 0);
    } catch (err) {
      this.#options.log.error({ err, command: action.command }, 'a refused command is not on record');
    }
  }

  /**
   * Newest first, a page at a time, so that a long log is no burden.
   * @param before rows before this one; undefined: from the newest on
   */
  async *entries(before = Number.MAX_SAFE_INTEGER): AsyncGenerator<AuditEntry> {
    for (let at = before; ; ) {
      const rows = await this.#options.database.read(SELECT_ENTRIES, [at]);
      for (const row of rows) yield readEntry(row);
      if (rows.length < PAGE) return;
      at = rows.at(-1)!.id as number;
    }
  }

  /** Walks the whole chain. Rows that are added meanwhile are walked as well. */
  verify(): Promise<Verdict> {
    return this.#alone(() => this.#verify());
  }

  /** Takes out the rows that are older than the setting says, and leaves a signed checkpoint. @returns how many */
  cut(): Promise<number> {
    return this.#alone(() => this.#cut());
  }

  async #verify(): Promise<Verdict> {
    const { database, secret } = this.#options;
    const checkpoint = readCheckpoint((await database.read(SELECT_CHECKPOINT))[0]);
    if (checkpoint !== undefined && !isSigned(secret, checkpoint)) {
      return verdict(0, 0, 0, checkpoint.hash, {
        id: checkpoint.rowId,
        reason: 'the checkpoint was not made by this server',
      });
    }
    const cutUpTo = checkpoint?.rowId ?? 0;
    let { id, hash }: Head = { id: cutUpTo, hash: checkpoint?.hash ?? ORIGIN };
    for (;;) {
      const page = await database.read(SELECT_PAGE, [id]);
      for (const row of page) {
        const reason = faultOf(row, id, hash);
        if (reason !== undefined) return verdict(id - cutUpTo, cutUpTo + 1, cutUpTo, hash, { id: id + 1, reason });
        id = row.id as number;
        hash = row.hash as Uint8Array;
      }
      if (page.length === PAGE) continue;
      const broken = this.#faultOfEnd(id, hash);
      return verdict(id - cutUpTo, id > cutUpTo ? cutUpTo + 1 : 0, cutUpTo, hash, broken);
    }
  }

  async #cut(): Promise<number> {
    const { database, clock, settings } = this.#options;
    if (settings.keepDays === 0) return 0;
    const [last] = await database.read(SELECT_NEWEST_OLD, [clock.now() - settings.keepDays * DAY_MS]);
    if (last === undefined) return 0;
    const upTo = last.id as number;
    const action = { caller: theServer, command: 'audit.cut', subject: `rows up to ${upTo}` };
    const begins = await this.begin(action);
    let cut = 0;
    for (;;) {
      const page = await database.read(SELECT_OLD, [upTo]);
      if (page.length === 0) break;
      await database.write(...this.#cutStatements(page.at(-1)!));
      cut += page.length;
    }
    await this.end(action, begins, 'done');
    return cut;
  }

  #cutStatements(last: Row): Statement[] {
    const { clock, secret } = this.#options;
    const checkpoint = { rowId: last.id as number, at: clock.now(), hash: last.hash as Uint8Array };
    const { rowId, at, hash } = checkpoint;
    return [
      { sql: DELETE_OLD, values: [rowId] },
      { sql: PUT_CHECKPOINT, values: [rowId, at, hash, signCheckpoint(secret, checkpoint)] },
    ];
  }

  /** What this server has written must be there still. */
  #faultOfEnd(id: number, hash: Uint8Array): Verdict['broken'] {
    const head = this.#head;
    if (head === undefined || id > head.id) return undefined;
    if (id < head.id) return { id: id + 1, reason: 'rows at the end are missing' };
    return isSame(hash, head.hash) ? undefined : { id, reason: 'it is not the row that this server wrote last' };
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#walk.then(work);
    this.#walk = done.catch(() => undefined);
    return done;
  }

  #add(action: Action, outcome: RowOutcome, detail: string, begins: number): Promise<number> {
    const added = this.#turn.then(() => this.#write(action, outcome, detail, begins));
    this.#turn = added.catch(() => undefined);
    return added;
  }

  async #write({ caller, command, subject }: Action, outcome: RowOutcome, detail: string, begins: number) {
    const { database, clock, log } = this.#options;
    const before = this.#head ?? (await this.#readHead());
    const row: AuditRow = {
      id: before.id + 1,
      at: clock.now(),
      begins,
      caller: storable(caller.name, MAX_SUBJECT),
      face: caller.face,
      command: storable(command, MAX_SUBJECT),
      subject: storable(subject, MAX_SUBJECT),
      outcome,
      detail: storable(detail, MAX_DETAIL),
    };
    const hash = hashRow(before.hash, row);
    try {
      await database.write({ sql: INSERT, values: [...valuesOf(row), hash] });
    } catch (error) {
      // Whether the row is there is not known: the store is asked before the next one.
      this.#head = undefined;
      if (error instanceof Failure && error.kind !== 'conflict') throw error;
      throw new Failure('store-failing', 'the audit log could not be written, so nothing was done; try again', {
        cause: error,
      });
    }
    this.#head = { id: row.id, hash };
    // Whoever keeps the log of the server elsewhere has a witness of the chain there.
    log.info({ audit: row.id, hash: hash.toString('hex'), command, by: row.caller, outcome }, 'a command was recorded');
    return row.id;
  }

  async #readHead(): Promise<Head> {
    const { database } = this.#options;
    const [[last], [cut]] = (await database.readAll([{ sql: SELECT_LAST }, { sql: SELECT_CHECKPOINT }])) as [
      Row[],
      Row[],
    ];
    if (last !== undefined) return { id: last.id as number, hash: last.hash as Uint8Array };
    const checkpoint = readCheckpoint(cut);
    return { id: checkpoint?.rowId ?? 0, hash: checkpoint?.hash ?? ORIGIN };
  }

  #isTooOften(caller: string): boolean {
    const now = this.#options.clock.now();
    let known = this.#refused.get(caller);
    if (known === undefined || known.since + MINUTE_MS <= now) {
      if (this.#refused.size >= MAX_REFUSED_CALLERS) this.#refused.clear();
      known = { since: now, count: 0 };
      this.#refused.set(caller, known);
    }
    known.count++;
    if (known.count === REFUSALS_PER_MINUTE + 1) {
      this.#options.log.warn({ caller }, 'refused so often that no more of it is recorded in this minute');
    }
    return known.count > REFUSALS_PER_MINUTE;
  }
}

/** What both stores keep as it is: no U+0000, no halves of characters, and of bounded length. */
function storable(text: string, maxLength: number): string {
  return text.slice(0, maxLength).toWellFormed().replaceAll('\0', '\ufffd');
}

function valuesOf({ id, at, begins, caller, face, command, subject, outcome, detail }: AuditRow) {
  return [id, at, begins, caller, face, command, subject, outcome, detail];
}

function faultOf(row: Row, beforeId: number, before: Uint8Array): string | undefined {
  if (row.id !== beforeId + 1) return `it is missing; the next one there is ${row.id}`;
  const { hash, ...rest } = row;
  return isSame(hashRow(before, rest as unknown as AuditRow), hash as Uint8Array)
    ? undefined
    : 'its hash is not that of its content and the row before: one of them was changed';
}

function verdict(
  rows: number,
  firstId: number,
  cutUpTo: number,
  hash: Uint8Array,
  broken?: Verdict['broken'],
): Verdict {
  const head = Buffer.from(hash).toString('hex');
  return { rows, firstId: rows === 0 ? 0 : firstId, cutUpTo, head, ...(broken && { broken }) };
}

function readCheckpoint(row: Row | undefined): Checkpoint | undefined {
  if (row === undefined) return undefined;
  return {
    rowId: row.row_id as number,
    at: row.at as number,
    hash: row.hash as Uint8Array,
    signature: row.signature as Uint8Array,
  };
}

function readEntry(row: Row): AuditEntry {
  const begun = row.outcome === 'begun';
  const ended = row.ended as AuditEntry['outcome'] | null;
  return {
    id: row.id as number,
    at: row.at as number,
    ...(row.ended_at !== null && { endedAt: row.ended_at as number }),
    caller: row.caller as string,
    face: row.face as string,
    command: row.command as string,
    subject: row.subject as string,
    outcome: begun ? (ended ?? 'unknown') : (row.outcome as AuditEntry['outcome']),
    detail: begun ? ((row.end_detail as string | null) ?? '') : (row.detail as string),
  };
}
