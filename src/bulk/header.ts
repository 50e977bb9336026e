/** A header's name as it is compared: case and blanks do not count, nor do the brackets of the vendor's manuals. */
export function normalName(name: string): string {
  return name
    .replace(/\s+/g, '')
    .replace(/^<(.*)>$/, '$1')
    .toLowerCase();
}

/**
 * Whether the first line of a file names the columns of a fixed form, rather than being data.
 * @param names of all columns, of which the last ones may be missing
 * @param required how many of them must be there
 */
export function isHeader(cells: readonly string[], names: readonly string[], required: number): boolean {
  if (cells.length < required || cells.length > names.length) return false;
  return cells.every((cell, i) => normalName(cell) === normalName(names[i]!));
}
