import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shortened } from './shortened.ts';

const ECHO = 'SIP/2.0 401 Unauthorized\r\nVia: SIP/2.0/UDP a\r\n';
const END = 'Content-Length: 0\r\n\r\n';
const FIRST = 'WWW-Authenticate: Digest realm="a", algorithm=SHA-256\r\n';
const SECOND = 'WWW-Authenticate: Digest realm="a", algorithm=MD5\r\n';
const whole = ECHO + FIRST + SECOND + END;

test('what is short enough stays as it is', () => {
  assert.equal(shortened(whole, FIRST + SECOND, whole.length), whole);
});

test('lines that were added go, the last one first', () => {
  assert.equal(shortened(whole, FIRST + SECOND, whole.length - 1), ECHO + FIRST + END);
});

test('a challenge that does not ask for anything is none', () => {
  assert.equal(shortened(whole, FIRST + SECOND, (ECHO + FIRST + END).length - 1), undefined);
});

test('RFC 3261 §8.2.1: another refusal is one without its lines too', () => {
  const refusal = `SIP/2.0 405 Method Not Allowed\r\nAllow: OPTIONS\r\n${END}`;
  assert.equal(shortened(refusal, 'Allow: OPTIONS\r\n', 60), `SIP/2.0 405 Method Not Allowed\r\n${END}`);
  assert.equal(shortened(refusal, 'Allow: OPTIONS\r\n', 40), undefined);
});
