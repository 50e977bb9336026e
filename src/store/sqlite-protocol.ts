import type { Row, Value } from './database.ts';

/** What the thread is started with. */
export interface SqliteWorkerData {
  file: string;
  /** A second start after the thread died: a file that is gone is a fault then, not a new installation. */
  mustExist: boolean;
  /** How long a commit waits for another process (a backup, a curious administrator) to let go of the file. */
  busyTimeoutMs: number;
}

/** A statement's rows as they cross between threads: the names of the columns once, then only values. */
export interface SqliteRows {
  columns: string[];
  rows: Value[][];
  changes: number;
}

export type SqliteUnitOutcome = { results: SqliteRows[] } | SqliteError;

/**
 * - statement: this statement is at fault, not the store
 * - conflict: it violates a constraint
 * - store: nothing can be kept now
 */
export interface SqliteError {
  error: 'statement' | 'conflict' | 'store';
  message: string;
}

/** `texts` are those of statements named by a number for the first time, in the order of the numbers. */
export type SqliteRequest =
  | { do: 'commit'; texts: string[]; list: Value[] }
  /** A flat list as of a group, without units. */
  | { do: 'read'; texts: string[]; list: Value[] }
  | { do: 'probe' }
  | { do: 'close' };

export type SqliteAnswer =
  | { did: 'open' | 'probe'; error?: SqliteError }
  | { did: 'commit'; units: SqliteUnitOutcome[]; error?: SqliteError }
  | { did: 'read'; results: (SqliteRows | SqliteError)[] };

/** Makes a row's object of its values. */
export function toRows({ columns, rows }: SqliteRows): Row[] {
  return rows.map((values) => {
    const row: Row = {};
    for (let i = 0; i < columns.length; i++) row[columns[i]!] = values[i]!;
    return row;
  });
}
