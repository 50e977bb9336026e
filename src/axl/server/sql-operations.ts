/** executeSQLQuery and executeSQLUpdate. */
import type { Directory } from '#directory/directory.ts';
import { writeText } from '../wire/write-element.ts';
import { inReturn, Rows, type Served } from './answer.ts';
import { Pace } from './sql/pace.ts';
import { parse } from './sql/parse.ts';
import { runSelect, runUpdate } from './sql/run.ts';
import { noUpdate } from './sql/sql-error.ts';
import { tablesOf } from './tables.ts';

export function sqlOperations(
  directory: Directory,
  limits: { readonly maxAnswerBytes: number },
): Record<string, Served> {
  const tables = tablesOf(directory);
  const about = { from: '8.5', until: '15.0', isLarge: true } as const;
  return {
    executeSQLQuery: {
      ...about,
      writes: false,
      async run(request) {
        const statement = parse(request.needed('sql'));
        if (statement.is !== 'select') throw noUpdate(`${statement.table} by a query`);
        const { columns, rows } = await runSelect(statement, tables);
        const written = new Rows(limits.maxAnswerBytes);
        const pace = new Pace();
        for (const row of rows) {
          if (pace.isDue()) await pace.rest();
          if (!written.add(rowText(columns, row))) throw written.tooLarge(rows.length);
        }
        return written.text();
      },
    },
    executeSQLUpdate: {
      ...about,
      writes: true,
      async run(request) {
        const statement = parse(request.needed('sql'));
        if (statement.is !== 'update') throw noUpdate('a query');
        return inReturn(`<rowsUpdated>${await runUpdate(statement, tables)}</rowsUpdated>`);
      },
    },
  };
}

function rowText(columns: readonly string[], row: readonly (string | null)[]): string {
  let out = '<row>';
  for (let i = 0; i < columns.length; i++) {
    const value = row[i];
    out +=
      value === null || value === undefined ? `<${columns[i]}/>` : `<${columns[i]}>${writeText(value)}</${columns[i]}>`;
  }
  return `${out}</row>`;
}
