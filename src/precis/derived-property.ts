/**
 * RFC 8264 §8: what PRECIS makes of a code point, derived from the Unicode properties that the running Node knows.
 * 'FREE_PVAL' is what the RFC calls "ID_DIS or FREE_PVAL": refused in the IdentifierClass, good in the FreeformClass.
 */
export type DerivedProperty = 'PVALID' | 'FREE_PVAL' | 'CONTEXTJ' | 'CONTEXTO' | 'DISALLOWED' | 'UNASSIGNED';

const PROPERTIES: readonly DerivedProperty[] = [
  'PVALID',
  'FREE_PVAL',
  'CONTEXTJ',
  'CONTEXTO',
  'DISALLOWED',
  'UNASSIGNED',
];

/** §9.6, which is RFC 5892 §2.6. Code points for which the properties alone would give the wrong answer. */
const EXCEPTIONS: [DerivedProperty, RegExp][] = [
  ['PVALID', /[\u00df\u03c2\u06fd\u06fe\u0f0b\u3007]/u],
  ['CONTEXTO', /[\u00b7\u0375\u05f3\u05f4\u30fb\u0660-\u0669\u06f0-\u06f9]/u],
  ['DISALLOWED', /[\u0640\u07fa\u302e\u302f\u3031-\u3035\u303b]/u],
];

/** In the order of §8: the first that fits decides. BackwardCompatible (§9.7) is empty. */
const RULES: [DerivedProperty, (character: string) => boolean][] = [
  ...EXCEPTIONS.map(([property, set]): [DerivedProperty, (c: string) => boolean] => [property, (c) => set.test(c)]),
  ['UNASSIGNED', (c) => /\p{Cn}/u.test(c) && !/\p{Noncharacter_Code_Point}/u.test(c)],
  ['PVALID', (c) => /[!-~]/.test(c)], // ASCII7
  ['CONTEXTJ', (c) => /\p{Join_Control}/u.test(c)],
  ['DISALLOWED', (c) => /[\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7c6\ud7cb-\ud7fb]/u.test(c)], // OldHangulJamo
  ['DISALLOWED', (c) => /[\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/u.test(c)],
  ['DISALLOWED', (c) => /\p{Cc}/u.test(c)],
  ['FREE_PVAL', (c) => c.normalize('NFKC') !== c], // HasCompat
  ['PVALID', (c) => /[\p{Ll}\p{Lu}\p{Lo}\p{Nd}\p{Lm}\p{Mn}\p{Mc}]/u.test(c)], // LetterDigits
  ['FREE_PVAL', (c) => /[\p{Lt}\p{Nl}\p{No}\p{Me}\p{Zs}\p{S}\p{P}]/u.test(c)],
];

/** The answers for the basic multilingual plane, as places in PROPERTIES plus one; 0 where none was asked for yet. */
const known = new Uint8Array(0x10000);

/** @param codePoint 0 to 0x10FFFF; a surrogate, which stands for no character, is 'DISALLOWED' */
export function derivedProperty(codePoint: number): DerivedProperty {
  const place = known[codePoint];
  if (place !== undefined && place !== 0) return PROPERTIES[place - 1]!;
  const property = derive(String.fromCodePoint(codePoint));
  if (codePoint < known.length) known[codePoint] = PROPERTIES.indexOf(property) + 1;
  return property;
}

function derive(character: string): DerivedProperty {
  for (const [property, fits] of RULES) if (fits(character)) return property;
  return 'DISALLOWED';
}
