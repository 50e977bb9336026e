import type { Database, Row, Statement, Value } from '#store/database.ts';
import type { Frequency, Job, JobState } from './job.ts';

/** What is said of a line that was not taken. */
export interface LineNote {
  /** Number of the line among those of data, from 1. */
  readonly row: number;
  /** Line of the file. */
  readonly line: number;
  readonly kind: 'ignored' | 'error';
  readonly subject: string;
  readonly other: string;
  readonly reason: string;
}

export type NewJob = Pick<
  Job,
  | 'transaction'
  | 'description'
  | 'file'
  | 'options'
  | 'dryRun'
  | 'state'
  | 'submittedBy'
  | 'submittedAt'
  | 'dueAt'
  | 'sequence'
  | 'frequency'
  | 'sha256'
  | 'output'
>;

const COLUMNS = `transaction_name, description, file, options, dry_run, state, result, reason, submitted_by, submitted_at,
  due_at, sequence, frequency, started_at, ended_at, total, done, failed, ignored, clean, sha256, log, output`;
const INSERT = `insert into bulk_jobs (${COLUMNS})
  values (?, ?, ?, ?, ?, ?, '', '', ?, ?, ?, ?, ?, 0, 0, 0, 0, 0, 0, 1, ?, '', ?) returning id`;
const SELECT = `select id, ${COLUMNS} from bulk_jobs`;
const NEXT = `${SELECT} where state = 'Pending' and due_at <= ? order by due_at, sequence, id limit 1`;
const PUT_LINE = `insert into bulk_lines (job, row_number, line, kind, subject, other, reason) values (?, ?, ?, ?, ?, ?, ?)
  on conflict (job, row_number) do update set line = excluded.line, kind = excluded.kind, subject = excluded.subject,
    other = excluded.other, reason = excluded.reason`;
const LINES_PAGE = 500;

