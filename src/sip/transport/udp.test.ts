import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { optionsRequest, startTransports } from '../../../test/support/sip-transports.ts';
import { until } from '../../../test/support/until.ts';
import { MAX_DATAGRAM_BYTES, UdpFlow } from './udp.ts';

async function client(t: TestContext, host = '127.0.0.1'): Promise<Socket> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  socket.bind(0, host);
  await once(socket, 'listening');
  t.after(() => socket.close());
  return socket;
}

async function received(socket: Socket): Promise<string> {
  const [bytes] = (await once(socket, 'message')) as [Buffer];
  return bytes.toString('latin1');
}

test('RFC 3261 §18.2.1: a datagram is one message, and its flow leads back to where it came from', async (t) => {
  const server = await startTransports(t);
  const socket = await client(t);
  socket.send(optionsRequest({ body: 'caf\xe9' }).replace('caf\xe9', 'abcd'), server.port, '127.0.0.1');
  const { message, flow } = await server.next();
  assert.equal(message!.kind, 'request');
  assert.equal(message!.body, 'abcd');
  assert.equal(flow.transport, 'udp');
  assert.equal(flow.remotePort, socket.address().port);
  assert.equal(flow.id, `udp 0.0.0.0:${server.port} 127.0.0.1:${socket.address().port}`);
  assert.equal(flow.sentBy, `127.0.0.1:${server.port}`);
  const answer = received(socket);
  flow.send('SIP/2.0 200 OK\r\n\xff\x00\r\n');
  assert.equal(await answer, 'SIP/2.0 200 OK\r\n\xff\x00\r\n');
});

test('an IPv6 peer is reached over IPv6, and its address stands in brackets', async (t) => {
  const server = await startTransports(t);
  const socket = await client(t, '::1');
  socket.send(optionsRequest(), server.port, '::1');
  const { flow } = await server.next();
  assert.equal(flow.remoteAddress, '::1');
  assert.equal(flow.id, `udp [::]:${server.port} [::1]:${socket.address().port}`);
  assert.equal(flow.sentBy, `[::1]:${server.port}`);
  const answer = received(socket);
  flow.send('x');
  assert.equal(await answer, 'x');
});

test('RFC 5626 §5.3: the id of a flow leads to it again, one of another port does not', async (t) => {
  const { transports, port } = await startTransports(t);
  const flow = transports.flowTo({ transport: 'udp', address: '127.0.0.1', port: 5070, domain: '' });
  assert.ok(flow instanceof UdpFlow);
  assert.equal(transports.flowOf(flow.id)!.id, flow.id);
  assert.equal(transports.flowOf(`udp 0.0.0.0:${port + 1} 127.0.0.1:5070`), undefined);
  assert.equal(transports.flowOf('udp nonsense'), undefined);
  assert.equal(transports.flowOf('tcp 127.0.0.1:1 127.0.0.1:2'), undefined);
});

test('many datagrams of one turn go out whole, each with its own bytes', async (t) => {
  const server = await startTransports(t);
  const socket = await client(t);
  socket.setRecvBufferSize(4_194_304);
  const flow = server.transports.flowTo({
    transport: 'udp',
    address: '127.0.0.1',
    port: socket.address().port,
    domain: '',
  }) as UdpFlow;
  const got = new Set<string>();
  socket.on('message', (bytes) => got.add(bytes.toString('latin1')));
  // Few enough for the receive buffer of any system.
  const sent = Array.from({ length: 100 }, (_, i) => `${i} ${String(i % 10).repeat(700)}`);
  for (const message of sent) flow.send(message);
  await until('all datagrams have come', () => got.size === sent.length, { everyMs: 5 });
  assert.deepEqual([...got].sort(), sent.sort());
});

test('datagrams that the system does not take at once keep their bytes as well', async () => {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  // Node then queues every one of them, as it does when the system's buffer is full.
  const args = ['--test-udp-no-try-send', '--test-name-pattern=many datagrams of one turn', import.meta.filename];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  assert.match(stdout, /pass 1\b/);
});

test('what fits into no datagram is not sent, and counted', async (t) => {
  const server = await startTransports(t);
  const flow = server.transports.flowTo({ transport: 'udp', address: '127.0.0.1', port: 9, domain: '' }) as UdpFlow;
  flow.send('x'.repeat(MAX_DATAGRAM_BYTES + 1));
  assert.match(await server.metrics.text(), /rollcall_sip_transport_refused_total\{reason="datagram-too-large"\} 1/);
});

test('what clients send to keep a NAT open is answered by nothing and is no fault', async (t) => {
  const server = await startTransports(t);
  const socket = await client(t);
  for (const bytes of ['\r\n\r\n', '\r\n', '\0\0\0\0', '']) socket.send(bytes, server.port, '127.0.0.1');
  socket.send(optionsRequest({ callId: 'after' }), server.port, '127.0.0.1');
  const { message } = await server.next();
  assert.equal(message!.callId, 'after');
  assert.equal(server.waiting.length, 0);
});

test('what is no message is handed on with its size, so that no answer is larger', async (t) => {
  const server = await startTransports(t);
  const socket = await client(t);
  socket.send('nonsense-here', server.port, '127.0.0.1');
  const { malformed, bytes, flow } = await server.next();
  assert.equal(malformed!.status, 400);
  assert.equal(malformed!.request, undefined);
  assert.equal(bytes, 13);
  assert.equal(flow.remotePort, socket.address().port);
  const cut = optionsRequest({ body: 'abc' }).slice(0, -1);
  socket.send(cut, server.port, '127.0.0.1');
  const second = await server.next();
  assert.equal(second.malformed!.request!.callId, 'a84b4c76e66710');
  assert.equal(second.bytes, cut.length);
});

test('RFC 5626 §4.4.2: a STUN binding request is told what address it was seen by', async (t) => {
  const server = await startTransports(t);
  const socket = await client(t);
  const request = Buffer.from('000100002112a442b7e7a701bc34d686fa87dfae', 'hex');
  const answer = once(socket, 'message');
  socket.send(request, server.port, '127.0.0.1');
  const [bytes] = (await answer) as [Buffer];
  assert.equal(bytes.readUInt16BE(0), 0x0101);
  assert.deepEqual(bytes.subarray(4, 20), request.subarray(4));
  assert.equal(bytes.readUInt16BE(26) ^ 0x2112, socket.address().port);
  assert.equal((bytes.readUInt32BE(28) ^ 0x2112a442) >>> 0, 0x7f000001);
});

test('what fails while a message is dealt with ends neither the port nor the process', async (t) => {
  const server = await startTransports(t);
  const socket = await client(t);
  server.onArrival = () => {
    server.onArrival = () => {};
    throw new Error('as a fault of a feature would');
  };
  socket.send(optionsRequest(), server.port, '127.0.0.1');
  socket.send(optionsRequest({ callId: 'second' }), server.port, '127.0.0.1');
  assert.equal((await server.next()).message!.callId, 'second');
});
