import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verifyPassword } from '#keys/credentials.ts';
import { deriveDigestKeys } from '#keys/digest-keys.ts';
import { addressOf, checkPin, keepDigestCredentials, keepPassword, keepPin, readPassword, Sealing } from './secrets.ts';

const ITERATIONS = 4096;

test('a userid is the local part of an address, an address by itself, or nothing that an address can be made of', () => {
  assert.equal(addressOf('Juliet', 'example.test'), 'juliet@example.test');
  assert.equal(addressOf('juliet@Other.Test', 'example.test'), 'juliet@other.test');
  for (const userid of ['', 'a b', 'a/b', "o'neill", 'a@b@c', '@', 'a@']) {
    assert.equal(addressOf(userid, 'example.test'), undefined, userid);
  }
});

test('what is kept of a password is read again, and is no password', async () => {
  const kept = await keepPassword('pencil', 'juliet@example.test', ITERATIONS);
  const { scram, digest } = readPassword(kept);
  assert.equal(await verifyPassword(scram, 'pencil'), true);
  assert.equal(await verifyPassword(scram, 'crayon'), false);
  assert.deepEqual(digest, deriveDigestKeys('juliet@example.test', 'pencil'));
  assert.equal(readPassword(await keepPassword('pencil', undefined, ITERATIONS)).digest, undefined);
  assert.doesNotMatch(kept, /pencil/);
});

test('a PIN is known again by its key, and no other is', async () => {
  const kept = await keepPin('12345', ITERATIONS);
  assert.equal(await checkPin(kept, '12345'), true);
  for (const other of ['12346', '', '1234', 'x'.repeat(5000)]) assert.equal(await checkPin(kept, other), false);
});

test('secrets that nobody may have are refused with 5003', async () => {
  await assert.rejects(keepPassword('bell\u0007', undefined, ITERATIONS), { code: 5003 });
  await assert.rejects(keepPin('\u0000', ITERATIONS), { code: 5003 });
  assert.throws(() => keepDigestCredentials('x', undefined), { code: 5003 });
});

test('what is sealed is opened with the same secret, and with no other, nor when a byte of it has changed', () => {
  const sealing = new Sealing(Buffer.alloc(32, 1));
  for (const text of ['', 'bind me', 'pässwörd \u{1f511}']) {
    const sealed = sealing.seal(text);
    assert.notEqual(sealed, sealing.seal(text));
    assert.equal(new Sealing(Buffer.alloc(32, 1)).open(sealed), text);
    assert.equal(new Sealing(Buffer.alloc(32, 2)).open(sealed), undefined);
    const bytes = Buffer.from(sealed, 'base64');
    bytes[bytes.length - 1]! ^= 1;
    assert.equal(sealing.open(bytes.toString('base64')), undefined);
  }
  for (const broken of ['', 'AA==']) assert.equal(sealing.open(broken), undefined);
});