/** The jobs, as they are kept. */
export class JobStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async add(job: NewJob): Promise<number> {
    const { transaction, description, file, options, dryRun, state, submittedBy, submittedAt, dueAt, sequence } = job;
    const about = [transaction, description, file, JSON.stringify(options), Number(dryRun), state];
    const values = [...about, submittedBy, submittedAt, dueAt, sequence, job.frequency, job.sha256, job.output];
    const [result] = await this.#database.write({ sql: INSERT, values });
    return result!.rows[0]!.id as number;
  }

  async get(id: number): Promise<Job | undefined> {
    const [row] = await this.#database.read(`${SELECT} where id = ?`, [id]);
    return row && readJob(row);
  }

  /** The newest first. @param before an id; 0: from the newest on */
  async list(before: number, first: number): Promise<Job[]> {
    const last = before === 0 ? Number.MAX_SAFE_INTEGER : before;
    const rows = await this.#database.read(`${SELECT} where id < ? order by id desc limit cast(? as integer)`, [
      last,
      first,
    ]);
    return rows.map(readJob);
  }

  async inStates(...states: JobState[]): Promise<Job[]> {
    const found: Job[] = [];
    for (const state of states) {
      const rows = await this.#database.read(`${SELECT} where state = ? order by id`, [state]);
      found.push(...rows.map(readJob));
    }
    return found;
  }

  /** What is to run now. */
  async next(now: number): Promise<Job | undefined> {
    const [row] = await this.#database.read(NEXT, [now]);
    return row && readJob(row);
  }

  /** When the next one is due; undefined where none is. */
  async nextDueAt(): Promise<number | undefined> {
    const [row] = await this.#database.read(`select min(due_at) as due from bulk_jobs where state = 'Pending'`);
    return (row?.due as number | null) ?? undefined;
  }

  /** @returns false when it was not in that state any more, and nothing has changed */
  async move(job: Job, state: JobState, dueAt = job.dueAt): Promise<boolean> {
    const sql = 'update bulk_jobs set state = ?, due_at = ? where id = ? and state = ?';
    const [result] = await this.#database.write({ sql, values: [state, dueAt, job.id, job.state] });
    return result!.changes > 0;
  }

  /** A run begins. */
  async begin(job: Job, startedAt: number): Promise<boolean> {
    const sql = `update bulk_jobs set state = 'Processing', result = '', reason = '', started_at = ?, ended_at = 0
      where id = ? and state = 'Pending'`;
    const [result] = await this.#database.write({ sql, values: [startedAt, job.id] });
    return result!.changes > 0;
  }

  /** How many lines there are; what is carried out from now on may be more than is written down. */
  async counted(id: number, total: number): Promise<void> {
    await this.#database.write({
      sql: 'update bulk_jobs set total = ?, clean = 0 where id = ?',
      values: [total, id],
    });
  }

  /** How far a run has come, with the lines that it did not take since the last time. */
  async checkpoint(job: Pick<Job, 'id' | 'done' | 'failed' | 'ignored'>, lines: readonly LineNote[]): Promise<void> {
    const statements: Statement[] = lines.map(({ row, line, kind, subject, other, reason }) => ({
      sql: PUT_LINE,
      values: [job.id, row, line, kind, subject, other, reason].map(storable),
    }));
    const sql = 'update bulk_jobs set done = ?, failed = ?, ignored = ? where id = ?';
    await this.#database.write(...statements, { sql, values: [job.done, job.failed, job.ignored, job.id] });
  }

  /** A run has ended. */
  async end(
    job: Pick<Job, 'id' | 'total' | 'state' | 'result' | 'reason' | 'endedAt' | 'clean' | 'output'>,
  ): Promise<void> {
    const sql = `update bulk_jobs set state = ?, result = ?, reason = ?, ended_at = ?, clean = ?, total = ?, output = ?
      where id = ?`;
    const { state, result, reason, endedAt, clean, total, output, id } = job;
    await this.#database.write({ sql, values: [state, result, reason, endedAt, Number(clean), total, output, id] });
  }

  async setLog(id: number, log: string): Promise<void> {
    await this.#database.write({ sql: 'update bulk_jobs set log = ? where id = ?', values: [log, id] });
  }

  async remove(id: number): Promise<void> {
    await this.#database.write(
      { sql: 'delete from bulk_lines where job = ?', values: [id] },
      { sql: 'delete from bulk_jobs where id = ?', values: [id] },
    );
  }

  /** The lines that were not taken, in their order. */
  async *lines(job: number): AsyncGenerator<LineNote> {
    const sql = `select row_number, line, kind, subject, other, reason from bulk_lines
      where job = ? and row_number > ? order by row_number limit ${LINES_PAGE}`;
    for (let last = 0; ; ) {
      const page = await this.#database.read(sql, [job, last]);
      for (const row of page) yield readLine(row);
      if (page.length < LINES_PAGE) return;
      last = page.at(-1)!.row_number as number;
    }
  }

  /** Jobs that ended before an instant. */
  async endedBefore(at: number): Promise<Job[]> {
    const sql = `${SELECT} where state in ('Completed', 'InComplete') and ended_at < ? order by id limit 1000`;
    return (await this.#database.read(sql, [at])).map(readJob);
  }

  /** Whether a job that is not over needs a file. */
  async isUsed(file: string): Promise<boolean> {
    const sql = `select id from bulk_jobs where file = ? and state <> 'Completed' limit 1`;
    return (await this.#database.read(sql, [file])).length > 0;
  }
}

/** The store takes no U+0000, and a log no text without end. */
function storable(value: Value): Value {
  return typeof value === 'string' ? value.replaceAll('\0', '?').slice(0, 1000) : value;
}

function readLine(row: Row): LineNote {
  return {
    row: row.row_number as number,
    line: row.line as number,
    kind: row.kind as LineNote['kind'],
    subject: row.subject as string,
    other: row.other as string,
    reason: row.reason as string,
  };
}

function readJob(row: Row): Job {
  return {
    id: row.id as number,
    transaction: row.transaction_name as string,
    description: row.description as string,
    file: row.file as string,
    options: JSON.parse(row.options as string),
    dryRun: row.dry_run === 1,
    state: row.state as JobState,
    result: row.result as Job['result'],
    reason: row.reason as string,
    submittedBy: row.submitted_by as string,
    submittedAt: row.submitted_at as number,
    dueAt: row.due_at as number,
    sequence: row.sequence as number,
    frequency: row.frequency as Frequency,
    startedAt: row.started_at as number,
    endedAt: row.ended_at as number,
    total: row.total as number,
    done: row.done as number,
    failed: row.failed as number,
    ignored: row.ignored as number,
    clean: row.clean === 1,
    sha256: row.sha256 as string,
    log: row.log as string,
    output: row.output as string,
  };
}
