/**
 * The contract between what is kept and where. SQL is what SQLite and PostgreSQL share (`on conflict`, `returning`),
 * with `?` for values; a driver knows how to run a statement and nothing about contact lists.
 *
 * Column types are `integer` (64 bit; JavaScript safe integers only), `text` (without U+0000, compared byte by byte) and
 * `blob` (`Uint8Array`); nothing else. What to mind, so that both databases mean the same:
 * - names are lower case (PostgreSQL folds them), and a column is not named `text`, `blob` or `integer`;
 * - `id integer primary key` numbers rows by itself when `id` is left out: leave it out always or never;
 * - a `?` takes its type from the column beside it. Where there is none, say it: `cast(? as integer)`;
 * - SQL texts are constants: values travel as `?`, so that each text is prepared once.
 */
export type Value = string | number | null | Uint8Array;
export type Row = Record<string, Value>;

export interface Statement {
  sql: string;
  values?: readonly Value[];
}

export interface WriteResult {
  /** Rows of a `returning` clause, else empty. */
  rows: Row[];
  /** Rows inserted, updated or deleted. */
  changes: number;
}

/**
 * A group of writes that reaches the disk together. Many writers share one, so it costs no promise for each of them.
 */
export class Commit {
  state: 'pending' | 'done' | 'failed' = 'pending';
  /** Why it failed. */
  error: Error | undefined;
  #listeners: (() => void)[] = [];
  /** Of one made by `both`: what it ends with. */
  #last: Commit | undefined;

  /** Calls `run` once the group is on disk or has failed; at once where that is known already. */
  onSettled(run: () => void): void {
    if (this.state === 'pending') this.#listeners.push(run);
    else run();
  }

  /** For drivers: all that waited is called, in order. */
  settle(error?: Error): void {
    this.state = error === undefined ? 'done' : 'failed';
    this.error = error;
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) {
      try {
        listener();
      } catch (error) {
        // The others are told all the same; the process hears of it as of any uncaught error.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  /** For code off the hot path. */
  settled(): Promise<void> {
    return new Promise((resolve, reject) => this.onSettled(() => (this.error ? reject(this.error) : resolve())));
  }

  /** What is settled once both are; failed when one of them is. */
  static both(a: Commit | undefined, b: Commit | undefined): Commit | undefined {
    if (b === undefined || a === b) return a;
    if (a === undefined || a.state === 'done') return b;
    if (b.state === 'done') return a;
    // Who adds the same group again and again has one that waits for it, not a chain as long as the group is full.
    if (a.state === 'pending' && a.#last === b) return a;
    const joined = new Commit();
    joined.#last = b;
    a.onSettled(() => b.onSettled(() => joined.settle(a.error ?? b.error)));
    return joined;
  }
}

export interface Health {
  state: 'ok' | 'failing';
  /** Since when, epoch milliseconds, and why; absent when all is well. */
  sinceAt?: number;
  reason?: string;
}

export interface Database {
  readonly kind: 'sqlite' | 'postgres';

  /**
   * Reads one statement's rows. Sees every write that was settled before the call.
   * @throws {Failure} 'store-failing' when the store cannot be reached
   */
  read(sql: string, values?: readonly Value[]): Promise<Row[]>;

  /** Reads several statements in one round trip. */
  readAll(statements: readonly Statement[]): Promise<Row[][]>;

  /**
   * Writes several statements as one: all or nothing. Resolves when they are on disk.
   * Units are carried out in the order of the calls, also relative to `append`.
   * @throws {Failure} 'conflict' when a constraint is violated (other units of the group are not touched);
   *   'store-failing' when the store cannot keep anything now; 'over-limit' when too much waits for the disk already;
   *   'malformed' for a text with U+0000
   */
  write(...statements: Statement[]): Promise<WriteResult[]>;

  /**
   * The hot path: one insert (or update) whose result nobody needs. The same SQL text should be the same string, for
   * statements are prepared once and rows of one statement may be sent together. When it fails, its whole group fails.
   * @returns the group it travels with; one that has failed already when the store takes nothing now
   * @throws {Failure} 'malformed' for a text with U+0000
   */
  append(sql: string, values: readonly Value[]): Commit;

  /** Whether the store can keep things now. A failing store tries again by itself. */
  health(): Health;

  /** Told each time `health().state` changes. Returns how to stop listening. */
  onHealth(listener: (health: Health) => void): () => void;

  /** Waits for what is under way, then lets go of everything. */
  close(): Promise<void>;
}

export interface Migration {
  /** 1, 2, 3, ... without gaps. Once released, a migration is never changed. */
  version: number;
  /** What it brings, in a few words. */
  name: string;
  statements: readonly string[];
}
