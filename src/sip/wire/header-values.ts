import { BACKSLASH, COMMA, GREATER, LESS, QUOTE, trimSpaces } from './text.ts';

/**
 * The values of a header line that is a list (RFC 3261 §7.3.1). Commas in quoted strings and between < and > divide
 * nothing; empty values are kept, for their header to refuse.
 */
export function splitValues(line: string): string[] {
  if (!line.includes(',')) return line === '' ? [] : [line];
  const values: string[] = [];
  let from = 0;
  for (let at = nextComma(line, 0); at >= 0; at = nextComma(line, from)) {
    values.push(trimSpaces(line.slice(from, at)));
    from = at + 1;
  }
  values.push(trimSpaces(line.slice(from)));
  return values;
}

/** Where the first value of a line ends. */
export function endOfFirst(line: string): number {
  const at = line.includes(',') ? nextComma(line, 0) : -1;
  return at < 0 ? line.length : at;
}

function nextComma(line: string, from: number): number {
  let isQuoted = false;
  let isAngled = false;
  for (let i = from; i < line.length; i++) {
    const char = line.charCodeAt(i);
    if (isQuoted) {
      if (char === QUOTE) isQuoted = false;
      else if (char === BACKSLASH) i++;
    } else if (char === QUOTE) isQuoted = !isAngled;
    else if (char === LESS) isAngled = true;
    else if (char === GREATER) isAngled = false;
    else if (char === COMMA && !isAngled) return i;
  }
  return -1;
}
