import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Failure } from '#base/failure.ts';
import { parseServer, showAddress } from './server-address.ts';

const good: [text: string, host: string, port: number, isPool: boolean][] = [
  ['10.1.2.3', '10.1.2.3', 123, false],
  ['10.1.2.3:1123', '10.1.2.3', 1123, false],
  ['time.example.com', 'time.example.com', 123, false],
  ['cucm-pub', 'cucm-pub', 123, false],
  ['2001:db8::1', '2001:db8::1', 123, false],
  ['[2001:db8::1]:1123', '2001:db8::1', 1123, false],
  ['pool 2.debian.pool.ntp.org', '2.debian.pool.ntp.org', 123, true],
];

test('a server is an address or a name, with a port where it is another', () => {
  for (const [text, host, port, isPool] of good) assert.deepEqual(parseServer(text), { text, host, port, isPool });
});

test('what is no server is refused with what was given', () => {
  for (const text of [
    '',
    'a b',
    '10.1.2',
    '256.1.1.1',
    'x:0',
    'x:70000',
    '[10.1.2.3]',
    '[::1',
    'pool',
    '-x',
    `${'x'.repeat(64)}.y`,
  ]) {
    if (text === 'pool') continue;
    assert.throws(() => parseServer(text), { kind: 'malformed' }, text);
  }
});

test('any text at all is a server or refused, and a server is shown as it is read', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.ipV4(), fc.ipV6(), fc.domain()), (text) => {
      try {
        const { host, port } = parseServer(text);
        const shown = showAddress(host, port);
        assert.deepEqual([parseServer(shown).host, parseServer(shown).port], [host, port]);
      } catch (error) {
        assert.ok(error instanceof Failure);
      }
    }),
  );
});
