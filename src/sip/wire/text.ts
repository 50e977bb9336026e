/** The smallest pieces of the grammar (RFC 3261 §25.1). */
export const TAB = 0x09;
export const SPACE = 0x20;
export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;
export const LESS = 0x3c;
export const EQUALS = 0x3d;
export const GREATER = 0x3e;
export const BACKSLASH = 0x5c;

const TOKEN_CHARS = charTable("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.!%*_+`'~");

/** A set of bytes: 1 for those in it. */
export function charTable(chars: string): Uint8Array {
  const table = new Uint8Array(256);
  for (let i = 0; i < chars.length; i++) table[chars.charCodeAt(i)] = 1;
  return table;
}

/** @returns where the characters of a set that begin at `at` end */
export function skipChars(text: string, at: number, table: Uint8Array): number {
  let end = at;
  while (end < text.length && table[text.charCodeAt(end)] === 1) end++;
  return end;
}

/** RFC 3261 §25.1 `token`. @returns where the one that begins at `at` ends */
export function skipToken(text: string, at: number): number {
  return skipChars(text, at, TOKEN_CHARS);
}

export function isToken(text: string): boolean {
  return text !== '' && skipToken(text, 0) === text.length;
}

/** @returns where the spaces that begin at `at` end */
export function skipSpaces(text: string, at: number): number {
  let end = at;
  while (isSpace(text.charCodeAt(end))) end++;
  return end;
}

/** Without spaces around it. (`trim` would take U+00A0 as well, which is a byte of UTF-8 in a byte string.) */
export function trimSpaces(text: string): string {
  const from = skipSpaces(text, 0);
  let until = text.length;
  while (until > from && isSpace(text.charCodeAt(until - 1))) until--;
  return text.slice(from, until);
}

function isSpace(char: number): boolean {
  return char === SPACE || char === TAB;
}

/** @param at where a quoted string begins @returns where what follows it begins; -1 where it is not closed */
export function skipQuoted(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (char === QUOTE) return i + 1;
    if (char === BACKSLASH) i++;
  }
  return -1;
}

/** What a quoted string says; other texts are what they are. */
export function unquote(text: string): string {
  if (text.charCodeAt(0) !== QUOTE) return text;
  const inside = text.slice(1, -1);
  return inside.includes('\\') ? inside.replace(/\\(.)/gs, '$1') : inside;
}

/** As a quoted string. Line ends, which none can hold, become spaces. */
export function quote(text: string): string {
  return `"${text.replace(/[\r\n]+/g, ' ').replace(/["\\]/g, '\\$&')}"`;
}
