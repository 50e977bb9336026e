import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeToken, TOKEN_LENGTH, TokenScanner, tokenPrefix } from './token.ts';

test('a tracer is found once, however TCP cuts the bytes', () => {
  const tokens = [makeToken(0, 1, 5), makeToken(42, 99, 123456789), makeToken(99999, 12345678, 9999999999999)];
  assert.ok(tokens.every((token) => token.length === TOKEN_LENGTH));
  assert.ok(tokens[1]?.startsWith(tokenPrefix(42, 99)));
  const text = `<m><body>${tokens[0]}</body></m><m><body>[b[bt${tokens[1]}x</body></m>[${tokens[2]}[`;
  for (let size = 1; size <= text.length; size++) {
    const seen: number[][] = [];
    const scanner = new TokenScanner((...token) => seen.push(token));
    for (let i = 0; i < text.length; i += size) scanner.push(text.slice(i, i + size));
    assert.deepEqual(
      seen,
      [
        [0, 1, 5],
        [42, 99, 123456789],
        [99999, 12345678, 9999999999999],
      ],
      `pieces of ${size}`,
    );
  }
});
