import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Failure } from '#base/failure.ts';
import { anyText } from '../../test/support/any-text.ts';
import { enforceOpaqueString } from './opaque-string.ts';

/** RFC 8265 §4.3, table 3. */
const legal: [number: number, password: string, enforced: string, why: string][] = [
  [12, 'correct horse battery staple', 'correct horse battery staple', 'ASCII space is allowed'],
  [13, 'Correct Horse Battery Staple', 'Correct Horse Battery Staple', 'and differs by case from #12'],
  [14, '\u03c0\u00df\u00e5', '\u03c0\u00df\u00e5', 'letters outside ASCII'],
  [15, 'Jack of \u2666s', 'Jack of \u2666s', 'symbols'],
  [16, 'foo\u1680bar', 'foo bar', 'OGHAM SPACE MARK is mapped to SPACE'],
];

/** RFC 8265 §4.3, table 4. */
const illegal: [number: number, password: string, why: string][] = [
  [17, '', 'zero length'],
  [18, 'my cat is a \u0009by', 'controls are not allowed'],
];

for (const [number, password, enforced, why] of legal) {
  test(`RFC 8265 §4.3, #${number}: ${password}: ${why}`, () => {
    assert.equal(enforceOpaqueString(password), enforced);
  });
}

for (const [number, password, why] of illegal) {
  test(`RFC 8265 §4.3, #${number} is refused: ${why}`, () => {
    assert.throws(() => enforceOpaqueString(password), { kind: 'malformed' });
  });
}

test('RFC 8265 §4.2.1: width and case stay, spaces at the ends stay, the normal form is NFC', () => {
  assert.equal(enforceOpaqueString(' \uff21 A '), ' \uff21 A ');
  assert.equal(enforceOpaqueString('\u212b'), '\u00e5'.toUpperCase());
  assert.equal(enforceOpaqueString('a\u0301'), '\u00e1');
  assert.equal(enforceOpaqueString('\u05d0a'), '\u05d0a');
});

test('RFC 8264 §7: what is enforced stays as it is, and any other text is malformed', () => {
  fc.assert(
    fc.property(fc.oneof(anyText, fc.string({ unit: 'grapheme' })), (text) => {
      try {
        const enforced = enforceOpaqueString(text);
        assert.equal(enforceOpaqueString(enforced), enforced);
      } catch (error) {
        assert.ok(error instanceof Failure && error.kind === 'malformed', String(error));
      }
    }),
  );
});

test('half a surrogate pair is refused, not replaced', () => {
  assert.throws(() => enforceOpaqueString('a\ud800'), { kind: 'malformed' });
});
