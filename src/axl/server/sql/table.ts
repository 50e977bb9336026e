/** What statements are about: tables whose rows come in portions, and some of whose columns may be changed. */

/** The values of some columns, in the order in which they were asked for; booleans are 't' and 'f'. */
export type SqlRow = readonly (string | null)[];

export interface Table {
  readonly name: string;
  /** All columns, in the order of `*`. */
  readonly columns: readonly string[];
  /**
   * @param columns  those wanted
   * @param equal    what columns have to be equal to; a table may leave rows out by it, and need not
   */
  rows(columns: readonly string[], equal: ReadonlyMap<string, string>): AsyncIterable<readonly SqlRow[]>;
  /** Absent where nothing may be changed. */
  readonly update?: {
    readonly columns: ReadonlySet<string>;
    /** Changes the row with this pkid. */
    run(pkid: string, set: ReadonlyMap<string, string | null>): Promise<void>;
  };
}

export type Tables = ReadonlyMap<string, Table>;
