import { trimSpaces } from '../../wire/text.ts';

/**
 * How much a type is wanted by an Accept header: 0 for not at all, 1 for most (RFC 3261 §20.1). What names a type outdoes
 * what names a kind of types.
 * @param accept '' for none, which takes what is usual and asks for nothing
 */
export function qualityOf(accept: string, contentType: string): number {
  let best = 0;
  let quality = 0;
  for (const part of accept.split(',')) {
    const [range = '', ...params] = part.split(';').map(trimSpaces);
    const weight = weightOf(range.toLowerCase(), contentType);
    if (weight <= best) continue;
    best = weight;
    quality = readQuality(params);
  }
  return quality;
}

function weightOf(range: string, contentType: string): number {
  if (range === contentType) return 3;
  if (range === '*/*') return 1;
  return range.endsWith('/*') && contentType.startsWith(range.slice(0, -1)) ? 2 : 0;
}

function readQuality(params: readonly string[]): number {
  const q = params.find((param) => /^q[ \t]*=/i.test(param));
  if (q === undefined) return 1;
  const value = Number(q.slice(q.indexOf('=') + 1));
  return value >= 0 && value <= 1 ? value : 1;
}
