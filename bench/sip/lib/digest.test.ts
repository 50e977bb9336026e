import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authorize, type Challenge, challengeOf } from './digest.ts';
import { parse } from './message.ts';

function answered(...lines: string[]): Challenge | undefined {
  return challengeOf(parse(Buffer.from(`SIP/2.0 401 Unauthorized\r\n${lines.join('\r\n')}\r\n\r\n`))!);
}

test('RFC 2617 §3.5: the digest of the example, without qop', () => {
  const challenge = answered(
    'WWW-Authenticate: Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"',
  )!;
  const line = authorize(challenge, 'Mufasa', 'Circle Of Life', 'GET', '/dir/index.html');
  assert.match(line, /response="670fd8c2df070c60b045671b8b24ff02"/);
});

test('RFC 8760 §2.4: of several challenges the one is answered that every server can make', () => {
  const challenge = answered(
    'WWW-Authenticate: Digest realm="r", nonce="a", algorithm=SHA-256, qop="auth,auth-int"',
    'WWW-Authenticate: Digest realm="r", nonce="b", algorithm=MD5, qop="auth"',
  );
  assert.deepEqual([challenge?.algorithm, challenge?.nonce, challenge?.qop], ['MD5', 'b', true]);
  assert.equal(
    answered('Proxy-Authenticate: Digest realm="r", nonce="n", algorithm=SHA-256')?.answer,
    'Proxy-Authorization',
  );
  assert.equal(answered('WWW-Authenticate: Digest realm="r", nonce="n", algorithm=MD5-sess'), undefined);
});

test('RFC 3261 §22.4: a nonce that is used again has a higher count', () => {
  const challenge = answered('WWW-Authenticate: Digest realm="r", nonce="n", qop="auth"')!;
  for (const count of ['00000001', '00000002']) {
    assert.match(authorize(challenge, 'u', 'p', 'REGISTER', 'sip:r'), new RegExp(`nc=${count}`));
  }
});
