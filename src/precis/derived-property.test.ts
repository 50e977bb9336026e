import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DerivedProperty, derivedProperty } from './derived-property.ts';
import { UNICODE_VERSION } from './unicode-tables.ts';

/** RFC 8264 §9, in the order of §8: code points of each category, and what it makes of them. */
const categories: [section: string, category: string, property: DerivedProperty, codePoints: number[]][] = [
  ['§9.6', 'Exceptions', 'PVALID', [0xdf, 0x3c2, 0x6fd, 0x6fe, 0xf0b, 0x3007]],
  ['§9.6', 'Exceptions', 'CONTEXTO', [0xb7, 0x375, 0x5f3, 0x5f4, 0x30fb, 0x660, 0x669, 0x6f0, 0x6f9]],
  ['§9.6', 'Exceptions', 'DISALLOWED', [0x640, 0x7fa, 0x302e, 0x302f, 0x3031, 0x3035, 0x303b]],
  ['§9.10', 'Unassigned', 'UNASSIGNED', [0x378, 0x530, 0x2fe0, 0xe0000, 0x3fffd]],
  ['§9.11', 'ASCII7', 'PVALID', [0x21, 0x26, 0x30, 0x41, 0x5f, 0x7a, 0x7e]],
  ['§9.8', 'JoinControl', 'CONTEXTJ', [0x200c, 0x200d]],
  ['§9.9', 'OldHangulJamo', 'DISALLOWED', [0x1100, 0x115f, 0x1160, 0x11a8, 0x11ff, 0xa960, 0xd7b0, 0xd7fb]],
  [
    '§9.13',
    'PrecisIgnorableProperties',
    'DISALLOWED',
    [0xad, 0x34f, 0x200b, 0xfe0f, 0xfeff, 0xfffe, 0x10ffff, 0xe0001],
  ],
  ['§9.12', 'Controls', 'DISALLOWED', [0x0, 0x9, 0xa, 0x1f, 0x7f, 0x85, 0x9f]],
  ['§9.17', 'HasCompat', 'FREE_PVAL', [0xa0, 0xaa, 0x132, 0x1c5, 0x2163, 0x212a, 0xfb01, 0xff21, 0x1d400, 0xf900]],
  ['§9.1', 'LetterDigits', 'PVALID', [0xe9, 0x130, 0x3a3, 0x5d0, 0x301, 0x903, 0x967, 0xac00, 0x4e00, 0x2b9, 0x20000]],
  ['§9.18', 'OtherLetterDigits', 'FREE_PVAL', [0x1f88, 0x16ee, 0x9f4, 0x488, 0x20dd]],
  ['§9.14', 'Spaces', 'FREE_PVAL', [0x20, 0x1680]],
  ['§9.15', 'Symbols', 'FREE_PVAL', [0xa9, 0xac, 0x221e, 0x20ac, 0x2666, 0x265a, 0x1f600, 0xfffd]],
  ['§9.16', 'Punctuation', 'FREE_PVAL', [0xa7, 0xab, 0x2010, 0x203f, 0x3001]],
  ['§8', 'none of them', 'DISALLOWED', [0xd800, 0xdfff, 0xe000, 0xf0000, 0x2028, 0x2029, 0x600]],
];

for (const [section, category, property, codePoints] of categories) {
  test(`RFC 8264 ${section}: ${category} are ${property}`, () => {
    for (const codePoint of codePoints) {
      assert.equal(derivedProperty(codePoint), property, `U+${codePoint.toString(16)}`);
      assert.equal(derivedProperty(codePoint), property, 'and are so when asked for again');
    }
  });
}

test('the generated tables are of the same version of Unicode as the properties that Node knows', () => {
  assert.ok(UNICODE_VERSION.startsWith(process.versions.unicode!), 'run tools/unicode-tables.ts');
});
