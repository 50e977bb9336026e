import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readTorture, rfc4475 } from '../../../test/vectors/sip/rfc4475.ts';
import { parseMessage } from './message-parser.ts';
import { startLineOf, withHeader, withoutHeader, withoutTopVia, writeMessage } from './message-writer.ts';

const HEADERS = ['via', 'SIP/2.0/UDP a, SIP/2.0/UDP b', 'via', 'SIP/2.0/UDP c', 'to', 'x', 'max-forwards', '70'];

test('RFC 3261 §7: names are spelled as usual, and Content-Length is the body’s', () => {
  assert.equal(
    writeMessage('OPTIONS sip:a@b SIP/2.0', ['call-id', 'x', 'content-length', '9', 'x-own', 'y'], 'abc'),
    'OPTIONS sip:a@b SIP/2.0\r\nCall-ID: x\r\nx-own: y\r\nContent-Length: 3\r\n\r\nabc',
  );
});

test('RFC 3261 §16.7: the topmost Via is one value, not one line', () => {
  const once = withoutTopVia(HEADERS);
  assert.deepEqual(once.slice(0, 4), ['via', 'SIP/2.0/UDP b', 'via', 'SIP/2.0/UDP c']);
  assert.deepEqual(withoutTopVia(once).slice(0, 4), ['via', 'SIP/2.0/UDP c', 'to', 'x']);
  assert.deepEqual(withoutTopVia(['to', 'x']), ['to', 'x']);
});

test('headers are set and taken away', () => {
  assert.equal(withHeader(HEADERS, 'max-forwards', '69').at(-1), '69');
  assert.deepEqual(withHeader(['to', 'x'], 'from', 'y'), ['to', 'x', 'from', 'y']);
  assert.deepEqual(withoutHeader(HEADERS, 'via'), ['to', 'x', 'max-forwards', '70']);
});

describe('RFC 4475: what is taken can be passed on, and says the same to the next hop', () => {
  for (const { file, syntax } of rfc4475.filter((one) => one.syntax === 'valid')) {
    test(`${file}: ${syntax}`, () => {
      const message = parseMessage(readTorture(file).toString('latin1'));
      const again = parseMessage(writeMessage(startLineOf(message), message.headers, message.body));
      assert.equal(startLineOf(again), startLineOf(message));
      assert.deepEqual(
        withoutHeader(again.headers, 'content-length'),
        withoutHeader(message.headers, 'content-length'),
      );
      assert.equal(again.body, message.body);
    });
  }
});
