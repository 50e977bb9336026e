import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holdsBidiRule } from './bidi-rule.ts';

const ALEF = '\u05d0';
const ALEF_ARABIC = '\u0627';
const POINT = '\u05b0';
const ARABIC_FIVE = '\u0665';

const rules: [condition: string, holds: string[], breaks: string[]][] = [
  [
    '1: the first character is L, R or AL',
    [`${ALEF}${ALEF}`, ALEF_ARABIC],
    [`1${ALEF}`, `${POINT}${ALEF}`, ARABIC_FIVE],
  ],
  ['2: an RTL label has no L', [`${ALEF}-1${ALEF}`, `${ALEF}${POINT}`], [`${ALEF}a${ALEF}`, `${ALEF} ${ALEF}`]],
  [
    '3: an RTL label ends with R, AL, EN or AN, and marks',
    [`${ALEF}1`, `${ALEF}${ARABIC_FIVE}`, `${ALEF}1${POINT}`],
    [`${ALEF}-`, `${ALEF}+${POINT}`],
  ],
  [
    '4: an RTL label has not both EN and AN',
    [`${ALEF}12`, `${ALEF}${ARABIC_FIVE}${ARABIC_FIVE}`],
    [`${ALEF}1${ARABIC_FIVE}`],
  ],
  ['5: an LTR label has no R, AL or AN', ['abc'], [`a${ALEF}b`, `a${ALEF}`, `a${ARABIC_FIVE}b`]],
];

for (const [condition, holds, breaks] of rules) {
  test(`RFC 5893 §2, condition ${condition}`, () => {
    for (const text of holds) assert.ok(holdsBidiRule(text), JSON.stringify(text));
    for (const text of breaks) assert.ok(!holdsBidiRule(text), JSON.stringify(text));
  });
}

test('RFC 8265 §3.3.1: text without right-to-left characters is not looked at', () => {
  for (const text of ['1a', '-', 'a-', '\u0301a', '\u4e00-', '\u221e', '']) assert.ok(holdsBidiRule(text), text);
});
