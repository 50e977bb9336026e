/** RFC 6120 §5, RFC 7590, XEP-0368: what happens below the stream. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { selfSigned } from '#setup/self-signed.ts';
import { type InProcess, startInProcess } from '../support/in-process.ts';
import { figure, RawConnection } from '../support/raw-connection.ts';
import { until } from '../support/until.ts';

let server: InProcess;
before(async () => {
  server = await startInProcess({ people: ['romeo'], settings: { 'server.domains': ['chat.example.test'] } });
  writeCertificate('chat.example.test');
  await server.restart();
});
after(async () => {
  const unexpected = server.errors.splice(0).filter((line) => !/the certificate could not be read/.test(line));
  assert.deepEqual(unexpected, []);
  await server.stop();
});

/** @returns the certificate, PEM */
function writeCertificate(domain: string): string {
  const folder = join(server.running.node.folder.tlsFolder, domain);
  mkdirSync(folder, { recursive: true });
  const { key, certificate } = selfSigned([domain], Date.now());
  writeFileSync(join(folder, 'key.pem'), key);
  writeFileSync(join(folder, 'certificate.pem'), certificate);
  return certificate;
}

const handshakesFailed = () => figure(server, 'rollcall_xmpp_refused_total{reason="tls-handshake"}');

async function shakeHands(options: ConnectionOptions): Promise<TLSSocket> {
  const port = server.running.ports['xmpp-tls']!;
  const socket = connectTls({
    host: '127.0.0.1',
    port,
    servername: 'example.test',
    rejectUnauthorized: false,
    ...options,
  });
  await once(socket, 'secureConnect');
  return socket;
}

async function certificateFor(servername: string): Promise<string> {
  const socket = await shakeHands({ servername });
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}

test('RFC 7590 §3.1: TLS 1.0 and 1.1 are refused', async () => {
  for (const version of ['TLSv1', 'TLSv1.1'] as const) {
    const before = await handshakesFailed();
    const old = shakeHands({ minVersion: 'TLSv1', maxVersion: version, ciphers: 'ALL:@SECLEVEL=0' });
    await assert.rejects(old, /protocol version|unsupported protocol|no protocols/i);
    await until('it is counted', async () => (await handshakesFailed()) > before);
  }
});

test('RFC 9325 §4.2: cipher suites without forward secrecy or authenticated encryption are refused', async () => {
  for (const ciphers of ['AES128-GCM-SHA256:@SECLEVEL=0', 'ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0', 'aNULL:@SECLEVEL=0']) {
    await assert.rejects(shakeHands({ maxVersion: 'TLSv1.2', ciphers }), /handshake failure|no cipher/i);
  }
});

test('TLS 1.2 and 1.3 are spoken', async () => {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const socket = await shakeHands({ minVersion: version, maxVersion: version });
    assert.equal(socket.getProtocol(), version);
    socket.destroy();
  }
});

test('XEP-0368 §2: the application is called xmpp-client, and others are not served', async () => {
  const socket = await shakeHands({ ALPNProtocols: ['http/1.1', 'xmpp-client'] });
  assert.equal(socket.alpnProtocol, 'xmpp-client');
  socket.destroy();
  await assert.rejects(shakeHands({ ALPNProtocols: ['h2', 'http/1.1'] }), /no application protocol/i);
  (await shakeHands({})).destroy();
});

test('what is no TLS is closed and counted', async () => {
  const port = server.running.ports['xmpp-tls']!;
  const garbage = [
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    Buffer.from('<stream:stream>'),
    Buffer.alloc(5_000, 0xff),
    Buffer.from([22, 3, 1, 255, 255]),
  ];
  for (const bytes of garbage) {
    const before = await handshakesFailed();
    const socket = connectTcp(port, '127.0.0.1').on('error', () => {});
    socket.on('data', () => {}).end(bytes);
    await once(socket, 'close');
    await until('it is counted', async () => (await handshakesFailed()) > before);
  }
});

test('RFC 6066 §3: each domain shows its own certificate; a name that is none of ours, the first one’s', async () => {
  const first = await certificateFor('example.test');
  const second = await certificateFor('chat.example.test');
  assert.notEqual(first, second);
  assert.equal(await certificateFor('CHAT.example.test'), second);
  assert.equal(await certificateFor('elsewhere.test'), first);
});

test('a renewed certificate holds for the next connection, and the old connections stay', async () => {
  const romeo = await RawConnection.signedIn(server, 'romeo');
  const before = await certificateFor('example.test');
  const certificate = writeCertificate('example.test');
  const file = join(server.running.node.folder.tlsFolder, 'example.test', 'certificate.pem');
  const renewed = await until('it is shown', async () => {
    const now = await certificateFor('example.test');
    return now !== before && now;
  });

  writeFileSync(file, 'nothing of use');
  const ready = () => fetch(`http://127.0.0.1:${server.running.ports.http}/readyz`);
  await until('it is reported', async () => (await ready()).status === 503);
  assert.match(await (await ready()).text(), /certificate of example\.test/);
  assert.equal(await certificateFor('example.test'), renewed);

  writeFileSync(file, certificate);
  await until('it is well again', async () => (await ready()).status === 200);
  romeo.write("<iq type='get' id='still'><x xmlns='urn:example:x'/></iq>");
  await romeo.until(/id='still'/);
  romeo.destroy();
});
