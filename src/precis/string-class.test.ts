import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requireClass } from './string-class.ts';

const contexts: [rule: string, allowed: string[], refused: string[]][] = [
  [
    'A.1 ZERO WIDTH NON-JOINER',
    ['\u0915\u094d\u200c\u0937', '\u0646\u0627\u0645\u0647\u200c\u0627\u06cc'],
    ['a\u200cb', '\u200c', '\u0628\u200c', '\u200c\u0628', '\u0627\u200c\u0628'],
  ],
  ['A.1 with transparent marks between', ['\u0628\u064e\u064e\u200c\u064e\u0628'], ['\u0627\u064e\u200c\u064e\u0628']],
  [
    'A.2 ZERO WIDTH JOINER',
    ['\u0915\u094d\u200d\u0937', '\u0d9a\u0dca\u200d'],
    ['a\u200d', '\u200d', '\u0628\u200d\u0628', '\u304b\u3099\u200d', '\u05d0\u05b0\u200d'],
  ],
  [
    'A.3 MIDDLE DOT',
    ['col\u00b7lega', 'l\u00b7l\u00b7l'],
    ['\u00b7', 'l\u00b7', '\u00b7l', 'a\u00b7l', 'l\u00b7\u00b7l', 'L\u00b7L'],
  ],
  ['A.4 GREEK LOWER NUMERAL SIGN', ['\u0375\u03b1'], ['\u0375', '\u0375a', '\u03b1\u0375']],
  ['A.5 HEBREW PUNCTUATION GERESH', ['\u05d0\u05f3'], ['\u05f3', 'a\u05f3', '\u05f3\u05d0']],
  ['A.6 HEBREW PUNCTUATION GERSHAYIM', ['\u05d0\u05f4'], ['\u05f4', 'a\u05f4']],
  ['A.7 KATAKANA MIDDLE DOT', ['\u30fb\u30a2', 'a\u30fb\u3042', '\u4e00\u30fb'], ['\u30fb', 'a\u30fbb']],
  ['A.8 ARABIC-INDIC DIGITS', ['\u0660\u0661'], ['\u0660\u06f0']],
  ['A.9 EXTENDED ARABIC-INDIC DIGITS', ['\u06f0\u06f9'], ['\u06f0\u0660']],
];

for (const [rule, allowed, refused] of contexts) {
  test(`RFC 5892 appendix ${rule}: allowed in some places, in either class`, () => {
    for (const text of allowed) {
      requireClass(text, 'IdentifierClass');
      requireClass(text, 'FreeformClass');
    }
    for (const text of refused) {
      const shown = JSON.stringify(text);
      assert.throws(() => requireClass(text, 'IdentifierClass'), { kind: 'malformed' }, shown);
      assert.throws(() => requireClass(text, 'FreeformClass'), { kind: 'malformed' }, shown);
    }
  });
}

test('RFC 8264 §4.2, §4.3: the FreeformClass has spaces, symbols, punctuation and compatibility characters besides', () => {
  for (const text of [' ', '\u00a0', '\u2666', '\u3001', '\u2163', '\uff21']) {
    requireClass(text, 'FreeformClass');
    assert.throws(() => requireClass(text, 'IdentifierClass'), { kind: 'malformed' });
  }
  for (const text of ['\t', '\u0000', '\u007f', '\u1100', '\ud800', '\udc00a', '\u0378', '\ue000', '\u202e']) {
    assert.throws(() => requireClass(text, 'FreeformClass'), { kind: 'malformed' });
  }
});

test('a refusal names the code point and the class', () => {
  assert.throws(() => requireClass('a b', 'IdentifierClass'), { message: /U\+0020 is not in the IdentifierClass/ });
});
