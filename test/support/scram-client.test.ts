import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ScramClient } from './scram-client.ts';

const EXCHANGES = [
  {
    source: 'RFC 5802 §5',
    mechanism: 'SCRAM-SHA-1',
    nonce: 'fyko+d2lbbFgONRv9qkxdawL',
    first: 'n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL',
    challenge: 'r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096',
    final: 'c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=',
    success: 'v=rmF9pqV8S7suAoZWja4dJRkFsKQ=',
  },
  {
    source: 'RFC 7677 §3',
    mechanism: 'SCRAM-SHA-256',
    nonce: 'rOprNGfwEbeRWgbNEkqO',
    first: 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO',
    challenge: 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
    final: 'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    success: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
  },
];

describe("SCRAM, the client's half", () => {
  for (const { source, mechanism, nonce, first, challenge, final, success } of EXCHANGES) {
    test(`${source}: the example is spoken word for word`, async () => {
      const client = new ScramClient(mechanism, 'user', 'pencil', { nonce });
      assert.equal(client.first, first);
      assert.equal(await client.final(challenge), final);
      client.verify(success);
    });
  }

  test('RFC 5802 §5.1: a server that does not know the keys, or has another nonce, is not believed', async () => {
    const client = new ScramClient('SCRAM-SHA-1', 'user', 'pencil', { nonce: 'abc' });
    await assert.rejects(client.final('r=xyz,s=QSXCR+Q6sek8bf92,i=4096'), /nonce/);
    await assert.rejects(client.final('r=abc,s=QSXCR+Q6sek8bf92,i=4096'), /nonce/);
    await client.final('r=abcdef,s=QSXCR+Q6sek8bf92,i=4096');
    assert.throws(() => client.verify('v=rmF9pqV8S7suAoZWja4dJRkFsKQ='), /did not prove/);
    assert.throws(() => client.verify('e=other-error'), /did not prove/);
  });
});
