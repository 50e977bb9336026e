import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeEscapes, encodeParam, encodeUser, normalizeEscapes } from './percent.ts';

test('RFC 3261 §19.1.2: escapes are bytes, whatever their case', () => {
  assert.equal(decodeEscapes('%6A%6a%00%Zz%'), 'jj\0%Zz%');
  assert.equal(encodeUser('a b@c:d%;?/'), 'a%20b%40c%3Ad%25;?/');
  assert.equal(encodeParam('urn:uuid:x;y=z@'), 'urn:uuid:x%3By%3Dz%40');
});

test('RFC 3261 §19.1.4: an escape is its character, but for the reserved ones', () => {
  assert.equal(normalizeEscapes('%61lice%3b%40'), 'alice%3B%40');
});
