import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type TestContext, test } from 'node:test';
import { WebSocket } from 'ws';
import { optionsRequest, startTransports, type TransportsUnderTest } from '../../../test/support/sip-transports.ts';

const REQUEST = optionsRequest({ transport: 'WS', via: 'df7jal23ls0d.invalid;branch=z9hG4bKnashds8' });

/** A port that hands all upgrades over, as the HTTPS port does those to its path. */
async function startHttp(t: TestContext, { transports }: TransportsUnderTest): Promise<string> {
  const server = createServer();
  server.on('upgrade', (request, socket, head) => transports.upgrade(request, socket, head));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return `ws://127.0.0.1:${(server.address() as { port: number }).port}/`;
}

async function client(t: TestContext, url: string): Promise<WebSocket> {
  const socket = new WebSocket(url, 'sip');
  t.after(() => socket.terminate());
  await once(socket, 'open');
  return socket;
}

test('RFC 7118 §4 and §5: a WebSocket that speaks sip, one message in each of its own, Content-Length or not', async (t) => {
  const server = await startTransports(t);
  const socket = await client(t, await startHttp(t, server));
  assert.equal(socket.protocol, 'sip');
  socket.send(REQUEST);
  const { message, flow } = await server.next();
  assert.equal(message!.via.host, 'df7jal23ls0d.invalid');
  assert.equal(flow.transport, 'ws');
  assert.equal(flow.isReliable, true);
  assert.equal(flow.isSecure, false);
  assert.equal(server.transports.flowOf(flow.id), flow);
  socket.send(Buffer.from(`${REQUEST.replace('Content-Length: 0\r\n', '')}caf\xe9`, 'latin1'));
  assert.equal((await server.next()).message!.body, 'caf\xe9');
});

test('RFC 7118 §5: what is UTF-8 goes as text, what is not goes binary, both byte for byte', async (t) => {
  const server = await startTransports(t);
  const socket = await client(t, await startHttp(t, server));
  socket.send(REQUEST);
  const { flow } = await server.next();
  for (const [text, isBinary] of [
    ['SIP/2.0 200 OK\r\n\r\n', false],
    [Buffer.from('Zoë').toString('latin1'), false],
    ['caf\xe9', true],
  ] as const) {
    const answer = once(socket, 'message');
    flow.send(text);
    const [data, binary] = (await answer) as [Buffer, boolean];
    assert.deepEqual([data.toString('latin1'), binary], [text, isBinary]);
  }
});

test('RFC 7118 §6: keep-alive is that of WebSockets, and that of RFC 5626 is answered as well', async (t) => {
  const server = await startTransports(t);
  const socket = await client(t, await startHttp(t, server));
  const pong = once(socket, 'pong');
  socket.ping();
  await pong;
  const answer = once(socket, 'message');
  socket.send('\r\n\r\n');
  assert.equal(String((await answer)[0]), '\r\n');
  assert.equal(server.waiting.length, 0);
});

test('what is no message of SIP is handed on, and the WebSocket stays', async (t) => {
  const server = await startTransports(t);
  const socket = await client(t, await startHttp(t, server));
  socket.send(REQUEST.replace('Content-Length: 0', 'Content-Length: 5'));
  assert.equal((await server.next()).malformed!.status, 400);
  socket.send(REQUEST);
  assert.equal((await server.next()).message!.kind, 'request');
});

test('a message that is larger than a message may be closes it with 1009 (RFC 6455 §7.4.1)', async (t) => {
  const server = await startTransports(t, {
    overrides: { 'sip.limits.maxHeadBytes': 4096, 'sip.limits.maxBodyBytes': 4096 },
  });
  const socket = await client(t, await startHttp(t, server));
  socket.send(REQUEST);
  const { flow } = await server.next();
  const closed = new Promise<void>((resolve) => flow.onClose(resolve));
  const code = once(socket, 'close');
  socket.send('x'.repeat(10_000));
  assert.equal((await code)[0], 1009);
  await closed;
  assert.equal(flow.isClosed, true);
});

test('WebSockets count as connections, and are cut off when nothing comes', async (t) => {
  const server = await startTransports(t, { overrides: { 'sip.limits.maxSilentPerAddress': 1 } });
  const url = await startHttp(t, server);
  const socket = await client(t, url);
  const second = new WebSocket(url, 'sip');
  const [error] = (await once(second, 'error')) as [Error];
  assert.match(error.message, /503/);
  const closed = once(socket, 'close');
  server.clock.advance(31_000);
  await closed;
});

test('a server that stops says that it goes away (1001)', async (t) => {
  const server = await startTransports(t);
  const socket = await client(t, await startHttp(t, server));
  const code = once(socket, 'close');
  await server.transports.stop();
  assert.equal((await code)[0], 1001);
});
