import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Failure } from '#base/failure.ts';
import { enforceUsernameCaseMapped, enforceUsernameCasePreserved } from './username.ts';

/** RFC 8265 §3.6, table 1, with what each becomes in either profile. */
const legal: [number: number, username: string, caseMapped: string, casePreserved: string][] = [
  [1, 'juliet@example.com', 'juliet@example.com', 'juliet@example.com'],
  [2, 'fussball', 'fussball', 'fussball'],
  [3, 'fu\u00dfball', 'fu\u00dfball', 'fu\u00dfball'],
  [4, '\u03c0', '\u03c0', '\u03c0'],
  [5, '\u03a3', '\u03c3', '\u03a3'],
  [6, '\u03c3', '\u03c3', '\u03c3'],
  [7, '\u03c2', '\u03c2', '\u03c2'],
];

/** RFC 8265 §3.6, table 2. */
const illegal: [number: number, username: string, why: string][] = [
  [8, 'foo bar', 'space is not allowed'],
  [9, '', 'zero length'],
  [10, 'henry\u2163', 'ROMAN NUMERAL FOUR has a compatibility equivalent'],
  [11, '\u221e', 'INFINITY is a symbol'],
];

for (const [number, username, caseMapped, casePreserved] of legal) {
  test(`RFC 8265 §3.6, #${number}: ${username} is legal`, () => {
    assert.equal(enforceUsernameCaseMapped(username), caseMapped);
    assert.equal(enforceUsernameCasePreserved(username), casePreserved);
  });
}

for (const [number, username, why] of illegal) {
  test(`RFC 8265 §3.6, #${number}: <${username}> is refused: ${why}`, () => {
    assert.throws(() => enforceUsernameCaseMapped(username), { kind: 'malformed' });
    assert.throws(() => enforceUsernameCasePreserved(username), { kind: 'malformed' });
  });
}

const mapped: [rule: string, username: string, prepared: string][] = [
  ['§3.3.1 width', '\uff2a\uff55\uff4c\uff49\uff45\uff54', 'juliet'],
  ['§3.3.1 width, halfwidth', '\uff76\uff9e', '\u30ac'],
  ['§3.3.1 case', 'JULIET', 'juliet'],
  ['§3.3.1 case, outside ASCII', '\u00c9T\u00c9', '\u00e9t\u00e9'],
  ['§3.3.1 case, which makes two of one', '\u0130', 'i\u0307'],
  ['§3.3.1 case, with the final sigma of Unicode toLowerCase', '\u039f\u0394\u039f\u03a3', '\u03bf\u03b4\u03bf\u03c2'],
  ['§3.3.1 normalization', 'e\u0301', '\u00e9'],
  ['§3.3.1 directionality', '\u05d0\u05d1', '\u05d0\u05d1'],
];

for (const [rule, username, prepared] of mapped) {
  test(`RFC 8265 ${rule}: ${username} becomes ${prepared}`, () => {
    assert.equal(enforceUsernameCaseMapped(username), prepared);
  });
}

test('RFC 8265 §3.3.2: the IdentifierClass is looked at after width mapping, before case and normalization', () => {
  for (const username of ['\u212a', '\u1100\u1161', '\uffe3', '\uffa1', '\u3000']) {
    assert.throws(() => enforceUsernameCaseMapped(username), { kind: 'malformed' });
  }
});

test('RFC 8265 §3.3.1: right-to-left text has to hold the Bidi Rule', () => {
  assert.throws(() => enforceUsernameCaseMapped('\u05d0a'), { kind: 'malformed', message: /Bidi/ });
  assert.throws(() => enforceUsernameCasePreserved('a\u0627'), { kind: 'malformed', message: /Bidi/ });
});

test('a username of a megabyte is refused unread', () => {
  for (const unit of ['a', '\u30fb', '\u0301\u0323']) {
    assert.throws(() => enforceUsernameCaseMapped(unit.repeat(500_000)), { kind: 'malformed' });
  }
});

for (const enforce of [enforceUsernameCaseMapped, enforceUsernameCasePreserved]) {
  test(`RFC 8264 §7: what ${enforce.name} gives, it leaves as it is; any other text is malformed`, () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.oneof(
            fc.nat(0x10ffff).map((codePoint) => String.fromCodePoint(codePoint)),
            fc.constantFrom(...'aÉßΣςｶﾞ\u0301\u200d\u05d0\u0660'),
            fc.nat(0xffff).map((unit) => String.fromCharCode(unit)),
          ),
        }),
        (text) => {
          try {
            const enforced = enforce(text);
            assert.equal(enforce(enforced), enforced);
          } catch (error) {
            assert.ok(error instanceof Failure && error.kind === 'malformed', String(error));
          }
        },
      ),
    );
  });
}
