import pg from 'pg';
import { type Clock, systemClock } from '#base/clock.ts';
import { Failure } from '#base/failure.ts';
import type { Commit, Database, Health, Row, Statement, Value, WriteResult } from './database.ts';
import { type Group, sizeOf, type UnitOutcome } from './group.ts';
import { GroupWriter } from './group-writer.ts';
import { explain, isDatabaseError, toFailure } from './postgres-errors.ts';
import { type Plan, type PlannedQuery, planGroup, Statements } from './postgres-plan.ts';
import { postgresTypes } from './postgres-types.ts';

const READERS = 4;
const CONNECT_TIMEOUT_MS = 5000;
/** A server that does not answer for so long is taken for lost; its commits are reported failed. */
const QUERY_TIMEOUT_MS = 60_000;
const FIRST_PROBE_AFTER_MS = 250;
const LAST_PROBE_AFTER_MS = 5000;
const PROBE_BYTES = 64 << 10;
/** How often a group is tried that the server gave up for another node's sake (serialization, deadlock). */
const MAX_ATTEMPTS = 4;

/** `pipeline` sends queries without waiting for the answers to those before; the type definitions do not know it. */
type Config = pg.PoolConfig & { pipeline: boolean };

/**
 * Connects to PostgreSQL.
 * @param url  postgres://user:password@host:port/database
 * @throws {Failure} 'store-failing' when that fails
 */
export async function openPostgres(url: string, clock: Clock = systemClock): Promise<Database> {
  const database = new PostgresDatabase(url, clock);
  await database.open();
  return database;
}

class PostgresDatabase implements Database {
  readonly kind = 'postgres';
  #config: Config;
  #client: pg.Client | undefined;
  #readers: pg.Pool;
  #writer: GroupWriter;
  #statements = new Statements();
  #closing: Promise<void> | undefined;

  constructor(url: string, clock: Clock) {
    this.#config = {
      connectionString: url,
      types: postgresTypes,
      pipeline: true,
      keepAlive: true,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      application_name: 'rollcall',
    };
    this.#readers = new pg.Pool({
      ...this.#config,
      max: READERS,
      query_timeout: QUERY_TIMEOUT_MS,
      options: '-c default_transaction_read_only=on',
    });
    // A reader that is lost while idle is replaced by the next read; the writer tells of the store's health.
    this.#readers.on('error', () => {});
    this.#writer = new GroupWriter(
      {
        code: (sql) => sql,
        carryOut: (group) => this.#carryOut(group),
        probe: () => this.#probe(),
        probeAfterMs: (attempt) => Math.min(FIRST_PROBE_AFTER_MS * 2 ** Math.min(attempt, 10), LAST_PROBE_AFTER_MS),
      },
      clock,
    );
  }

  async open(): Promise<void> {
    try {
      const client = await this.#connect();
      const create = 'create table if not exists store_probe (filler bytea not null)';
      // Two that start at once may both find that it is not there.
      await client.query(create).catch(() => client.query(create));
    } catch (error) {
      await this.#readers.end();
      await this.#client?.end().catch(() => {});
      throw toFailure(error);
    }
  }

  async read(sql: string, values: readonly Value[] = []): Promise<Row[]> {
    return (await this.readAll([{ sql, values }]))[0]!;
  }

  async readAll(statements: readonly Statement[]): Promise<Row[][]> {
    const queries = statements.map(({ sql, values = [] }) => {
      sizeOf(sql, values);
      return this.#statements.query(sql, [...values]);
    });
    if (this.#closing !== undefined) throw new Failure('store-failing', 'the store is closed');
    const reader = await this.#readers.connect().catch((error: unknown) => {
      throw toFailure(error);
    });
    const results = await settleAll(queries.map((query) => reader.query<Row>(query)));
    const error = results.find((result) => result instanceof Error);
    // A connection with a fault of its own is not given back to the pool.
    reader.release(error !== undefined && !isDatabaseError(error) ? error : undefined);
    if (error !== undefined) throw explain(error);
    return (results as pg.QueryResult<Row>[]).map(({ rows }) => rows);
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
    this.#closing ??= this.#writer.close().then(async () => {
      const client = this.#client;
      this.#client = undefined;
      await Promise.all([client?.end(), this.#readers.end()]);
    });
    return this.#closing;
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client(this.#config);
    client.on('error', (error) => this.#lost(client, error));
    await client.connect();
    try {
      // What was settled must be on disk. A server that promises more (`remote_apply`) may do so.
      const { rows } = await client.query<{ synchronous_commit: string }>('show synchronous_commit');
      if (rows[0]?.synchronous_commit === 'off') await client.query('set synchronous_commit = on');
    } catch (error) {
      await client.end().catch(() => {});
      throw error;
    }
    this.#client = client;
    return client;
  }

  /** The writing connection broke, or is given up after an error that leaves its state in doubt. */
  #lost(client: pg.Client, error: Error): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    client.end().catch(() => {});
    this.#writer.fail(toFailure(error));
  }

  async #carryOut(group: Group): Promise<UnitOutcome[]> {
    const plan = planGroup(group.list, this.#statements);
    for (let attempt = 1; ; attempt++) {
      const client = this.#client;
      if (client === undefined) throw new Failure('store-failing', 'no connection to PostgreSQL');
      try {
        return await carryOut(client, plan);
      } catch (error) {
        const again = isDatabaseError(error) && (error.code === '40001' || error.code === '40P01');
        if (again && attempt < MAX_ATTEMPTS) continue;
        const explained = explain(error);
        if (explained instanceof Failure && explained.kind === 'store-failing') this.#lost(client, explained);
        throw explained;
      }
    }
  }

  async #probe(): Promise<void> {
    try {
      const client = this.#client ?? (await this.#connect());
      await client.query({
        text: 'insert into store_probe (filler) values ($1)',
        values: [new Uint8Array(PROBE_BYTES)],
        query_timeout: QUERY_TIMEOUT_MS,
      } as pg.QueryConfig);
      await client.query('delete from store_probe');
    } catch (error) {
      throw toFailure(error);
    }
  }
}

