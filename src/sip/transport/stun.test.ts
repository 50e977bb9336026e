import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { answerStun, looksLikeStun } from './stun.ts';

const HEAD = '2112a442b7e7a701bc34d686fa87dfae';
const hex = (...parts: string[]) => Buffer.from(parts.join(''), 'hex');
const plain = hex('00010000', HEAD);

test('RFC 5769 §2.2: 192.0.2.1 port 32853 is written as the vector has it', () => {
  const answer = answerStun(plain, '192.0.2.1', 32853)!;
  assert.equal(answer.toString('hex'), `0101000c${HEAD}002000080001a147e112a643`);
});

test('RFC 5769 §2.3: so is an IPv6 address', () => {
  const answer = answerStun(plain, '2001:db8:1234:5678:11:2233:4455:6677', 32853)!;
  assert.equal(answer.subarray(20).toString('hex'), '002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9');
});

test('the zeros that :: stands for are there', () => {
  const answer = answerStun(plain, '::1', 1)!;
  const address = answer.subarray(28).map((byte, i) => byte ^ plain[4 + i]!);
  assert.equal(Buffer.from(address).toString('hex'), '00000000000000000000000000000001');
});

test('RFC 5389 §7.3.1: an attribute that has to be understood and is not, is answered 420 with its type', () => {
  const request = hex('00010008', HEAD, '7ff1000400000000');
  const answer = answerStun(request, '192.0.2.1', 1)!;
  assert.equal(answer.toString('hex'), `01110010${HEAD}000900040000041400 0a00027ff10000`.replace(' ', ''));
  assert.ok(answer.length <= 2 * request.length);
});

test('RFC 5389 §15: those that may be ignored are ignored, and so is a user name, for we ask for none', () => {
  const software = '80220004726f6c6c';
  const user = '000600056a756c696574'.slice(0, 18).padEnd(24, '0');
  assert.equal(answerStun(hex('00010008', HEAD, software), '192.0.2.1', 1)!.readUInt16BE(0), 0x0101);
  assert.equal(answerStun(hex('0001000c', HEAD, user), '192.0.2.1', 1)!.readUInt16BE(0), 0x0101);
});

for (const [what, request] of [
  ['a response', hex('01010000', HEAD)],
  ['an indication', hex('00110000', HEAD)],
  ['a method of TURN', hex('00030000', HEAD)],
  ['RFC 3489, without the cookie', hex('00010000', '00000000', HEAD.slice(8))],
  ['a length that is not its own', hex('00010008', HEAD)],
  ['one that is cut', plain.subarray(0, 16)],
  ['an attribute that is longer than the message', hex('00010004', HEAD, '80220040')],
] as const) {
  test(`RFC 5389 §7.3: ${what} is not answered`, () => assert.equal(answerStun(request, '192.0.2.1', 1), undefined));
}

test('any bytes are answered by a small response or not at all', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const request = Buffer.concat([hex('0001', '0000', HEAD), bytes]);
      request.writeUInt16BE(bytes.length, 2);
      const answer = answerStun(request, '192.0.2.1', 1);
      assert.ok(answer === undefined || answer.length <= 44);
      answerStun(Buffer.from(bytes), '2001:db8::1', 1);
    }),
  );
});

test('no message of SIP looks like it', () => {
  for (const text of ['REGISTER', 'SIP/2.0', '\r\n', ' ', '!x']) assert.equal(looksLikeStun(Buffer.from(text)), false);
  assert.equal(looksLikeStun(plain), true);
});
