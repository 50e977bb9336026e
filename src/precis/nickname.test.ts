import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Failure } from '#base/failure.ts';
import { anyText } from '../../test/support/any-text.ts';
import { enforceNickname, nicknameForComparison } from './nickname.ts';

/** RFC 8266 §3, with what is shown and what is compared. */
const examples: [number: number, nickname: string, enforced: string, compared: string][] = [
  [1, 'Foo', 'Foo', 'foo'],
  [2, 'foo', 'foo', 'foo'],
  [3, 'Foo Bar', 'Foo Bar', 'foo bar'],
  [4, 'foo bar', 'foo bar', 'foo bar'],
  [5, '\u03a3', '\u03a3', '\u03c3'],
  [6, '\u03c3', '\u03c3', '\u03c3'],
  [7, '\u03c2', '\u03c2', '\u03c2'],
  [8, '\u03d4', '\u03ab', '\u03cb'],
  [9, '\u221e', '\u221e', '\u221e'],
  [10, 'Richard \u2163', 'Richard IV', 'richard iv'],
];

for (const [number, nickname, enforced, compared] of examples) {
  test(`RFC 8266 §3, #${number}: ${nickname} is compared as ${compared}`, () => {
    assert.equal(enforceNickname(nickname), enforced);
    assert.equal(nicknameForComparison(nickname), compared);
  });
}

test('RFC 8266 §2.1: spaces of any kind are single ones inside, and none at the ends', () => {
  assert.equal(enforceNickname('  Swan  of   Avon   '), 'Swan of Avon');
  assert.equal(enforceNickname('\u00a0Swan\u3000\u2003of Avon\u202f'), 'Swan of Avon');
});

test('RFC 8264 §7: normalization can make a space, so the rules are applied until nothing changes', () => {
  assert.equal(enforceNickname('\u00a8'), '\u0308');
});

test('RFC 8266 §2.3: a nickname is not empty, and not made of spaces', () => {
  for (const text of ['', ' ', '\u3000\u00a0', 'a\u0007']) {
    assert.throws(() => enforceNickname(text), { kind: 'malformed' });
    assert.throws(() => nicknameForComparison(text), { kind: 'malformed' });
  }
});

for (const enforce of [enforceNickname, nicknameForComparison]) {
  test(`RFC 8264 §7: what ${enforce.name} gives, it leaves as it is; any other text is malformed`, () => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.string({ unit: 'grapheme' }), fc.lorem()), (text) => {
        try {
          const enforced = enforce(text);
          assert.equal(enforce(enforced), enforced);
        } catch (error) {
          assert.ok(error instanceof Failure && error.kind === 'malformed', String(error));
        }
      }),
    );
  });
}
