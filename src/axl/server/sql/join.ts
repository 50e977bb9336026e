/** Joins the tables of a statement, one after the other, each condition as early as its tables are there. */
import { type Compiled, compileAll, type Joined } from './condition.ts';
import type { Pace } from './pace.ts';
import type { Place, Scope } from './scope.ts';
import { tooMuch } from './sql-error.ts';
import type { TableName } from './statement.ts';
import type { SqlRow } from './table.ts';

/** Rows that a statement may hold in memory. */
const MAX_ROWS = 500_000;

export class Join {
  readonly #scope: Scope;
  readonly #outer: readonly (readonly Compiled[] | undefined)[];
  readonly #conditions: readonly Compiled[];
  readonly #pace: Pace;

  /** @throws {SqlError} for names that are not there */
  constructor(scope: Scope, names: readonly TableName[], conditions: readonly Compiled[], pace: Pace) {
    this.#scope = scope;
    this.#outer = names.map(({ outerOn }) => (outerOn === undefined ? undefined : compileAll(outerOn, scope)));
    this.#conditions = conditions;
    this.#pace = pace;
  }

  /** @throws {SqlError} where the statement would hold too much */
  async rows(): Promise<Joined[]> {
    let joined: Joined[] = (await this.#load(0, this.#ownOf(0, this.#conditions))).map((row) => [row]);
    for (let at = 1; at < this.#scope.tables.length; at++) joined = await this.#add(joined, at);
    return joined;
  }

  /** Counts without holding anything, where there is one table. */
  async count(): Promise<number> {
    if (this.#scope.tables.length > 1) return (await this.rows()).length;
    let count = 0;
    for await (const _ of this.#matching(0, this.#conditions)) count++;
    return count;
  }

  async #add(before: readonly Joined[], at: number): Promise<Joined[]> {
    const outer = this.#outer[at];
    const conditions = outer ?? this.#conditions;
    const rows = await this.#load(at, this.#ownOf(at, conditions));
    const tests = outer === undefined ? this.#readyAt(at) : outer.filter(({ tables }) => !isOwn(tables, at));
    const candidates = candidatesFor(rows, at, this.#scope, tests);
    // What WHERE says of a table of an outer join is asked when its rows are there, or their absence.
    const after = outer === undefined ? [] : this.#conditions.filter(({ tables }) => Math.max(...tables) === at);
    const joined: Joined[] = [];
    const take = (one: Joined) => {
      if (!after.every(({ test }) => test(one) === true)) return;
      if (joined.length >= MAX_ROWS) throw tooMuch();
      joined.push(one);
    };
    for (const one of before) {
      let found = false;
      for (const row of candidates(one)) {
        if (this.#pace.isDue()) await this.#pace.rest();
        const next = [...one, row];
        if (!tests.every(({ test }) => test(next) === true)) continue;
        found = true;
        take(next);
      }
      if (!found && outer !== undefined) take([...one, undefined]);
      if (this.#pace.isDue()) await this.#pace.rest();
    }
    return joined;
  }

  async #load(at: number, conditions: readonly Compiled[]): Promise<SqlRow[]> {
    const rows: SqlRow[] = [];
    for await (const row of this.#matching(at, conditions)) {
      if (rows.length >= MAX_ROWS) throw tooMuch();
      rows.push(row);
    }
    return rows;
  }

  async *#matching(at: number, conditions: readonly Compiled[]): AsyncIterable<SqlRow> {
    const { table, wanted } = this.#scope.tables[at]!;
    const joined: (SqlRow | undefined)[] = [];
    for await (const portion of table.rows(wanted, equalities(conditions))) {
      for (const row of portion) {
        joined[at] = row;
        if (conditions.every(({ test }) => test(joined) === true)) yield row;
      }
    }
  }

  /** The conditions that are about no other table. */
  #ownOf(at: number, conditions: readonly Compiled[]): Compiled[] {
    return conditions.filter(({ tables }) => isOwn(tables, at));
  }

  /** The conditions that can be asked once this table is there, and not before. */
  #readyAt(at: number): Compiled[] {
    return this.#conditions.filter(({ tables }) => tables.size > 1 && tables.has(at) && Math.max(...tables) === at);
  }
}

function isOwn(tables: ReadonlySet<number>, at: number): boolean {
  return tables.size === 0 || (tables.size === 1 && tables.has(at));
}

/** What single columns have to be equal to. */
function equalities(conditions: readonly Compiled[]): Map<string, string> {
  const equal = new Map<string, string>();
  for (const { condition } of conditions) {
    if (condition.is !== 'compare' || condition.how !== '=') continue;
    const { left, right } = condition;
    const [column, value] = left.is === 'column' ? [left, right] : [right, left];
    if (column.is !== 'column' || value.is !== 'value' || column.fold !== undefined || value.value === null) continue;
    equal.set(column.column.name, value.value);
  }
  return equal;
}

/** The rows that can fit what is there so far: found by an equality with it where the statement has one. */
function candidatesFor(
  rows: readonly SqlRow[],
  at: number,
  scope: Scope,
  tests: readonly Compiled[],
): (joined: Joined) => readonly SqlRow[] {
  const link = tests.map((test) => linkOf(test, at, scope)).find((one) => one !== undefined);
  if (link === undefined) return () => rows;
  const byValue = new Map<string, SqlRow[]>();
  for (const row of rows) {
    const value = row[link.own.column] ?? null;
    if (value === null) continue;
    const there = byValue.get(value);
    if (there === undefined) byValue.set(value, [row]);
    else there.push(row);
  }
  return (joined) => byValue.get(joined[link.other.table]?.[link.other.column] ?? '') ?? [];
}

function linkOf({ condition }: Compiled, at: number, scope: Scope): { own: Place; other: Place } | undefined {
  if (condition.is !== 'compare' || condition.how !== '=') return undefined;
  const { left, right } = condition;
  if (left.is !== 'column' || right.is !== 'column') return undefined;
  if (left.fold !== undefined || right.fold !== undefined) return undefined;
  const [a, b] = [scope.place(left.column), scope.place(right.column)];
  if (a.table === b.table) return undefined;
  if (a.table === at) return { own: a, other: b };
  return b.table === at ? { own: b, other: a } : undefined;
}
