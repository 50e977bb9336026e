import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { SipError } from '../../wire/sip-error.ts';
import { decodeBody } from './content-encoding.ts';

const refusal = (status: number) => (error: unknown) => error instanceof SipError && error.status === status;
const bytes = (buffer: Buffer) => buffer.toString('latin1');

test('RFC 3261 §20.12: deflate, with and without the envelope of zlib, and gzip are unpacked', () => {
  const packed = [
    ['deflate', deflateSync('rue')],
    ['Deflate', deflateRawSync('rue')],
    ['gzip', gzipSync('rue')],
  ] as const;
  for (const [encoding, buffer] of packed) assert.equal(decodeBody(bytes(buffer), encoding, 100), 'rue');
  for (const encoding of [undefined, 'identity']) assert.equal(decodeBody('rue', encoding, 100), 'rue');
});

test('what becomes too large is refused before it is that large (413)', () => {
  const bomb = bytes(deflateSync(Buffer.alloc(10_000_000)));
  assert.ok(bomb.length < 20_000);
  assert.throws(() => decodeBody(bomb, 'deflate', 65_536), refusal(413));
});

test('what is none is refused with 400, what is not known with 415', () => {
  for (const encoding of ['deflate', 'gzip']) assert.throws(() => decodeBody('no', encoding, 100), refusal(400));
  assert.throws(() => decodeBody(bytes(deflateSync('cut off')).slice(0, 6), 'deflate', 100), refusal(400));
  assert.throws(() => decodeBody('x', 'br', 100), refusal(415));
});
