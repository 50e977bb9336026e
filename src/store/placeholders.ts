/**
 * Finds the `?` of a statement: those that stand for a value, not those inside a string, a quoted name or a comment.
 * @returns the pieces of the text between them; one more than there are values
 */
export function splitAtPlaceholders(sql: string): string[] {
  const pieces: string[] = [];
  let from = 0;
  for (const { 0: token, index } of sql.matchAll(/'[^']*'|"[^"]*"|--[^\n]*|\/\*.*?\*\/|\?/gs)) {
    if (token !== '?') continue;
    pieces.push(sql.slice(from, index));
    from = index + 1;
  }
  pieces.push(sql.slice(from));
  return pieces;
}

const counts = new Map<string, number>();

/** How many values a statement takes. Remembered for each of the texts, as there are only so many of them. */
export function countPlaceholders(sql: string): number {
  let count = counts.get(sql);
  if (count === undefined) {
    count = splitAtPlaceholders(sql).length - 1;
    if (counts.size < 2000) counts.set(sql, count);
  }
  return count;
}
