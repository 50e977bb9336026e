import type { Value } from './database.ts';
import { readGroup } from './group.ts';
import { insertOf, type MergeableInsert, mergeableInsert, toPostgres } from './postgres-dialect.ts';

/** Rows of one insert: a power of two, so that few different texts are prepared. */
const MAX_MERGED_ROWS = 256;
/** The protocol counts parameters in 16 bits. */
const MAX_PARAMETERS = 60_000;
/** Texts that are prepared on a connection, and kept here; more than a program has. Others are parsed each time. */
const MAX_KNOWN = 2000;

/** One query of a group as it goes to the server. */
export interface PlannedQuery {
  /** Set for a statement that is prepared under this name. */
  name?: string;
  text: string;
  values: Value[];
}

export interface Plan {
  /** In order; `unit` is undefined for rows of `append`. */
  steps: { queries: PlannedQuery[]; unit: number | undefined }[];
  units: number;
  /** Whether the schema is changed, which may take its time. */
  definesSchema: boolean;
}

/** What is known of the statements of a program, worked out once for each. */
export class Statements {
  #texts = new Map<string, { text: string; name?: string }>();
  #inserts = new Map<string, MergeableInsert | undefined>();

  /** The query for a statement of the shared SQL; rows above 1 for a mergeable insert of that many. */
  query(sql: string, values: Value[], rows = 1): PlannedQuery {
    const key = rows === 1 ? sql : `${rows} ${sql}`;
    let known = this.#texts.get(key);
    if (known === undefined) {
      known = { text: rows === 1 ? toPostgres(sql) : insertOf(this.insert(sql)!, rows) };
      if (this.#texts.size < MAX_KNOWN) {
        known.name = `s${this.#texts.size}`;
        this.#texts.set(key, known);
      }
    }
    return { ...known, values };
  }

  insert(sql: string): MergeableInsert | undefined {
    if (this.#inserts.has(sql)) return this.#inserts.get(sql);
    const insert = mergeableInsert(sql);
    if (this.#inserts.size < MAX_KNOWN) this.#inserts.set(sql, insert);
    return insert;
  }
}

/** Turns a group into queries; neighbours of `append` with the same insert become one. */
export function planGroup(list: readonly Value[], statements: Statements): Plan {
  const plan: Plan = { steps: [], units: 0, definesSchema: false };
  let sql = '';
  let rows: Value[][] = [];
  const flush = () => {
    const width = statements.insert(sql)?.width ?? MAX_PARAMETERS;
    const queries: PlannedQuery[] = [];
    for (let at = 0; at < rows.length; ) {
      let count = 1;
      const limit = Math.min(rows.length - at, MAX_MERGED_ROWS, Math.floor(MAX_PARAMETERS / width));
      while (count * 2 <= limit) count *= 2;
      queries.push(statements.query(sql, rows.slice(at, at + count).flat(), count));
      at += count;
    }
    if (queries.length > 0) plan.steps.push({ queries, unit: undefined });
    rows = [];
  };
  readGroup(
    list,
    (code, values) => {
      if (code !== sql) flush();
      sql = code as string;
      rows.push(values);
    },
    (unit) => {
      flush();
      const queries = unit.map(({ code, values }) => statements.query(code as string, values));
      plan.definesSchema ||= unit.some(({ code }) => /^\s*(create|alter|drop)\b/i.test(code as string));
      plan.steps.push({ queries, unit: plan.units++ });
    },
  );
  flush();
  return plan;
}
