import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { connect, createServer } from 'node:tls';
import fc from 'fast-check';
import { oid, time, unsigned } from './der.ts';
import { selfSigned } from './self-signed.ts';

test('RFC 5280 §4.1: a self-signed certificate is P-256, signed by its own key, and names its domain', () => {
  const now = Date.now();
  const { key, certificate } = selfSigned(['chat.example', '127.0.0.1'], now);
  const read = new X509Certificate(certificate);
  assert.equal(read.subject, 'CN=chat.example');
  assert.equal(read.subjectAltName, 'DNS:chat.example, IP Address:127.0.0.1');
  assert.ok(read.verify(read.publicKey));
  assert.ok(read.checkPrivateKey(createPrivateKey(key)));
  assert.equal(read.publicKey.asymmetricKeyDetails?.namedCurve, 'prime256v1');
  assert.ok(read.validFromDate.getTime() < now && read.validToDate.getTime() > now);
  assert.equal(read.ca, false);
});

test('a TLS client that trusts the certificate connects and finds the name right', async (t) => {
  const { key, certificate } = selfSigned(['chat.example'], Date.now());
  const server = createServer({ key, cert: certificate }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = connect({ port, host: '127.0.0.1', servername: 'chat.example', ca: certificate });
  await once(socket, 'secureConnect');
  assert.equal(socket.authorized, true);
  socket.destroy();
});

test('RFC 5280 §4.1.2.5: years from 2050 have four digits', () => {
  assert.equal(
    time(Date.UTC(2049, 11, 31, 23, 59, 59))
      .subarray(2)
      .toString(),
    '491231235959Z',
  );
  assert.equal(
    time(Date.UTC(2050, 0, 1))
      .subarray(2)
      .toString(),
    '20500101000000Z',
  );
});

test('X.690 §8.3: an integer is as short as can be, and never negative', () => {
  assert.deepEqual([...unsigned(Buffer.from([0, 0]))], [2, 1, 0]);
  assert.deepEqual([...unsigned(Buffer.from([0, 0x7f]))], [2, 1, 0x7f]);
  assert.deepEqual([...unsigned(Buffer.from([0x80]))], [2, 2, 0, 0x80]);
  assert.deepEqual([...oid('1.2.840.10045')], [6, 5, 42, 134, 72, 206, 61]);
});

test('a certificate can be read whatever random number it got, for any domain', () => {
  const label = fc.stringMatching(/^[a-z][a-z0-9]{0,20}$/);
  fc.assert(
    fc.property(fc.array(label, { minLength: 1, maxLength: 4 }), (labels) => {
      const domain = labels.join('.');
      assert.equal(new X509Certificate(selfSigned([domain], Date.now()).certificate).checkHost(domain), domain);
    }),
    { numRuns: 30 },
  );
});
