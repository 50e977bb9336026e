import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { hmac } from './hmac.ts';

test('RFC 4231 §4.2, §4.4: the test cases of HMAC-SHA-256', () => {
  assert.equal(
    hmac('sha256', Buffer.alloc(20, 0x0b), 'Hi There').toString('hex'),
    'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
  );
  assert.equal(
    hmac('sha256', Buffer.from('Jefe'), 'what do ya want for nothing?').toString('hex'),
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  );
});

test('any key and any text give what Node gives for the key as a buffer', () => {
  for (const length of [0, 1, 20, 64, 65, 200]) {
    const key = randomBytes(length);
    assert.deepEqual(hmac('sha1', key, 'grüße'), createHmac('sha1', key).update('grüße').digest());
  }
});
