import { enforce, isPlain, mapSpaces } from './enforce.ts';
import { requireClass } from './string-class.ts';

/**
 * OpaqueString, RFC 8265 §4.2: passwords, and resourceparts of JIDs. Case, width and spaces stay; only their kind of
 * space and the normal form are settled.
 * @throws {Failure} 'malformed'; its message never holds more of the text than one code point that is refused
 */
export function enforceOpaqueString(text: string): string {
  if (isPlain(text, ' ')) return text;
  return enforce(text, (round) => {
    requireClass(round, 'FreeformClass');
    return mapSpaces(round).normalize('NFC');
  });
}