/**
 * Sends all of a group at once, in one transaction. A savepoint for each unit would cost two more statements a unit, so
 * they are used only once it is known that one fails: the transaction was undone then, and is made again.
 */
async function carryOut(client: pg.Client, plan: Plan): Promise<UnitOutcome[]> {
  const queryTimeout = plan.definesSchema ? undefined : QUERY_TIMEOUT_MS;
  const send = (query: PlannedQuery | string): Promise<pg.QueryResult<Row>> =>
    client.query({ ...(typeof query === 'string' ? { text: query } : query), query_timeout: queryTimeout } as never);

  const queries = plan.steps.flatMap((step) => step.queries);
  // One statement is a transaction by itself.
  const alone = queries.length === 1;
  const results = await settleAll([
    ...(alone ? [] : [send('begin')]),
    ...queries.map(send),
    ...(alone ? [] : [send('commit')]),
  ]);
  // After the first error the others only say that the transaction is aborted.
  const error = results.find((result) => result instanceof Error);
  if (error === undefined) return toOutcomes(plan, (alone ? results : results.slice(1)) as pg.QueryResult<Row>[]);
  if (!isDatabaseError(error) || plan.units === 0) throw error;
  const explained = explain(error);
  if (alone && !(explained instanceof Failure && explained.kind === 'store-failing')) return [{ error: explained }];
  return carryOutWithSavepoints(plan, send);
}

async function carryOutWithSavepoints(
  plan: Plan,
  send: (query: PlannedQuery | string) => Promise<pg.QueryResult<Row>>,
): Promise<UnitOutcome[]> {
  const outcomes: UnitOutcome[] = [];
  await send('begin');
  try {
    for (const { queries, unit } of plan.steps) {
      if (unit !== undefined) await send('savepoint unit');
      const results = await settleAll(queries.map(send));
      const error = results.find((result) => result instanceof Error);
      if (unit === undefined) {
        if (error !== undefined) throw error;
        continue;
      }
      if (error !== undefined) {
        const explained = explain(error);
        if (explained instanceof Failure && explained.kind === 'store-failing') throw error;
        await send('rollback to savepoint unit');
        outcomes.push({ error: explained });
      } else outcomes.push({ results: (results as pg.QueryResult<Row>[]).map(toWriteResult) });
      await send('release savepoint unit');
    }
    await send('commit');
    return outcomes;
  } catch (error) {
    if (isDatabaseError(error)) await send('rollback');
    throw error;
  }
}

function toOutcomes(plan: Plan, results: pg.QueryResult<Row>[]): UnitOutcome[] {
  const outcomes: UnitOutcome[] = [];
  let at = 0;
  for (const { queries, unit } of plan.steps) {
    const own = results.slice(at, at + queries.length);
    at += queries.length;
    if (unit !== undefined) outcomes.push({ results: own.map(toWriteResult) });
  }
  return outcomes;
}

function toWriteResult({ command, rows, rowCount }: pg.QueryResult<Row>): WriteResult {
  return { rows, changes: command === 'SELECT' ? 0 : (rowCount ?? 0) };
}

function settleAll<T>(promises: Promise<T>[]): Promise<(T | Error)[]> {
  return Promise.all(promises.map((promise) => promise.catch((error: Error) => error)));
}
