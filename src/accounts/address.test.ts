import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Failure } from '#base/failure.ts';
import { prepareAddress } from './address.ts';

const prepared: [text: string, address: string][] = [
  ['juliet@example.com', 'juliet@example.com'],
  ['Juliet@EXAMPLE.com.', 'juliet@example.com'],
  ['foo+bar@example.com', 'foo+bar@example.com'],
  ['fußball@example.com', 'fußball@example.com'],
  ['Π@example.com', 'π@example.com'],
  ['admin@localhost', 'admin@localhost'],
  ['juliet@[::1]', 'juliet@[::1]'],
];

for (const [text, address] of prepared) {
  test(`RFC 7622 §3.5: the account of ${text} is ${address}`, () => assert.equal(prepareAddress(text), address));
}

const refused = [
  '',
  'juliet',
  '@example.com',
  'juliet@',
  'a b@example.com',
  'juliet@example.com/balcony',
  'a@b@c',
  'a/b@c',
];

for (const text of refused) {
  test(`RFC 7622 §3: ${JSON.stringify(text)} is no address of an account`, () => {
    assert.throws(() => prepareAddress(text), { kind: 'malformed' });
  });
}

test('any text is an address that stays what it is, or malformed', () => {
  const parts = fc.tuple(fc.string({ unit: 'binary' }), fc.domain()).map(([local, domain]) => `${local}@${domain}`);
  fc.assert(
    fc.property(fc.oneof(parts, fc.emailAddress(), fc.string()), (text) => {
      try {
        const address = prepareAddress(text);
        assert.equal(prepareAddress(address), address);
      } catch (error) {
        assert.ok(error instanceof Failure && error.kind === 'malformed', String(error));
      }
    }),
  );
});
