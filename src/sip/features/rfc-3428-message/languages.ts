import type { Element } from '#xml/element.ts';
import type { SipRequest } from '../../wire/message.ts';

const MAX_LANGUAGES = 8;
const RANGE = /^([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)(?:[ \t]*;[ \t]*q[ \t]*=[ \t]*([01](?:\.\d{0,3})?))?/;

/** RFC 3261 §20.3: language ranges, in lower case, the most wanted first. */
export function acceptedLanguages(request: SipRequest): string[] {
  if (request.header('accept-language') === undefined) return [];
  const ranges: { range: string; q: number }[] = [];
  for (const value of request.values('accept-language').slice(0, MAX_LANGUAGES)) {
    const [, range, q = '1'] = RANGE.exec(value) ?? [];
    if (range !== undefined && Number(q) > 0) ranges.push({ range: range.toLowerCase(), q: Number(q) });
  }
  return ranges.sort((a, b) => b.q - a.q).map(({ range }) => range);
}

/**
 * Of several children of one name that say the same in different languages, the one that is wanted most; else the one
 * in the language of the message itself, else the first.
 * @param wanted as `acceptedLanguages` has them
 */
export function inLanguage(message: Element, name: string, wanted: readonly string[]): Element | undefined {
  const own = message.attributes['xml:lang']?.toLowerCase() ?? '';
  let best: Element | undefined;
  let bestRank = Number.POSITIVE_INFINITY;
  for (const child of message.children) {
    if (typeof child === 'string' || child.name !== name || child.ns !== message.ns) continue;
    const language = child.attributes['xml:lang']?.toLowerCase() ?? own;
    const asked = wanted.findIndex((range) => language === range || language.startsWith(`${range}-`));
    const rank = asked >= 0 ? asked : wanted.length + (language === own ? 0 : 1);
    if (rank < bestRank) [best, bestRank] = [child, rank];
  }
  return best;
}
