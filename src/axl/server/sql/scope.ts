import { ambiguousColumn, unknownColumn, unknownTable } from './sql-error.ts';
import type { ColumnName, TableName } from './statement.ts';
import type { Table, Tables } from './table.ts';

/** Where a value stands in a joined row: the table's place in the statement, the column's among those wanted of it. */
export interface Place {
  readonly table: number;
  readonly column: number;
}

/** The names of one statement. It notes which columns are wanted, so that no others are read. */
export class Scope {
  readonly tables: readonly { readonly table: Table; readonly alias: string; readonly wanted: string[] }[];

  /** @throws {SqlError} -206 for a table that is not there */
  constructor(names: readonly Pick<TableName, 'name' | 'alias'>[], tables: Tables) {
    this.tables = names.map(({ name, alias }) => {
      const table = tables.get(name);
      if (table === undefined) throw unknownTable(name);
      return { table, alias, wanted: [] };
    });
  }

  /** @throws {SqlError} -217, -324 */
  place({ table, name }: ColumnName): Place {
    const fitting = this.tables.flatMap((one, index) =>
      (table === '' || one.alias === table) && one.table.columns.includes(name) ? [index] : [],
    );
    if (fitting.length > 1) throw ambiguousColumn(name);
    if (fitting.length === 0) throw unknownColumn(name);
    const { wanted } = this.tables[fitting[0]!]!;
    if (!wanted.includes(name)) wanted.push(name);
    return { table: fitting[0]!, column: wanted.indexOf(name) };
  }
}
