import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { optionsRequest, startTransports, type TransportsUnderTest } from '../../../test/support/sip-transports.ts';
import { until } from '../../../test/support/until.ts';
import { StreamConnection } from './stream-connection.ts';

const REQUEST = optionsRequest({ transport: 'TCP' });

async function client(t: TestContext, { port }: { port: number }, host = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ port, host });
  t.after(() => socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

async function received(socket: Socket, length: number): Promise<string> {
  let text = '';
  for await (const bytes of socket.iterator({ destroyOnReturn: false })) {
    text += (bytes as Buffer).toString('latin1');
    if (text.length >= length) break;
  }
  return text;
}

const refused = async ({ metrics }: TransportsUnderTest, reason: string): Promise<number> => {
  const line = new RegExp(`^rollcall_sip_transport_refused_total\\{reason="${reason}"\\} (\\d+)$`, 'm');
  return Number(line.exec(await metrics.text())?.[1] ?? 0);
};

const flush = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('RFC 3261 §18.3: messages are told apart by Content-Length, however they are cut', async (t) => {
  const server = await startTransports(t);
  const socket = await client(t, server);
  const text = optionsRequest({ callId: 'one', body: 'abc' }) + optionsRequest({ callId: 'two' });
  for (let at = 0; at < text.length; at += 97) {
    socket.write(text.slice(at, at + 97), 'latin1');
    await flush();
  }
  const first = await server.next();
  const second = await server.next();
  assert.deepEqual([first.message!.callId, first.message!.body, second.message!.callId], ['one', 'abc', 'two']);
  assert.equal(first.flow, second.flow);
  assert.equal(first.flow.id, `tcp 127.0.0.1:${server.port} 127.0.0.1:${socket.localPort}`);
  assert.equal(first.flow.sentBy, `127.0.0.1:${server.port}`);
  assert.equal(server.transports.flowOf(first.flow.id), first.flow);
});

test('responses of one turn go out in one write, byte for byte', async (t) => {
  const server = await startTransports(t);
  const socket = await client(t, server);
  socket.write(REQUEST);
  const { flow } = await server.next();
  flow.send('SIP/2.0 100 Trying\r\n\xff\r\n');
  flow.send('SIP/2.0 200 OK\r\n\x00\r\n');
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  assert.equal(bytes.toString('latin1'), 'SIP/2.0 100 Trying\r\n\xff\r\nSIP/2.0 200 OK\r\n\x00\r\n');
});

test('RFC 5626 §4.4.1: a ping of two line ends is answered by one, between messages as well', async (t) => {
  const server = await startTransports(t);
  const socket = await client(t, server);
  socket.write('\r\n\r\n');
  assert.equal(await received(socket, 2), '\r\n');
  socket.write(`${REQUEST}\r\n`);
  await server.next();
  socket.write('\r\n');
  assert.equal(await received(socket, 2), '\r\n');
  assert.equal(server.waiting.length, 0);
});

test('a client that closes its half at once still gets the response', async (t) => {
  const server = await startTransports(t);
  const socket = await client(t, server);
  socket.end(REQUEST);
  const { flow } = await server.next();
  flow.send('SIP/2.0 200 OK\r\n\r\n');
  assert.equal(await received(socket, 18), 'SIP/2.0 200 OK\r\n\r\n');
  const closed = new Promise<void>((resolve) => flow.onClose(resolve));
  await until(
    'the server knows of the end',
    () => {
      server.clock.advance(1000);
      return flow.isClosed;
    },
    { everyMs: 5 },
  );
  await closed;
  assert.equal(server.transports.flowOf(flow.id), undefined);
});

test('who waits for the end of a connection is told once, and what is sent after it goes nowhere', async (t) => {
  const server = await startTransports(t);
  const socket = await client(t, server);
  socket.write(REQUEST);
  const { flow } = await server.next();
  let told = 0;
  const withdraw = flow.onClose(() => assert.fail('withdrawn'));
  withdraw();
  flow.onClose(() => {
    throw new Error('as a fault of a feature would');
  });
  const closed = new Promise<void>((resolve) => flow.onClose(() => resolve(void told++)));
  socket.resetAndDestroy();
  await closed;
  flow.send('SIP/2.0 200 OK\r\n\r\n');
  flow.close();
  assert.equal(told, 1);
  assert.equal(flow.isClosed, true);
});

test('RFC 3261 §18.3: without Content-Length nothing can follow: it is refused, then the connection closed', async (t) => {
  const server = await startTransports(t);
  server.onArrival = ({ malformed, flow }) => flow.send(`SIP/2.0 ${malformed!.status} ${malformed!.reason}\r\n\r\n`);
  const socket = await client(t, server);
  socket.write(REQUEST.replace('Content-Length: 0\r\n', ''));
  const text = await received(socket, 1);
  assert.match(text, /^SIP\/2\.0 400 Missing Content-Length\r\n/);
  await once(socket.resume(), 'close');
});

test('a header that never ends is refused with 513, and a body that is too large with 413', async (t) => {
  const server = await startTransports(t);
  const endless = await client(t, server);
  endless.write(`OPTIONS sip:example.test SIP/2.0\r\nSubject: ${'x'.repeat(40_000)}`);
  assert.equal((await server.next()).malformed!.status, 513);
  await received(endless, 1).catch(() => {});
  const large = await client(t, server);
  large.write(REQUEST.replace('Content-Length: 0', 'Content-Length: 300000'));
  assert.equal((await server.next()).malformed!.status, 413);
});

test('a connection that says nothing in time is cut off, one byte a second or not', async (t) => {
  const server = await startTransports(t, { overrides: { 'sip.limits.firstMessageSeconds': 30 } });
  const silent = await client(t, server);
  const slow = await client(t, server);
  const ends = [once(silent, 'close'), once(slow, 'close')];
  silent.resume();
  slow.resume();
  const said = await client(t, server);
  said.write(REQUEST);
  const { flow } = await server.next();
  for (let second = 0; second < 32; second++) {
    slow.write('O');
    await flush();
    server.clock.advance(1000);
  }
  await Promise.all(ends);
  assert.equal(await refused(server, 'no-message'), 2);
  assert.equal(flow.isClosed, false);
  server.clock.advance(7200_000);
  assert.ok(await until('one that fell silent is closed in the end', () => flow.isClosed, { everyMs: 5 }));
});

test('one network address has so many connections, and so many that have said nothing', async (t) => {
  const server = await startTransports(t, {
    overrides: { 'sip.limits.maxSilentPerAddress': 2, 'sip.limits.maxConnectionsPerAddress': 3 },
  });
  const isRefused = async () => {
    const socket = await client(t, server);
    socket.resume();
    const answered = once(socket, 'data').then(() => false);
    const closed = once(socket, 'close').then(() => true);
    socket.write('\r\n\r\n');
    return Promise.race([answered, closed]);
  };
  const speak = async (callId: string) => {
    const socket = await client(t, server);
    socket.write(optionsRequest({ callId }));
    await server.next();
  };
  assert.deepEqual([await isRefused(), await isRefused(), await isRefused()], [false, false, true]);
  assert.equal(await refused(server, 'too-many-silent'), 1);
  server.clock.advance(31_000);
  await until('they are gone', async () => (await refused(server, 'no-message')) === 2, { everyMs: 5 });
  for (const callId of ['one', 'two', 'three']) await speak(callId);
  assert.equal(await isRefused(), true);
  assert.equal(await refused(server, 'too-many-of-address'), 1);
});

test('a peer that does not read what it is sent is not read from either, and cut off when that is too much', async (t) => {
  const server = await startTransports(t, { overrides: { 'sip.limits.maxUnsentBytes': 1_000_000 } });
  const socket = await client(t, server);
  socket.pause();
  socket.write(REQUEST);
  const { flow } = await server.next();
  const closed = new Promise<void>((resolve) => flow.onClose(resolve));
  for (let sent = 0; sent < 400 && !flow.isClosed; sent++) {
    flow.send('x'.repeat(100_000));
    await flush();
  }
  await closed;
  assert.equal(await refused(server, 'slow-reader'), 1);
});

test('a fan-out in one turn beyond what may wait cuts the connection off instead of growing', async (t) => {
  const server = await startTransports(t, { overrides: { 'sip.limits.maxUnsentBytes': 65_536 } });
  const socket = await client(t, server);
  socket.write(REQUEST);
  const { flow } = await server.next();
  const closed = new Promise<void>((resolve) => flow.onClose(resolve));
  for (let i = 0; i < 100; i++) flow.send('x'.repeat(1000));
  await closed;
  assert.equal(await refused(server, 'slow-reader'), 1);
});

test('one that sends faster than it may is made to wait for the next second, and loses nothing', async (t) => {
  const server = await startTransports(t, { overrides: { 'sip.limits.bytesPerSecond': 65_536 } });
  const socket = await client(t, server);
  const count = 400;
  for (let i = 0; i < count; i++) socket.write(optionsRequest({ callId: `call-${i}`, pad: 300 }));
  let got = 0;
  server.onArrival = () => void got++;
  await until('it is made to wait', async () => (await refused(server, 'too-fast')) > 0, { everyMs: 5 });
  await until(
    'all have come',
    () => {
      server.clock.advance(1000);
      return got === count;
    },
    { everyMs: 5 },
  );
});

test('RFC 3261 §18.1.1: a connection to a target is opened once for all who ask, and used again', async (t) => {
  const server = await startTransports(t);
  const other = await startTransports(t);
  const target = { transport: 'tcp', address: '127.0.0.1', port: other.port, domain: 'example.test' } as const;
  const [one, two] = await Promise.all([server.transports.flowTo(target), server.transports.flowTo(target)]);
  assert.equal(one, two);
  assert.ok(one instanceof StreamConnection);
  assert.equal(server.transports.flowTo(target), one);
  // Where a response goes once this connection is gone: to the port that is listened on.
  assert.equal(one.sentBy, `127.0.0.1:${server.port}`);
  one.send(REQUEST);
  const { message, flow } = await other.next();
  assert.equal(message!.callId, 'a84b4c76e66710');
  // And the other way: a target that is the other end of a connection that came in.
  const back = { transport: 'tcp', address: '127.0.0.1', port: flow.remotePort, domain: 'x' } as const;
  assert.equal(other.transports.flowTo(back), flow);
  flow.send('SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n');
  assert.equal((await server.next()).message!.kind, 'response');
});

test('RFC 3263 §4.3: a connection that cannot be had is a 503 in good time', async (t) => {
  const server = await startTransports(t, { overrides: { 'sip.limits.connectSeconds': 4 } });
  const listener = createServer();
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as { port: number };
  listener.close();
  await once(listener, 'close');
  const target = { transport: 'tcp', address: '127.0.0.1', port, domain: 'x' } as const;
  await assert.rejects(async () => server.transports.flowTo(target), { status: 503 });
  // Where TLS is expected and nobody speaks it, time runs out.
  const mute = createServer(() => {});
  mute.listen(0, '127.0.0.1');
  await once(mute, 'listening');
  t.after(() => mute.close());
  const arrived = once(mute, 'connection');
  const waiting = server.transports.flowTo({
    transport: 'tls',
    address: '127.0.0.1',
    port: (mute.address() as { port: number }).port,
    domain: 'x',
  });
  const [accepted] = (await arrived) as [Socket];
  accepted.on('error', () => {});
  server.clock.advance(4000);
  await assert.rejects(async () => waiting, { status: 503 });
  accepted.destroy();
});

test('RFC 7118 §5.2.1: nobody connects to a browser', async (t) => {
  const server = await startTransports(t);
  const target = { transport: 'ws', address: '192.0.2.1', port: 80, domain: 'x' } as const;
  assert.throws(() => server.transports.flowTo(target), { status: 503 });
});

test('a server that stops sends what waits, and closes', async (t) => {
  const server = await startTransports(t);
  const socket = await client(t, server);
  socket.write(REQUEST);
  const { flow } = await server.next();
  flow.send('NOTIFY sip:juliet@example.test SIP/2.0\r\n\r\n');
  const stopped = server.transports.stop();
  assert.match(await received(socket, 20), /^NOTIFY/);
  socket.end();
  await stopped;
});
