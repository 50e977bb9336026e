/**
 * Tables that hold rows by account, so that removing an account leaves nothing behind. Each area says which are its own,
 * once, at the top of the file that owns them:
 *
 *     accountTable('contacts', 'account');
 */
const tables: { readonly table: string; readonly column: string }[] = [];

/** @param column where the account's id stands */
export function accountTable(table: string, column: string): void {
  for (const name of [table, column]) if (!/^[a-z_]+$/.test(name)) throw new Error(`not a name in SQL: ${name}`);
  if (!tables.some((known) => known.table === table && known.column === column)) tables.push({ table, column });
}

/** Statements that delete all rows of an account, with the account's id as their only value. */
export function deleteStatements(): string[] {
  return tables.map(({ table, column }) => `delete from ${table} where ${column} = ?`);
}
