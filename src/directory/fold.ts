/** Texts as they are compared and searched: case-blind, in one normal form. */
import { badValue } from './directory-error.ts';

/** No field that can be searched is longer than this. */
const MAX_LENGTH = 2048;
/** Each one more multiplies what the database may have to try. */
const MAX_WILDCARDS = 16;
/** Stands before itself in a pattern: AXL's LIKE has no way to say that % is meant, so all else must mean itself. */
const ESCAPE = '!';

export function fold(text: string): string {
  return text.normalize('NFC').toLowerCase();
}

/** One criterion as SQL: what stands right of the column, and its value. */
export interface Condition {
  readonly sql: string;
  readonly value: string;
}

/**
 * @param criterion a pattern of SQL LIKE: % is any run of characters, _ is one character
 * @throws {DirectoryError} 5003 for one that no database should be asked
 */
export function likeCondition(criterion: string): Condition {
  if (criterion.length > MAX_LENGTH) throw badValue(`a search for more than ${MAX_LENGTH} characters`);
  if (criterion.includes('\0')) throw badValue('a search for the character U+0000, which no field holds');
  const folded = fold(criterion);
  if (!/[%_]/.test(folded)) return { sql: '= ?', value: folded };
  const value = folded.replace(/%+/g, '%').replaceAll(ESCAPE, ESCAPE + ESCAPE);
  if (value.split('%').length > MAX_WILDCARDS + 1) throw badValue(`a search with more than ${MAX_WILDCARDS} times %`);
  return { sql: `like ? escape '${ESCAPE}'`, value };
}
