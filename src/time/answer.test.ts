import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readAnswer, writeRequest } from './answer.ts';
import { toTimestamp } from './ntp-timestamp.ts';
import { type Packet, readPacket, writePacket } from './packet.ts';
import { referenceIdOf, referenceIdOfText } from './reference-id.ts';

const SENT_AT = Date.UTC(2026, 2, 3, 8, 15, 30);
const NONCE = 0x0123_4567_89ab_cdefn;
const request = { nonce: NONCE, sentAt: SENT_AT };

/** What a server at stratum 2 answers whose clock is 100 ms ahead; 10 ms there, 2 ms for the answer, 10 ms back. */
const good: Packet = {
  leap: 0,
  version: 4,
  mode: 4,
  stratum: 2,
  poll: 6,
  precision: -23,
  rootDelaySeconds: 0.01,
  rootDispersionSeconds: 0.02,
  referenceId: referenceIdOf('10.1.1.1'),
  reference: toTimestamp(SENT_AT - 60_000),
  origin: NONCE,
  receive: toTimestamp(SENT_AT + 110),
  transmit: toTimestamp(SENT_AT + 112),
};
const read = (changed: Partial<Packet>) => readAnswer(writePacket({ ...good, ...changed }), request, SENT_AT + 22);

test('RFC 5905 §8: offset and delay come out of the four timestamps', () => {
  const reading = read({});
  assert.ok(reading.kind === 'time');
  assert.ok(Math.abs(reading.sample.offsetMs - 100) < 0.001);
  assert.ok(Math.abs(reading.sample.delayMs - 20) < 0.001);
  assert.equal(reading.server.stratum, 2);
  assert.ok(Math.abs(reading.server.rootDelayMs - 10) < 0.01);
});

test('a request tells nothing of who asks', () => {
  const packet = readPacket(writeRequest(NONCE))!;
  assert.deepEqual(
    [packet.version, packet.mode, packet.transmit, packet.receive, packet.reference],
    [4, 3, NONCE, 0n, 0n],
  );
});

const refused: [name: string, changed: Partial<Packet>, kind: string, more: RegExp][] = [
  ['an answer to another request (spoofed, late, or repeated)', { origin: NONCE + 1n }, 'ignored', /something else/],
  ['an answer without origin', { origin: 0n }, 'ignored', /something else/],
  ['a request of somebody else', { mode: 3 }, 'ignored', /mode 3/],
  ['a broadcast', { mode: 5 }, 'ignored', /mode 5/],
  ['a control message', { mode: 6 }, 'ignored', /mode 6/],
  ['a version that there is not', { version: 5 }, 'ignored', /version 5/],
  ['RFC 5905 §7.4: RATE', { stratum: 0, referenceId: referenceIdOfText('RATE') }, 'kiss', /RATE/],
  ['RFC 5905 §7.4: DENY', { stratum: 0, referenceId: referenceIdOfText('DENY') }, 'kiss', /DENY/],
  ['RFC 5905 §7.4: RSTR', { stratum: 0, referenceId: referenceIdOfText('RSTR') }, 'kiss', /RSTR/],
  [
    'a kiss that answers nothing',
    { stratum: 0, origin: 1n, referenceId: referenceIdOfText('DENY') },
    'ignored',
    /else/,
  ],
  ['ntpd before its first answer', { stratum: 0, referenceId: referenceIdOfText('INIT') }, 'unsynchronised', /INIT/],
  ['chronyd without a source', { stratum: 0, leap: 3, referenceId: 0 }, 'unsynchronised', /stratum 0/],
  ['stratum 16', { stratum: 16 }, 'unsynchronised', /stratum 16/],
  ['a stratum that there is not', { stratum: 200 }, 'unsynchronised', /stratum 200/],
  ['leap indicator 3', { leap: 3 }, 'unsynchronised', /leap/],
  ['no time', { transmit: 0n }, 'unsynchronised', /no time/],
  ['a clock that runs backwards', { transmit: toTimestamp(SENT_AT + 109) }, 'unsynchronised', /backwards/],
  ['a server that is lost itself', { rootDispersionSeconds: 16 }, 'unsynchronised', /16\.0 s/],
];

test('what is no usable answer is refused, each for its own reason', () => {
  for (const [name, changed, kind, more] of refused) {
    const reading = read(changed);
    assert.equal(reading.kind, kind, name);
    assert.match(JSON.stringify(reading), more, name);
  }
  assert.equal(readAnswer(new Uint8Array(47), request, SENT_AT).kind, 'ignored');
});

test('RFC 5905 §6: the answer of a server is understood when an era ends between question and answer', () => {
  const sentAt = Date.UTC(2036, 1, 7, 6, 28, 15, 999);
  const packet = { ...good, receive: toTimestamp(sentAt + 5), transmit: toTimestamp(sentAt + 6) };
  const reading = readAnswer(writePacket(packet), { nonce: NONCE, sentAt }, sentAt + 11);
  assert.ok(reading.kind === 'time' && Math.abs(reading.sample.offsetMs) < 0.001);
});

test('any bytes at all are a reading with finite figures', () => {
  const answering = fc.uint8Array({ minLength: 48, maxLength: 100 }).map((bytes) => {
    bytes.set(Buffer.from(NONCE.toString(16).padStart(16, '0'), 'hex'), 24);
    bytes[0] = (bytes[0]! & 0xf8) | 4;
    return bytes;
  });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 100 }), answering), (bytes) => {
      const reading = readAnswer(bytes, request, SENT_AT + 22);
      if (reading.kind === 'time')
        for (const figure of Object.values(reading.sample)) assert.ok(Number.isFinite(figure));
    }),
    { numRuns: 1000 },
  );
});
