import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { readTorture, rfc4475 } from '../../../test/vectors/sip/rfc4475.ts';
import { defaultLimits } from './message-parser.ts';
import { type StreamEvent, StreamParser } from './stream-parser.ts';

const HEAD = 'MESSAGE sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\n';

function message(body: string): string {
  return `${HEAD}Content-Length: ${body.length}\r\n\r\n${body}`;
}

function shown(event: StreamEvent): unknown {
  if ('keepAlive' in event) return event.keepAlive;
  if ('message' in event) return [event.message.kind, event.message.headers, event.message.body];
  const { malformed, isLast } = event;
  return [malformed.status, malformed.reason, isLast, malformed.request?.headers];
}

/** What a parser tells, fed in pieces of a size. */
function feed(bytes: string, size: number, limits = defaultLimits): unknown[] {
  const parser = new StreamParser(limits);
  const buffer = Buffer.from(bytes, 'latin1');
  const told: unknown[] = [];
  for (let at = 0; at < buffer.length; at += size) {
    told.push(...parser.feed(buffer.subarray(at, at + size)).map(shown));
  }
  return told;
}

test('RFC 3261 §18.3: messages behind one another are told apart by Content-Length', () => {
  const told = feed(message('one') + message('') + message('\r\n\r\n'), 1e6);
  assert.deepEqual(
    told.map((one) => (one as unknown[])[2]),
    ['one', '', '\r\n\r\n'],
  );
});

test('RFC 5626 §4.4.1: two line ends are a ping, and one may be a pong', () => {
  assert.deepEqual(feed('\r\n\r\n', 4), ['pong', 'ping']);
  assert.deepEqual(feed('\r\n', 2), ['pong']);
  assert.deepEqual(feed('\r\n\r\n\r\n\r\n', 3), ['pong', 'ping', 'pong', 'ping']);
  const told = feed(`\r\n${message('')}\r\n\r\n`, 1e6);
  assert.deepEqual([told.length, told[0], told[2], told[3]], [4, 'pong', 'pong', 'ping']);
});

test('RFC 3261 §20.14: over a stream Content-Length has to be there; without it nothing more is read', () => {
  const told = feed(`${HEAD}\r\n${message('x')}`, 1e6);
  assert.deepEqual(told, [[400, 'Missing Content-Length', true, ['via', 'SIP/2.0/TCP h;branch=z9hG4bK1']]]);
});

test('a message that is wrong does not end the stream, as long as its end is known', () => {
  const told = feed(`${HEAD}no colon\r\nContent-Length: 2\r\n\r\nab${message('x')}`, 1e6);
  assert.deepEqual((told[0] as unknown[]).slice(0, 3), [400, 'Bad Header Line', false]);
  assert.equal((told[1] as unknown[])[2], 'x');
});

describe('limits: what is too large ends the stream before it is there', () => {
  const limits = { maxHeadBytes: 200, maxHeaders: 20, maxBodyBytes: 10 };
  const cases: readonly [string, string, number][] = [
    ['a head without an end', `${HEAD}X: ${'y'.repeat(300)}`, 513],
    ['a head with an end', `${HEAD}X: ${'y'.repeat(300)}\r\n\r\n`, 513],
    ['a body', `${HEAD}Content-Length: 11\r\n\r\n`, 413],
  ];
  for (const [what, bytes, status] of cases) {
    test(what, () => {
      for (const size of [1, 7, 1e6]) {
        const [told, ...more] = feed(bytes + message('x'), size, limits);
        assert.deepEqual(more, []);
        const [answer, , isLast, headers] = told as [number, string, boolean, string[]];
        assert.deepEqual([answer, isLast, headers[1]], [status, true, 'SIP/2.0/TCP h;branch=z9hG4bK1']);
      }
    });
  }
});

describe('byte for byte it is the same as at once', () => {
  const torture = rfc4475
    .map(({ file }) => readTorture(file).toString('latin1'))
    .filter((bytes) => /\r\n(?:l|Content-Length)[ \t]*:/.test(bytes));
  const streams = [
    `${message('one')}\r\n\r\n${message('')}\r\n${message('two')}`,
    `\r\r\n${message('')}`,
    `\r\n\r${message('')}`,
    ...torture.map((bytes) => `${bytes}\r\n\r\n${message('behind')}`),
  ];
  for (const [i, bytes] of streams.entries()) {
    test(`${i}: ${JSON.stringify(bytes.slice(0, 50))}`, () => {
      const whole = feed(bytes, 1e6);
      for (const size of [1, 2, 3, 5, 100]) assert.deepEqual(feed(bytes, size), whole);
    });
  }
});

test('long heads and bodies in single bytes take no more than their share', () => {
  const { user } = process.cpuUsage();
  const parser = new StreamParser();
  const bytes = Buffer.from(
    `${HEAD}${'X: y\r\n'.repeat(100)}Y: ${'z'.repeat(30_000)}\r\nContent-Length: 100000\r\n\r\n${'b'.repeat(100_000)}`,
  );
  let told = 0;
  for (let at = 0; at < bytes.length; at++) told += parser.feed(bytes.subarray(at, at + 1)).length;
  assert.equal(told, 1);
  assert.ok(process.cpuUsage().user - user < 1_000_000);
});

test('what is kept of a small message does not keep a large piece of the stream', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const parser = new StreamParser();
  const many = Buffer.from(message('x'.repeat(50)).repeat(500));
  const kept: string[] = [];
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < 200; i++) {
    const [first] = parser.feed(many);
    if (first !== undefined && 'message' in first) kept.push(first.message.body);
  }
  collect();
  const grown = process.memoryUsage().heapUsed - before;
  assert.equal(kept.length, 200);
  assert.ok(grown < 2_000_000, `${grown} bytes for ${kept.length} small texts`);
});
