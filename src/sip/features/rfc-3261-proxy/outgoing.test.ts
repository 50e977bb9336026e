import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryFlow } from '../../../../test/support/memory-flow.ts';
import { SipRequest } from '../../wire/message.ts';
import { copy, nextHopOf, outgoing } from './outgoing.ts';

const HEADERS = [
  ['route', '<sip:gone;lr>'],
  ['via', 'SIP/2.0/UDP ua.example.test;branch=z9hG4bKa;rport'],
  ['via', 'SIP/2.0/UDP other;branch=z9hG4bKb'],
  ['max-forwards', '70'],
  ['from', '"R\u00c3\u00b6meo" <sip:r@example.test>;tag=1'],
  ['call-id', 'c'],
  ['proxy-authorization', 'Digest username="r", realm="example.test", nonce="n", uri="u", response="0"'],
  ['proxy-authorization', 'Digest username="r", realm="further.example", nonce="n", uri="u", response="0"'],
  ['authorization', 'Digest username="r", realm="example.test", nonce="n", uri="u", response="0"'],
  ['p-asserted-identity', '<sip:boss@example.test>'],
  ['remote-party-id', '<sip:boss@example.test>;screen=yes'],
  ['x-custom', 'kept  as it is'],
  ['content-length', '4'],
  ['max-breadth', '60'],
];

function copied(isTrusted = false) {
  return copy(new SipRequest('INVITE', 'sip:j@example.test', HEADERS.flat(), 'body'), {
    flow: new MemoryFlow(),
    maxForwards: 69,
    realms: new Set(['example.test']),
    isTrusted,
  });
}

test('RFC 3261 §16.6: headers go on as they came, but for those between two hops', () => {
  const { vias, head, body } = copied();
  assert.deepEqual(`${vias}${head}`.split('\r\n'), [
    'Via: SIP/2.0/UDP ua.example.test;branch=z9hG4bKa;received=192.0.2.1;rport=5070',
    'Via: SIP/2.0/UDP other;branch=z9hG4bKb',
    'Max-Forwards: 69',
    'From: "R\u00c3\u00b6meo" <sip:r@example.test>;tag=1',
    'Call-ID: c',
    'Proxy-Authorization: Digest username="r", realm="further.example", nonce="n", uri="u", response="0"',
    'x-custom: kept  as it is',
    '',
  ]);
  assert.equal(body, 'body');
});

test('RFC 3325 §5: an identity is asserted only by who is trusted to', () => {
  assert.doesNotMatch(copied().head, /Asserted|remote-party/i);
  assert.match(copied(true).head, /\r\nP-Asserted-Identity: <sip:boss@example.test>\r\n/);
  assert.match(copied(true).head, /\r\nremote-party-id: <sip:boss@example.test>;screen=yes\r\n/i);
});

test('RFC 3261 §16.6 step 6: the first hop that is left is where it goes', () => {
  const hop = { uri: 'sip:j@ua', routes: ['<sip:a.example;lr>', '<sip:b.example;lr>'] };
  assert.equal(nextHopOf(hop), 'sip:a.example;lr');
  const out = outgoing(copied(), hop, 'Max-Breadth: 1\r\n');
  assert.equal(out.uri, 'sip:j@ua');
  assert.match(
    out.head,
    /branch=z9hG4bKb\r\nRoute: <sip:a.example;lr>\r\nRoute: <sip:b.example;lr>\r\nMax-Breadth: 1\r\nMax-Forwards: 69\r\n/,
  );
  assert.equal(nextHopOf({ uri: 'sip:j@ua', routes: [] }), 'sip:j@ua');
});

test('RFC 3261 §16.6 step 6: a strict router gets itself as Request-URI, and that as the last Route', () => {
  const hop = { uri: 'sip:j@ua', routes: ['<sip:strict.example>', '<sip:b.example;lr>'] };
  assert.equal(nextHopOf(hop), 'sip:strict.example');
  const out = outgoing(copied(), hop, '');
  assert.equal(out.uri, 'sip:strict.example');
  assert.match(out.head, /branch=z9hG4bKb\r\nRoute: <sip:b.example;lr>\r\nRoute: <sip:j@ua>\r\nMax/);
});
