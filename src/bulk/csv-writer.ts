/** One row of comma-separated values with its line end (RFC 4180). What was written is read back the same. */
export function csvRow(cells: readonly string[]): string {
  // A row of one empty cell would be a blank line.
  if (cells.length === 1 && cells[0] === '') return '""\r\n';
  return `${cells.map(csvCell).join(',')}\r\n`;
}

function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
