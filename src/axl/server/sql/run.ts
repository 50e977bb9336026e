/** Carries statements out. */
import { compareValues, compileAll, compileOperand, type Joined } from './condition.ts';
import { Join } from './join.ts';
import { Pace } from './pace.ts';
import { Scope } from './scope.ts';
import { noUpdate, syntaxError, unknownColumn, unknownTable } from './sql-error.ts';
import type { Item, Select, Update } from './statement.ts';
import type { Tables } from './table.ts';

export interface Selected {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/** @throws {SqlError} for names that are not there, and where it would hold too much */
export async function runSelect(statement: Select, tables: Tables): Promise<Selected> {
  const { skip, first, distinct, items, orderBy } = statement;
  const pace = new Pace();
  const scope = new Scope(statement.tables, tables);
  const outputs = items.flatMap((item) => outputsOf(item, scope));
  const order = orderBy.map(({ column, descending }) => {
    const value = compileOperand({ is: 'column', column: aliased(column, items), fold: undefined }, scope, new Set());
    return { value, sign: descending ? -1 : 1 };
  });
  const conditions = compileAll(statement.where, scope);
  const join = new Join(scope, statement.tables, conditions, pace);
  const columns = outputs.map(({ as }) => as);
  if (items.some(({ is }) => is === 'count')) {
    if (items.length > 1) throw syntaxError();
    return { columns, rows: [[String(await join.count())]] };
  }
  let joined = await join.rows();
  if (order.length > 0) joined = await pace.sort(joined, (a, b) => inOrder(order, a, b));
  const last = first === undefined ? Number.POSITIVE_INFINITY : skip + first;
  const rows: (string | null)[][] = [];
  const seen = new Set<string>();
  let place = 0;
  for (const one of joined) {
    if (place >= last) break;
    if (pace.isDue()) await pace.rest();
    const row = outputs.map(({ value }) => value(one));
    if (distinct) {
      const key = JSON.stringify(row);
      if (seen.has(key)) continue;
      seen.add(key);
    }
    if (place++ >= skip) rows.push(row);
  }
  return { columns, rows };
}

/**
 * Each row is changed by itself, as by an update of its object: where one is refused, those before it stay changed.
 * @returns how many rows
 */
export async function runUpdate({ table: name, alias, set, where }: Update, tables: Tables): Promise<number> {
  const table = tables.get(name);
  if (table === undefined) throw unknownTable(name);
  for (const column of set.keys()) {
    if (!table.columns.includes(column)) throw unknownColumn(column);
    if (!table.update?.columns.has(column)) throw noUpdate(`${name}.${column}`);
  }
  const names = [{ name, alias, outerOn: undefined }];
  const scope = new Scope(names, tables);
  const key = scope.place({ table: alias, name: 'pkid' });
  const rows = await new Join(scope, names, compileAll(where, scope), new Pace()).rows();
  for (const row of rows) await table.update!.run(row[0]![key.column]!, set);
  return rows.length;
}

interface Output {
  readonly as: string;
  readonly value: (joined: Joined) => string | null;
}

function outputsOf(item: Item, scope: Scope): Output[] {
  if (item.is === 'count') return [{ as: item.as, value: () => null }];
  if (item.is === 'operand') return [{ as: item.as, value: compileOperand(item.operand, scope, new Set()) }];
  const fitting = scope.tables.filter(({ alias }) => item.table === '' || alias === item.table);
  if (fitting.length === 0) throw unknownTable(item.table);
  return fitting.flatMap(({ table, alias }) =>
    table.columns.map((name) => ({
      as: name,
      value: compileOperand({ is: 'column', column: { table: alias, name }, fold: undefined }, scope, new Set()),
    })),
  );
}

/** ORDER BY may name what an item is called. */
function aliased(column: { table: string; name: string }, items: readonly Item[]): { table: string; name: string } {
  if (column.table !== '') return column;
  const item = items.find((one) => one.is === 'operand' && one.as === column.name);
  return item?.is === 'operand' && item.operand.is === 'column' ? item.operand.column : column;
}

function inOrder(
  order: readonly { readonly value: (joined: Joined) => string | null; readonly sign: number }[],
  a: Joined,
  b: Joined,
): number {
  for (const { value, sign } of order) {
    const compared = compareValues(value(a), value(b));
    if (compared !== 0) return compared * sign;
  }
  return 0;
}
