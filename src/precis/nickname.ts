/** RFC 8266: the names that people give themselves, in rooms and in contact lists. */
import { enforce, isPlain, mapSpaces } from './enforce.ts';
import { requireClass } from './string-class.ts';

/**
 * The nickname as it is shown, §2.3.
 * @throws {Failure} 'malformed'
 */
export function enforceNickname(text: string): string {
  if (isPlain(text, '!')) return text;
  return enforce(text, (round) => nickname(round, false));
}

/**
 * The form in which two nicknames are compared, §2.4: they are the same where these are.
 * @throws {Failure} 'malformed'
 */
export function nicknameForComparison(text: string): string {
  if (isPlain(text, '!')) return text.toLowerCase();
  return enforce(text, (round) => nickname(round, true));
}

function nickname(text: string, mapCase: boolean): string {
  requireClass(text, 'FreeformClass');
  const spaced = mapSpaces(text)
    .replace(/^ +| +$/g, '')
    .replace(/ {2,}/g, ' ');
  return (mapCase ? spaced.toLowerCase() : spaced).normalize('NFKC');
}
