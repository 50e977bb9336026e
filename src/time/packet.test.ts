import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { eraOf, fromShort, fromTimestamp, toShort, toTimestamp } from './ntp-timestamp.ts';
import { HEADER_BYTES, type Packet, readPacket, writePacket } from './packet.ts';
import { referenceIdOf, referenceIdOfText, showReferenceId } from './reference-id.ts';

const anyTimestamp = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const anyShort = fc.integer({ min: 0, max: 0xffff_ffff }).map(fromShort);
const anyPacket: fc.Arbitrary<Packet> = fc.record(
  {
    leap: fc.integer({ min: 0, max: 3 }),
    version: fc.integer({ min: 0, max: 7 }),
    mode: fc.integer({ min: 0, max: 7 }),
    stratum: fc.integer({ min: 0, max: 255 }),
    poll: fc.integer({ min: -128, max: 127 }),
    precision: fc.integer({ min: -128, max: 127 }),
    rootDelaySeconds: anyShort,
    rootDispersionSeconds: anyShort,
    referenceId: fc.integer({ min: 0, max: 0xffff_ffff }),
    reference: anyTimestamp,
    origin: anyTimestamp,
    receive: anyTimestamp,
    transmit: anyTimestamp,
  },
  { noNullPrototype: true },
);

test('RFC 5905 §7.3: what is written is read back the same', () => {
  fc.assert(fc.property(anyPacket, (packet) => assert.deepEqual(readPacket(writePacket(packet)), packet)));
});

test('any bytes at all are a packet when there are 48 of them, and none when there are fewer', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
      const packet = readPacket(bytes);
      assert.equal(packet !== undefined, bytes.length >= HEADER_BYTES);
      if (packet !== undefined) assert.deepEqual(writePacket(packet), bytes.slice(0, HEADER_BYTES));
    }),
  );
});

test('the fields are where RFC 5905 figure 8 has them', () => {
  const hex = '240106ec000000100000002047505300dfbe5f3d80000000aaaaaaaabbbbbbbbccccccccddddddddeeeeeeeeffffffff';
  assert.deepEqual(readPacket(Buffer.from(hex, 'hex')), {
    leap: 0,
    version: 4,
    mode: 4,
    stratum: 1,
    poll: 6,
    precision: -20,
    rootDelaySeconds: 16 / 65_536,
    rootDispersionSeconds: 32 / 65_536,
    referenceId: 0x47505300,
    reference: 0xdfbe5f3d_80000000n,
    origin: 0xaaaaaaaa_bbbbbbbbn,
    receive: 0xcccccccc_ddddddddn,
    transmit: 0xeeeeeeee_ffffffffn,
  });
});

const instants: [name: string, at: number, timestamp: bigint, era: number][] = [
  ['RFC 5905 figure 4: the first day of NTP', Date.UTC(1900, 0, 1), 0n, 0],
  ['RFC 5905 figure 4: the first day of UNIX', 0, 2_208_988_800n << 32n, 0],
  ['RFC 5905 figure 4: the last day of the 20th century', Date.UTC(1999, 11, 31), 3_155_587_200n << 32n, 0],
  ['half a second', 500, (2_208_988_800n << 32n) | 0x8000_0000n, 0],
  ['the last second of era 0', Date.UTC(2036, 1, 7, 6, 28, 15), 0xffff_ffffn << 32n, 0],
  ['RFC 5905 figure 4: the first second of era 1', Date.UTC(2036, 1, 7, 6, 28, 16), 0n, 1],
  ['RFC 5905 figure 4: the first day after era 1 began', Date.UTC(2036, 1, 8), 63_104n << 32n, 1],
];

test('instants and timestamps are the same in both directions, over the eras', () => {
  for (const [name, at, timestamp, era] of instants) {
    assert.equal(toTimestamp(at), timestamp, name);
    assert.equal(fromTimestamp(timestamp, at), at, name);
    assert.equal(eraOf(at), era, name);
  }
});

test('RFC 5905 §6: a timestamp means the era in which it is within 68 years of the clock', () => {
  const years = 365.25 * 86_400_000;
  const instant = fc.double({ min: Date.UTC(1900, 0, 1), max: Date.UTC(2200, 0, 1), noNaN: true });
  const away = fc.double({ min: -67 * years, max: 67 * years, noNaN: true });
  fc.assert(
    fc.property(instant, away, (at, clockIsOff) => {
      const back = fromTimestamp(toTimestamp(at), at + clockIsOff);
      assert.ok(Math.abs(back - at) < 0.001, `${at} came back as ${back}`);
    }),
  );
});

test('delays and dispersions that have no room are the largest there is, and none is below 0', () => {
  assert.equal(toShort(100_000), 0xffff_ffff);
  assert.equal(toShort(-1), 0);
  assert.equal(fromShort(toShort(1.5)), 1.5);
});

test('reference ids are shown as ntpq shows them', () => {
  assert.equal(showReferenceId(referenceIdOfText('GPS'), 1), '.GPS.');
  assert.equal(showReferenceId(referenceIdOf('10.10.10.5'), 2), '10.10.10.5');
  assert.equal(showReferenceId(referenceIdOf('127.127.1.0'), 5), 'LOCAL(0)');
  assert.equal(showReferenceId(referenceIdOfText('INIT'), 16), '.INIT.');
  assert.equal(showReferenceId(0x01020304, 1), '..');
});

test('RFC 5905 §7.3: an IPv6 address is told by the beginning of its MD5, however it is written', () => {
  const id = referenceIdOf('2001:db8::1');
  assert.equal(id, referenceIdOf('2001:0db8:0:0:0:0:0:1'));
  assert.equal(id, referenceIdOf('2001:db8::1%eth0'));
  assert.equal(referenceIdOf('::ffff:10.1.2.3'), referenceIdOf('::ffff:a01:203'));
  assert.notEqual(id, referenceIdOf('2001:db8::2'));
  // MD5 of fifteen zero bytes and a one.
  assert.equal(referenceIdOf('::1'), 0xcf404dc8);
});
