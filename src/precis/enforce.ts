import { Failure } from '#base/failure.ts';

/**
 * Texts longer than this are refused unread. No name or password that people type comes near it, and normalization is
 * not linear in the worst case.
 */
const MAX_LENGTH = 4096;

/** How often the rules may be applied until the text stays the same (RFC 8264 §7: once, and three times more). */
const MAX_ROUNDS = 4;

/**
 * Applies the rules of a profile until they change nothing, since no profile promises to be idempotent by itself.
 * @param apply the profile's rules once, in the order of RFC 8264 §7
 * @throws {Failure} 'malformed' when the text is too long, ends empty or does not come to rest, and what `apply` throws
 */
export function enforce(text: string, apply: (text: string) => string): string {
  if (text.length > MAX_LENGTH) throw new Failure('malformed', `a text of more than ${MAX_LENGTH} characters`);
  let current = text;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    if (current === '') throw new Failure('malformed', 'an empty text');
    const next = apply(current);
    if (next === current) return current;
    current = next;
  }
  throw new Failure('malformed', 'a text that changes each time its rules are applied');
}

/**
 * Whether a text is not empty, not too long, and all ASCII from the character `from` to the tilde. Most texts are, and
 * need little or no work; any other goes to `enforce`, which also says what is wrong with it.
 */
export function isPlain(text: string, from: ' ' | '!'): boolean {
  if (text === '' || text.length > MAX_LENGTH) return false;
  const lowest = from.charCodeAt(0);
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < lowest || unit > 0x7e) return false;
  }
  return true;
}

/** The additional mapping rule of two profiles: spaces of any kind (Unicode Zs) become U+0020. */
export function mapSpaces(text: string): string {
  return text.replace(/\p{Zs}/gu, ' ');
}
