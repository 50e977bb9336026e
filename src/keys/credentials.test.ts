import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { deriveCredentials, deriveKeys, fakeCredentials, scramMechanisms, verifyPassword } from './credentials.ts';

const SECRET = Buffer.alloc(32, 7);

test('RFC 5802 §5, RFC 7677 §3: the server’s signatures of the examples are made with the keys of "pencil"', async () => {
  const examples = [
    {
      mechanism: 'SCRAM-SHA-1',
      digest: 'sha1',
      salt: 'QSXCR+Q6sek8bf92',
      authMessage:
        'n=user,r=fyko+d2lbbFgONRv9qkxdawL,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096,' +
        'c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j',
      signature: 'rmF9pqV8S7suAoZWja4dJRkFsKQ=',
    },
    {
      mechanism: 'SCRAM-SHA-256',
      digest: 'sha256',
      salt: 'W22ZaJ0SNY7soEsUEjb6gQ==',
      authMessage:
        'n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,' +
        's=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
      signature: '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
    },
  ] as const;
  for (const { mechanism, digest, salt, authMessage, signature } of examples) {
    const keys = await deriveKeys(mechanism, 'pencil', Buffer.from(salt, 'base64'), 4096);
    assert.equal(createHmac(digest, keys.serverKey).update(authMessage).digest('base64'), signature);
  }
});

test('a password is known again by its keys, and no other is', async () => {
  const credentials = await deriveCredentials('pencil', 4096);
  assert.equal(await verifyPassword(credentials, 'pencil'), true);
  for (const other of ['Pencil', 'pencil ', 'penci', '', '\u0000', 'x'.repeat(5000)]) {
    assert.equal(await verifyPassword(credentials, other), false);
  }
});

test('RFC 8265 §4: a password typed with another kind of space, or in another normal form, is the same', async () => {
  const credentials = await deriveCredentials('cafe\u0301 \u00e0 la carte', 4096);
  assert.equal(await verifyPassword(credentials, 'caf\u00e9\u00a0a\u0300 la carte'), true);
});

test('nothing but keys is kept, with a salt of its own for each mechanism and each time', async () => {
  const one = await deriveCredentials('pencil', 4096);
  const two = await deriveCredentials('pencil', 4096);
  const salts = [one, two].flatMap((credentials) =>
    scramMechanisms.map((mechanism) => Buffer.from(credentials[mechanism].salt).toString('hex')),
  );
  assert.equal(new Set(salts).size, 6);
  for (const mechanism of scramMechanisms) {
    assert.deepEqual(Object.keys(one[mechanism]).sort(), ['iterations', 'salt', 'serverKey', 'storedKey']);
    assert.equal(one[mechanism].salt.length, 16);
  }
});

test('an empty password, one that is too long and one with a control character are refused', async () => {
  for (const password of ['', 'x'.repeat(1024), 'bell\u0007']) {
    await assert.rejects(deriveCredentials(password, 4096), { kind: 'malformed' });
  }
});

test('RFC 5802 §9: keys of an unknown name are always the same, look like real ones and fit no password', async () => {
  const fake = fakeCredentials(SECRET, 'nobody@example.test', 4096);
  const real = await deriveCredentials('pencil', 4096);
  assert.deepEqual(fake, fakeCredentials(SECRET, 'nobody@example.test', 4096));
  assert.notDeepEqual(fake, fakeCredentials(SECRET, 'somebody@example.test', 4096));
  assert.notDeepEqual(fake, fakeCredentials(Buffer.alloc(32, 8), 'nobody@example.test', 4096));
  const shape = (credentials: typeof fake) =>
    scramMechanisms.map((mechanism) => {
      const { salt, iterations, storedKey, serverKey } = credentials[mechanism];
      return [salt.length, iterations, storedKey.length, serverKey.length];
    });
  assert.deepEqual(shape(fake), shape(real));
  assert.equal(await verifyPassword(fake, 'pencil'), false);
});

test('many passwords at once are checked a few at a time, and beyond a limit refused', async () => {
  const credentials = await deriveCredentials('pencil', 4096);
  const checks = await Promise.allSettled(Array.from({ length: 1100 }, () => verifyPassword(credentials, 'pencil')));
  const refused = checks.filter((check) => check.status === 'rejected');
  assert.equal(refused.length, 98);
  assert.ok(refused.every((check) => check.reason.kind === 'over-limit'));
  assert.equal(await verifyPassword(credentials, 'pencil'), true);
});
