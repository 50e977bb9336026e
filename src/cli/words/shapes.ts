/** What several verbs print alike. */
import { table } from '../cli.ts';

export function bytes(count: number): string {
  if (count < 10_240) return `${count} B`;
  return count < 10_485_760 ? `${Math.round(count / 1024)} KB` : `${Math.round(count / 1_048_576)} MB`;
}

/** A table with a head, and a line under it as wide as each column. */
export function ruledTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
  return table([head, widths.map((width) => '='.repeat(width)), ...rows]);
}

/** What came from elsewhere may hold what moves the cursor. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ');
}
