/** RFC 3261 §26.1.5: connections that cost something and bring nothing, and streams that are none of SIP. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { FakeClock } from '../support/fake-clock.ts';
import { type InProcess, startInProcess } from '../support/in-process.ts';
import { figure } from '../support/raw-connection.ts';
import { answersBefore, next, type RawSip, rawTcp, rawTls, reasonOf, request, statusOf } from '../support/raw-sip.ts';
import { until } from '../support/until.ts';

let server: InProcess;
let clock: FakeClock;
beforeEach(async () => {
  clock = new FakeClock();
  server = await startInProcess({ people: ['romeo'], clock });
});
afterEach(() => server.stop());

const refused = (reason: string) => figure(server, `rollcall_sip_transport_refused_total{reason="${reason}"}`);
const malformed = (transport: string) =>
  figure(server, `rollcall_sip_transport_malformed_total{transport="${transport}"}`);

/** Over TLS the client is done with the handshake before the server is. */
async function accepted(raw: RawSip): Promise<RawSip> {
  await until('it is accepted', async () => (await figure(server, 'rollcall_sip_connections')) > 0);
  return raw;
}

describe('slow ones are cut off', () => {
  for (const [transport, open] of Object.entries({ TCP: rawTcp, TLS: rawTls })) {
    test(`${transport}: one that says nothing, after sip.limits.firstMessageSeconds`, async () => {
      const raw = await accepted(await open(server));
      clock.advance(29_000);
      assert.deepEqual(await answersWithoutSpeaking(raw), [false]);
      clock.advance(2_000);
      await until('it is cut off', () => raw.isClosed);
      assert.equal(await refused('no-message'), 1);
    });

    test(`${transport}: one that sends a message one byte at a time, and never ends it`, async () => {
      const raw = await accepted(await open(server));
      const text = request('OPTIONS', { raw, transport });
      for (const byte of text.slice(0, 60)) {
        raw.send(byte);
        clock.advance(1_000);
        await new Promise(setImmediate);
        if (raw.isClosed) break;
      }
      await until('it is cut off', () => raw.isClosed);
      assert.equal(await refused('no-message'), 1);
    });

    test(`${transport}: one that has sent a message, and does not end the next one`, async () => {
      const raw = await accepted(await open(server));
      assert.deepEqual(await answersBefore(raw, transport), []);
      raw.send(request('OPTIONS', { raw, transport, headers: ['Content-Length: 200000'] }));
      raw.send('a'.repeat(100_000));
      const other = await open(server);
      await answersBefore(other, transport);
      clock.advance(29_000);
      assert.deepEqual(await answersWithoutSpeaking(raw), [false]);
      clock.advance(61_000);
      await until('it is cut off', () => raw.isClosed);
      assert.equal(await refused('half-message'), 1);
      assert.equal(other.isClosed, false, 'one that waits for its next message stays');
      other.close();
    });
  }

  test('TLS: one that does not shake hands', async () => {
    const socket = connect({ host: '127.0.0.1', port: server.running.ports['sip-tls']! });
    await once(socket, 'connect');
    const closed = once(socket, 'close');
    await until('it has been accepted', async () => {
      clock.advance(11_000);
      return socket.closed || (await refused('tls-handshake')) > 0;
    });
    await closed;
    assert.equal(await refused('tls-handshake'), 1);
  });
});

describe('RFC 3261 §18.3: streams whose messages are not where they should be', () => {
  const streams: [title: string, text: (raw: RawSip) => string | Buffer, status: number, reason: string][] = [
    [
      'a head of 10 MB',
      (raw) => request('OPTIONS', { raw, transport: 'TCP', headers: [`Subject: ${'a'.repeat(10 << 20)}`] }),
      513,
      'Headers Too Large',
    ],
    [
      'a head of 10 MB in many lines',
      (raw) =>
        request('OPTIONS', {
          raw,
          transport: 'TCP',
          headers: Array.from({ length: 300_000 }, (_, i) => `X-${i}: ${'a'.repeat(20)}`),
        }),
      513,
      'Headers Too Large',
    ],
    [
      'a body of 10 MB',
      (raw) => request('MESSAGE', { raw, transport: 'TCP', body: 'a'.repeat(10 << 20) }),
      413,
      'Request Entity Too Large',
    ],
    [
      'no Content-Length',
      (raw) => request('OPTIONS', { raw, transport: 'TCP', headers: ['Content-Length'] }),
      400,
      'Missing Content-Length',
    ],
    [
      'a Content-Length of more digits than there are bytes',
      (raw) => request('OPTIONS', { raw, transport: 'TCP', headers: ['Content-Length: 99999999999999999999'] }),
      400,
      'Bad Content-Length',
    ],
    [
      'two that differ',
      (raw) => request('OPTIONS', { raw, transport: 'TCP', headers: ['Content-Length: 1', 'l: 2'] }),
      400,
      'Several Content-Length',
    ],
  ];
  for (const [title, text, status, reason] of streams) {
    test(`${title}: ${status}, and the connection is closed`, async () => {
      const raw = await rawTcp(server);
      raw.send(text(raw));
      const answer = await next(raw);
      assert.deepEqual([statusOf(answer), reasonOf(answer)], [status, reason]);
      await until('it is closed', () => raw.isClosed);
      assert.equal(await malformed('tcp'), 1);
    });
  }

  const nonsense: [title: string, text: string][] = [
    ['NULs', `${'\0'.repeat(1000)}\r\n\r\n`],
    ['another protocol', 'GET / HTTP/1.1\r\nHost: example.test\r\n\r\n'],
    ['XMPP', "<stream:stream xmlns='jabber:client'>\r\n\r\n"],
    ['TLS in the clear', '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\r\n\r\n'],
  ];
  for (const [title, text] of nonsense) {
    test(`${title}: counted, not answered, and the connection is closed`, async () => {
      const raw = await rawTcp(server);
      raw.send(text);
      await until('it is closed', () => raw.isClosed);
      assert.deepEqual(raw.came, []);
      assert.equal(await malformed('tcp'), 1);
    });
  }

  test('a Content-Length of less than the body: what is left is read as a message, which it is not', async () => {
    const raw = await rawTcp(server);
    const body = 'Wherefore art thou?\r\n\r\n';
    raw.send(request('OPTIONS', { raw, transport: 'TCP', headers: ['Content-Length: 4'], body }));
    assert.equal(statusOf(await next(raw)), 200);
    await until('it is closed', () => raw.isClosed);
    assert.equal(await malformed('tcp'), 1);
  });

  test('a NUL in a message spoils that message alone', async () => {
    const raw = await rawTcp(server);
    raw.send(request('OPTIONS', { raw, transport: 'TCP', headers: ['Call-ID: a\0b'] }));
    assert.equal(statusOf(await next(raw)), 400);
    assert.deepEqual(await answersBefore(raw, 'TCP'), []);
    raw.close();
  });

  test('a thousand messages at once are each answered, in their order', async () => {
    const raw = await rawTcp(server);
    const ids = Array.from({ length: 1000 }, (_, i) => `many-${i}`);
    raw.send(ids.map((callId) => request('OPTIONS', { raw, transport: 'TCP', callId })).join(''));
    await until('all have come', () => raw.came.length === ids.length);
    assert.ok(raw.came.every((text, i) => text.includes(`\r\nCall-ID: many-${i}\r\n`)));
    raw.close();
  });
});

/** Whether it is closed by now, as far as the server has come. */
async function answersWithoutSpeaking(raw: RawSip): Promise<boolean[]> {
  const other = await rawTcp(server);
  await answersBefore(other, 'TCP');
  other.close();
  return [raw.isClosed];
}
