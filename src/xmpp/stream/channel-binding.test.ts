import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { duplexPair } from 'node:stream';
import { test } from 'node:test';
import tls, { type TLSSocket } from 'node:tls';
import { channelBindings, hashOfSignature } from './channel-binding.ts';

const file = (name: string) => readFileSync(new URL(`../../../test/vectors/certificates/${name}`, import.meta.url));

const signatures: [certificate: string, hash: string | undefined, why: string][] = [
  ['ecdsa-sha256.pem', 'sha256', 'the hash of its signature'],
  ['ecdsa-sha384.pem', 'sha384', 'the hash of its signature'],
  ['rsa-sha512.pem', 'sha512', 'the hash of its signature'],
  ['rsa-sha1.pem', 'sha256', 'SHA-1 is too weak'],
  ['rsa-md5.pem', 'sha256', 'MD5 is too weak'],
  ['ed25519.pem', undefined, 'its signature has no hash of its own'],
  ['rsa-pss.pem', undefined, 'we cannot see which hash its signature has'],
];

for (const [name, hash, why] of signatures) {
  test(`RFC 5929 §4.1: ${name} is hashed with ${hash}: ${why}`, () => assert.equal(hashOfSignature(file(name)), hash));
}

/** What both ends of a connection see. */
async function connect(maxVersion: 'TLSv1.2' | 'TLSv1.3', look: (server: TLSSocket, client: TLSSocket) => void) {
  const [near, far] = duplexPair();
  const [cert, key] = [file('ecdsa-sha256.pem'), file('ecdsa-sha256.key')];
  const server = new tls.TLSSocket(near, { isServer: true, secureContext: tls.createSecureContext({ cert, key }) });
  const client = tls.connect({ socket: far, rejectUnauthorized: false, maxVersion });
  await Promise.all([once(server, 'secure'), once(client, 'secureConnect')]);
  look(server, client);
  client.destroy();
  server.destroy();
}

test('RFC 9266, RFC 5929 §4: over TLS 1.3 both ends have the same data for both types', async () => {
  await connect('TLSv1.3', (server, client) => {
    const bindings = channelBindings(server, server.getX509Certificate()!);
    assert.deepEqual([...bindings.keys()], ['tls-exporter', 'tls-server-end-point']);
    const exported = client.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0));
    assert.deepEqual(bindings.get('tls-exporter')!(), exported);
    const shown = createHash('sha256').update(client.getPeerCertificate().raw).digest();
    assert.deepEqual(bindings.get('tls-server-end-point')!(), shown);
  });
});

test('RFC 9266 §4.2: over TLS 1.2 there is the end point alone', async () => {
  await connect('TLSv1.2', (server) => {
    assert.deepEqual([...channelBindings(server, server.getX509Certificate()!).keys()], ['tls-server-end-point']);
  });
});
