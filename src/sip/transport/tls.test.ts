import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { selfSigned } from '#setup/self-signed.ts';
import { optionsRequest, startTransports } from '../../../test/support/sip-transports.ts';
import { until } from '../../../test/support/until.ts';

const REQUEST = optionsRequest({ transport: 'TLS' });

async function client(t: TestContext, port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  t.after(() => socket.destroy());
  await once(socket, 'secureConnect');
  socket.on('error', () => {});
  return socket;
}

test('RFC 3261 §26.3.1: the server proves its domain; a client without a certificate is served like anybody', async (t) => {
  const server = await startTransports(t);
  const socket = await client(t, server.tlsPort, {
    rejectUnauthorized: true,
    ca: server.certificate.certificate,
    servername: 'example.test',
  });
  socket.write(REQUEST);
  const { message, flow } = await server.next();
  assert.equal(message!.callId, 'a84b4c76e66710');
  assert.equal(flow.transport, 'tls');
  assert.equal(flow.isSecure, true);
  assert.deepEqual(flow.peerNames, []);
  assert.equal(flow.sentBy, `127.0.0.1:${server.tlsPort}`);
  const answer = once(socket, 'data');
  flow.send('SIP/2.0 200 OK\r\n\r\n');
  assert.equal(String((await answer)[0]), 'SIP/2.0 200 OK\r\n\r\n');
});

test('RFC 5922 §7.1: a client is who its certificate says, where an authority of ours has signed it', async (t) => {
  const manager = selfSigned(['cucm-pub.example.test', 'cucm.example.test'], Date.now());
  const stranger = selfSigned(['cucm-pub.example.test'], Date.now());
  const server = await startTransports(t, {
    overrides: { 'sip.listeners.clientCertificates': 'FOLDER/clients.pem' },
    files: { 'clients.pem': manager.certificate },
  });
  const ask = async (from: { key: string; certificate: string } | undefined) => {
    const socket = await client(t, server.tlsPort, from && { key: from.key, cert: from.certificate });
    socket.write(REQUEST);
    return (await server.next()).flow.peerNames;
  };
  assert.deepEqual(await ask(manager), ['cucm-pub.example.test', 'cucm.example.test']);
  assert.deepEqual(await ask(stranger), []);
  assert.deepEqual(await ask(undefined), []);
});

test('RFC 5922 §7.3: a server that is connected to has to prove the domain that was asked for', async (t) => {
  const other = await startTransports(t, { domain: 'other.test' });
  const server = await startTransports(t, {
    overrides: { 'sip.listeners.trustedServers': 'FOLDER/servers.pem' },
    files: { 'servers.pem': other.certificate.certificate },
  });
  const target = { transport: 'tls', address: '127.0.0.1', port: other.tlsPort, domain: 'other.test' } as const;
  const flow = await server.transports.flowTo(target);
  assert.deepEqual(flow.peerNames, ['other.test']);
  assert.equal(flow.isSecure, true);
  flow.send(REQUEST);
  const arrived = await other.next();
  assert.equal(arrived.message!.callId, 'a84b4c76e66710');
  assert.equal(server.transports.flowTo(target), flow);
  // The same place, but not the one that was asked for: the connection that is there does not do either.
  await assert.rejects(async () => server.transports.flowTo({ ...target, domain: 'example.test' }), { status: 503 });
  // RFC 5923 §5: who connected to us has proven nothing, and is no way to a domain.
  const back = {
    transport: 'tls',
    address: '127.0.0.1',
    port: arrived.flow.remotePort,
    domain: 'example.test',
  } as const;
  await assert.rejects(async () => other.transports.flowTo(back), { status: 503 });
});

test('a server whose certificate nobody vouches for is not believed, unless the settings say so', async (t) => {
  const other = await startTransports(t, { domain: 'other.test' });
  const target = { transport: 'tls', address: '127.0.0.1', port: other.tlsPort, domain: 'other.test' } as const;
  const strict = await startTransports(t);
  await assert.rejects(async () => strict.transports.flowTo(target), { status: 503 });
  const lax = await startTransports(t, { overrides: { 'sip.listeners.verifyServers': false } });
  const flow = await lax.transports.flowTo(target);
  assert.deepEqual(flow.peerNames, []);
  assert.equal(lax.transports.flowTo(target), flow);
});

test('who begins a handshake and does not end it is cut off', async (t) => {
  const server = await startTransports(t);
  const { connect: connectTcp } = await import('node:net');
  const socket = connectTcp({ port: server.tlsPort, host: '127.0.0.1' });
  socket.on('error', () => {});
  await once(socket, 'connect');
  const closed = once(socket.resume(), 'close');
  await until(
    'it is cut off',
    async () => {
      server.clock.advance(1000);
      return /reason="tls-handshake"\} 1/.test(await server.metrics.text());
    },
    { everyMs: 5 },
  );
  await closed;
});

test('a file of authorities that is not there believes nobody, and the listener serves on', async (t) => {
  const server = await startTransports(t, {
    overrides: { 'sip.listeners.clientCertificates': 'FOLDER/not-there.pem' },
  });
  const { key, certificate } = selfSigned(['cucm.example.test'], Date.now());
  const socket = await client(t, server.tlsPort, { key, cert: certificate });
  socket.write(REQUEST);
  assert.deepEqual((await server.next()).flow.peerNames, []);
});
