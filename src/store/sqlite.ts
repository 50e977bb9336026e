import { type Clock, systemClock } from '#base/clock.ts';
import { Failure } from '#base/failure.ts';
import type { Commit, Database, Health, Row, Statement, Value, WriteResult } from './database.ts';
import { type Group, type StatementCode, sizeOf, type UnitOutcome } from './group.ts';
import { GroupWriter } from './group-writer.ts';
import { type SqliteError, type SqliteRows, toRows } from './sqlite-protocol.ts';
import { SqliteThread } from './sqlite-thread.ts';

const PROBE_EVERY_MS = 1000;
/** Statements that are named by a number. More different texts than a program has are sent as they are, each time. */
const MAX_NUMBERED = 1000;
/** Reads that a commit may find before it in the thread. */
const MAX_READS_AT_ONCE = 32;

interface PendingRead {
  statements: readonly Statement[];
  resolve(rows: Row[][]): void;
  reject(error: Error): void;
}

export interface SqliteLimits {
  /** How long a commit waits for another process to let go of the file, before it fails. */
  busyTimeoutMs: number;
  /** What the rows of all reads under way may take. A read beyond it ends the thread, which starts again by itself. */
  maxHeapMb: number;
}

const LIMITS: SqliteLimits = { busyTimeoutMs: 5000, maxHeapMb: 512 };

/**
 * Opens (or makes) a SQLite file in a thread of its own, in WAL mode with `synchronous = full`.
 * @throws {Failure} 'store-failing' when it cannot be opened, or another server runs on it
 */
export async function openSqlite(
  file: string,
  clock: Clock = systemClock,
  limits: Partial<SqliteLimits> = {},
): Promise<Database> {
  const { busyTimeoutMs, maxHeapMb } = { ...LIMITS, ...limits };
  const start = (mustExist: boolean) => new SqliteThread({ file, mustExist, busyTimeoutMs }, maxHeapMb);
  const thread = start(false);
  await thread.opened;
  return new SqliteDatabase(thread, () => start(true), clock);
}

class SqliteDatabase implements Database {
  readonly kind = 'sqlite';
  #thread: SqliteThread;
  #startAgain: () => SqliteThread;
  #writer: GroupWriter;
  #codes = new Map<string, number>();
  /** Texts that have a number, which the thread does not know yet. */
  #newTexts: string[] = [];
  #reads: PendingRead[] = [];
  #reading = false;
  #closing: Promise<void> | undefined;

  constructor(thread: SqliteThread, startAgain: () => SqliteThread, clock: Clock) {
    this.#thread = thread;
    this.#startAgain = startAgain;
    this.#writer = new GroupWriter(
      {
        code: (sql) => this.#code(sql),
        carryOut: (group) => this.#carryOut(group),
        probe: () => this.#probe(),
        probeAfterMs: () => PROBE_EVERY_MS,
      },
      clock,
    );
    this.#watch();
  }

  async read(sql: string, values: readonly Value[] = []): Promise<Row[]> {
    return (await this.readAll([{ sql, values }]))[0]!;
  }

  async readAll(statements: readonly Statement[]): Promise<Row[][]> {
    for (const { sql, values } of statements) sizeOf(sql, values ?? []);
    if (this.#closing !== undefined) throw new Failure('store-failing', 'the store is closed');
    return new Promise((resolve, reject) => {
      this.#reads.push({ statements, resolve, reject });
      if (!this.#reading) this.#sendReads();
    });
  }

  write(...statements: Statement[]): Promise<WriteResult[]> {
    return this.#writer.write(statements);
  }

  append(sql: string, values: readonly Value[]): Commit {
    return this.#writer.append(sql, values);
  }

  health(): Health {
    return this.#writer.health();
  }

  onHealth(listener: (health: Health) => void): () => void {
    return this.#writer.onHealth(listener);
  }

  close(): Promise<void> {
    this.#closing ??= this.#writer.close().then(() => this.#thread.close());
    return this.#closing;
  }

  #code(sql: string): StatementCode {
    let code = this.#codes.get(sql);
    if (code === undefined) {
      code = this.#codes.size;
      if (code >= MAX_NUMBERED) return sql;
      this.#codes.set(sql, code);
      this.#newTexts.push(sql);
    }
    return code;
  }

  #takeNewTexts(): string[] {
    const texts = this.#newTexts;
    if (texts.length > 0) this.#newTexts = [];
    return texts;
  }

  async #carryOut(group: Group): Promise<UnitOutcome[]> {
    const answer = await this.#thread.ask({ do: 'commit', texts: this.#takeNewTexts(), list: group.list });
    if (answer.error) throw toError(answer.error);
    return answer.units.map((unit) =>
      'error' in unit
        ? { error: toError(unit) }
        : { results: unit.results.map((one) => ({ rows: toRows(one), changes: one.changes })) },
    );
  }

  async #sendReads(): Promise<void> {
    this.#reading = true;
    while (this.#reads.length > 0) {
      const batch: PendingRead[] = [];
      let count = 0;
      do {
        const next = this.#reads.shift()!;
        count += next.statements.length;
        batch.push(next);
      } while (this.#reads.length > 0 && count + this.#reads[0]!.statements.length <= MAX_READS_AT_ONCE);
      await this.#readBatch(batch);
    }
    this.#reading = false;
  }

  async #readBatch(batch: PendingRead[]): Promise<void> {
    const list: Value[] = [];
    for (const { statements } of batch) {
      for (const { sql, values = [] } of statements) list.push(this.#code(sql), values.length, ...values);
    }
    try {
      const { results } = await this.#thread.ask({ do: 'read', texts: this.#takeNewTexts(), list });
      let at = 0;
      for (const { statements, resolve, reject } of batch) {
        const own = results.slice(at, at + statements.length);
        at += statements.length;
        const fault = own.find((one) => 'error' in one);
        if (fault === undefined) resolve((own as SqliteRows[]).map(toRows));
        else reject(toError(fault));
      }
    } catch (error) {
      for (const { reject } of batch) reject(error as Error);
    }
  }

  async #probe(): Promise<void> {
    if (this.#thread.ended) {
      const thread = this.#startAgain();
      await thread.opened;
      this.#thread = thread;
      // The new thread knows no number. What waited with an old one has failed; codes of reads are given when sent.
      this.#codes.clear();
      this.#newTexts = [];
      this.#watch();
    }
    const { error } = await this.#thread.ask({ do: 'probe' });
    if (error) throw toError(error);
  }

  #watch(): void {
    this.#thread.onEnd((failure) => this.#writer.fail(failure));
  }
}

function toError({ error, message }: SqliteError): Error {
  if (error === 'statement') return new Error(message);
  return new Failure(error === 'store' ? 'store-failing' : 'conflict', message);
}
