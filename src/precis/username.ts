/**
 * RFC 8265 §3: usernames. The profile with case mapping is for addresses and for signing in; the one that preserves case
 * is for systems whose usernames differ by case alone.
 */
import { Failure } from '#base/failure.ts';
import { holdsBidiRule } from './bidi-rule.ts';
import { enforce, isPlain } from './enforce.ts';
import { requireClass } from './string-class.ts';

/**
 * UsernameCaseMapped, §3.3: `Juliet` is `juliet`.
 * @throws {Failure} 'malformed'
 */
export function enforceUsernameCaseMapped(text: string): string {
  if (isPlain(text, '!')) return text.toLowerCase();
  return enforce(text, (round) => username(round, true));
}

/**
 * UsernameCasePreserved, §3.4.
 * @throws {Failure} 'malformed'
 */
export function enforceUsernameCasePreserved(text: string): string {
  if (isPlain(text, '!')) return text;
  return enforce(text, (round) => username(round, false));
}

function username(text: string, mapCase: boolean): string {
  const wide = mapWidth(text);
  requireClass(wide, 'IdentifierClass');
  const normal = (mapCase ? wide.toLowerCase() : wide).normalize('NFC');
  if (!holdsBidiRule(normal)) throw new Failure('malformed', 'right-to-left text that breaks the Bidi Rule (RFC 5893)');
  return normal;
}

/**
 * The width mapping rule: fullwidth and halfwidth characters become what they are decomposed to. NFKC decomposes some of
 * them (halfwidth Hangul, the fullwidth macron) one step further, which makes no difference: both forms are refused.
 */
function mapWidth(text: string): string {
  return text.replace(/[\u3000\uff01-\uffee]/g, (character) => character.normalize('NFKC'));
}
