import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { silentLog } from '#base/log.ts';
import { Metrics } from '#base/metrics.ts';
import { readAnswer, writeRequest } from './answer.ts';
import { toTimestamp } from './ntp-timestamp.ts';
import { readPacket, writePacket } from './packet.ts';
import { referenceIdOf, referenceIdOfText } from './reference-id.ts';
import { RequestRates } from './request-rates.ts';
import { TimeServer } from './server.ts';
import { readRequest, type Standing, UNSYNCHRONISED, writeAnswer, writeRateKiss } from './server-answer.ts';
import { systemWallClock } from './wall-clock.ts';

const AT = Date.UTC(2026, 2, 3);
const NONCE = 0x1122_3344_5566_7788n;
const standing: Standing = {
  ...{ leap: 0, stratum: 3, referenceId: referenceIdOf('10.1.1.1'), referenceAt: AT - 30_000 },
  ...{ rootDelayMs: 12, rootDispersionMs: 34 },
};

test('RFC 5905 §7.3: an answer says what the clock is worth, and gives back what the request had', () => {
  const answer = readPacket(writeAnswer(readRequest(writeRequest(NONCE))!, standing, AT, AT + 1))!;
  assert.deepEqual([answer.leap, answer.version, answer.mode, answer.stratum], [0, 4, 4, 3]);
  assert.deepEqual([answer.origin, answer.receive, answer.transmit], [NONCE, toTimestamp(AT), toTimestamp(AT + 1)]);
  assert.equal(answer.reference, toTimestamp(AT - 30_000));
  assert.equal(answer.referenceId, referenceIdOf('10.1.1.1'));
  assert.ok(Math.abs(answer.rootDelaySeconds - 0.012) < 1e-4 && Math.abs(answer.rootDispersionSeconds - 0.034) < 1e-4);
});

test('RFC 5905 §7.3: a clock that is not synchronised has stratum 0 on the wire, leap 3 and the code INIT', () => {
  const answer = readPacket(writeAnswer(readRequest(writeRequest(NONCE))!, UNSYNCHRONISED, AT, AT))!;
  assert.deepEqual([answer.leap, answer.stratum, answer.referenceId], [3, 0, referenceIdOfText('INIT')]);
});

test('only clients of versions 1 to 4 are answered, in their version: no servers, peers, broadcasts, control messages', () => {
  for (let first = 0; first < 256; first++) {
    const bytes = writeRequest(NONCE);
    bytes[0] = first;
    const [version, mode] = [(first >> 3) & 7, first & 7];
    const request = readRequest(bytes);
    assert.equal(request !== undefined, mode === 3 && version >= 1 && version <= 4, `first byte ${first}`);
    if (request) assert.equal(readPacket(writeAnswer(request, standing, AT, AT))!.version, version);
  }
  assert.equal(readRequest(writeRequest(NONCE).subarray(0, 47)), undefined);
});

test('an answer is never longer than what was asked, whatever the bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const request = readRequest(bytes);
      if (request === undefined) return;
      assert.ok(writeAnswer(request, standing, AT, AT).length <= bytes.length);
      assert.ok(writeRateKiss(request).length <= bytes.length);
    }),
  );
});

test('an address above its limit gets one RATE kiss a minute, then nothing; others are answered', () => {
  const rates = new RequestRates();
  const verdicts = Array.from({ length: 5 }, () => rates.count(2, '10.0.0.1', AT));
  assert.deepEqual(verdicts, ['answer', 'answer', 'kiss', 'drop', 'drop']);
  assert.equal(rates.count(2, '10.0.0.2', AT), 'answer');
  assert.equal(rates.count(2, '10.0.0.1', AT + 60_000), 'answer');
});

test('an IPv6 network of 64 bits is one address, and an IPv4 address inside IPv6 is itself', () => {
  const rates = new RequestRates();
  assert.equal(rates.count(1, '2001:db8:1:2::1', AT), 'answer');
  assert.equal(rates.count(1, '2001:db8:1:2:ffff::9', AT), 'kiss');
  assert.equal(rates.count(1, '2001:db8:1:3::1', AT), 'answer');
  assert.equal(rates.count(1, '::ffff:10.0.0.1', AT), 'answer');
  assert.equal(rates.count(1, '::ffff:10.0.0.2', AT), 'answer');
});

test('a flood of invented addresses shares a count, and all together have a limit in each second', () => {
  const rates = new RequestRates();
  const address = (i: number) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`;
  const answered = (from: number, to: number, at: number) => {
    let count = 0;
    for (let i = from; i < to; i++) if (rates.count(3, address(i), at) === 'answer') count++;
    return count;
  };
  for (let second = 0; second < 4; second++) {
    assert.equal(answered(second * 6000, second * 6000 + 6000, AT + second * 1000), 5000);
  }
  assert.equal(answered(100_000, 101_000, AT + 5000), 3, 'no room is left for a count of their own');
});

async function start(t: TestContext, host = '127.0.0.1', port = 0): Promise<{ server: TimeServer; client: Socket }> {
  const requests = new Metrics().counters('rollcall_test', 'test', 'outcome');
  const server = await TimeServer.start({
    ...{ host, port, maxPerMinute: () => 1000, standing: () => standing },
    ...{ wall: systemWallClock(), log: silentLog(), requests },
  });
  const client = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  t.after(async () => {
    client.close();
    await server.stop();
  });
  return { server, client };
}

for (const host of ['127.0.0.1', '::1']) {
  test(`over ${host} a request is answered with the time, after any rubbish before it`, async (t) => {
    const { server, client } = await start(t, host);
    for (let i = 0; i < 50; i++) client.send(new Uint8Array(i * 3).fill(i * 7), server.port, host);
    for (const mode of [0, 1, 2, 4, 5, 6, 7]) {
      const bytes = writePacket({ ...readPacket(writeRequest(NONCE))!, mode });
      client.send(bytes, server.port, host);
    }
    const sentAt = Date.now();
    client.send(writeRequest(NONCE), server.port, host);
    // Some of the rubbish is a request, too.
    for (;;) {
      const [bytes] = await once(client, 'message');
      const reading = readAnswer(bytes, { nonce: NONCE, sentAt }, Date.now());
      if (reading.kind === 'ignored') continue;
      assert.equal(reading.kind, 'time');
      break;
    }
  });
}

test('a port that is taken, or needs rights, is refused with what to do', async (t) => {
  const { server } = await start(t);
  await assert.rejects(start(t, '127.0.0.1', server.port), (error: Error) => {
    assert.match(error.message, /is taken.*chronyd or ntpd.*time\.server\.port/);
    return true;
  });
  await assert.rejects(start(t, '192.0.2.1'), /no address 192\.0\.2\.1/);
});
