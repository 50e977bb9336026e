import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SipError } from './sip-error.ts';
import { parseRequestUri, parseUri, type SipUri, withParam, writeUri } from './sip-uri.ts';
import { sameUri } from './uri-equality.ts';

function parts({ scheme, user, password, host, port, params, headers }: SipUri): unknown[] {
  return [scheme, user, password, host, port, params.toString(), headers];
}

describe('RFC 3261 §19.1.3: the examples are read', () => {
  const examples: readonly [string, unknown[]][] = [
    ['sip:alice@atlanta.com', ['sip', 'alice', undefined, 'atlanta.com', undefined, '', '']],
    [
      'sip:alice:secretword@atlanta.com;transport=tcp',
      ['sip', 'alice', 'secretword', 'atlanta.com', undefined, ';transport=tcp', ''],
    ],
    [
      'sips:alice@atlanta.com?subject=project%20x&priority=urgent',
      ['sips', 'alice', undefined, 'atlanta.com', undefined, '', 'subject=project%20x&priority=urgent'],
    ],
    [
      'sip:+1-212-555-1212:1234@gateway.com;user=phone',
      ['sip', '+1-212-555-1212', '1234', 'gateway.com', undefined, ';user=phone', ''],
    ],
    ['sips:1212@gateway.com', ['sips', '1212', undefined, 'gateway.com', undefined, '', '']],
    ['sip:alice@192.0.2.4', ['sip', 'alice', undefined, '192.0.2.4', undefined, '', '']],
    [
      'sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com',
      ['sip', '', undefined, 'atlanta.com', undefined, ';method=REGISTER', 'to=alice%40atlanta.com'],
    ],
    ['sip:alice;day=tuesday@atlanta.com', ['sip', 'alice;day=tuesday', undefined, 'atlanta.com', undefined, '', '']],
  ];
  for (const [text, wanted] of examples) {
    test(text, () => {
      assert.deepEqual(parts(parseUri(text)), wanted);
      assert.equal(writeUri(parseUri(text)), text);
    });
  }
});

test('RFC 3261 §19.1.1: ports, IPv6 references, case of scheme, host and parameters', () => {
  const uri = parseUri('SIP:a@[2001:DB8::1]:5070;LR;Transport=TCP');
  assert.deepEqual(parts(uri), ['sip', 'a', undefined, '[2001:db8::1]', 5070, ';lr;transport=TCP', '']);
  assert.equal(uri.params.get('lr'), '');
  assert.equal(uri.params.get('ob'), undefined);
});

test('RFC 3261 §19.1.2: parameters may have escapes, in names and values', () => {
  const { params } = parseUri('sip:a@b.example;n%61me=v%61lue%25%34%31');
  assert.equal(params.get('name'), 'value%41');
});

test('RFC 3859 §3, RFC 3860 §3, RFC 3966 §3: pres:, im: and tel: URIs', () => {
  assert.deepEqual(parts(parseUri('pres:fred@example.com')).slice(0, 4), ['pres', 'fred', undefined, 'example.com']);
  assert.equal(parseUri('im:fred@example.com').scheme, 'im');
  assert.equal(parseUri('tel:+1-201-555-0123').user, '+1-201-555-0123');
  assert.equal(writeUri(parseUri('tel:7042;phone-context=example.com')), 'tel:7042;phone-context=example.com');
  assert.throws(() => parseUri('tel:7042'), { status: 400 });
});

describe('RFC 3261 §21.4.14: another scheme is 416, and what is no URI is 400', () => {
  const refused: readonly [string, number][] = [
    ['nobodyKnowsThisScheme:totallyopaquecontent', 416],
    ['soap.beep://192.0.2.103:3002', 416],
    ['http://example.com', 416],
    ['', 400],
    ['sip:', 400],
    ['example.com', 400],
    ['sip:@example.com', 400],
    ['sip:a@', 400],
    ['sip:a@b@c', 400],
    ['sip:a b@c', 400],
    ['sip:a%4@c', 400],
    ['sip:a%zz@c', 400],
    ['sip:a@b:', 400],
    ['sip:a@b:65536', 400],
    ['sip:a@b:x', 400],
    ['sip:a@b;', 400],
    ['sip:a@b;=x', 400],
    ['sip:a@b;x=', 400],
    ['sip:a@b;x=1;X=2', 400],
    ['sip:a@b?', 400],
    ['sip:a@[::1', 400],
    ['sip:a@[::g]', 400],
    ['sip:a@2001:db8::1', 400],
    ['sip:\u00fc@b', 400],
  ];
  for (const [text, status] of refused) {
    test(JSON.stringify(text), () => {
      assert.throws(
        () => parseUri(text),
        (error) => error instanceof SipError && error.status === status,
      );
    });
  }
});

test('RFC 3261 §19.1.1: a Request-URI has no headers', () => {
  assert.throws(() => parseRequestUri('sip:a@b?Route=%3Csip:c%3E'), { status: 400, reason: 'Headers In Request-URI' });
});

describe('RFC 3261 §19.1.4: the examples of the same', () => {
  const same: readonly [string, string][] = [
    ['sip:%61lice@atlanta.com;transport=TCP', 'sip:alice@AtlanTa.CoM;Transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;newparam=5'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;security=on'],
    ['sip:carol@chicago.com;newparam=5', 'sip:carol@chicago.com;security=on'],
    [
      'sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com',
      'sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com',
    ],
    [
      'sip:alice@atlanta.com?subject=project%20x&priority=urgent',
      'sip:alice@atlanta.com?priority=urgent&subject=project%20x',
    ],
  ];
  for (const [a, b] of same) {
    test(`${a} and ${b}`, () => {
      assert.ok(sameUri(parseUri(a), parseUri(b)));
      assert.ok(sameUri(parseUri(b), parseUri(a)));
    });
  }
});

describe('RFC 3261 §19.1.4, RFC 5627 §3.1: the examples of what differs', () => {
  const different: readonly [string, string][] = [
    ['SIP:ALICE@AtLanTa.CoM;Transport=udp', 'sip:alice@AtLanTa.CoM;Transport=UDP'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:5060'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com;transport=udp'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:6000;transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com?Subject=next%20meeting'],
    ['sip:bob@phone21.boxesbybob.com', 'sip:bob@192.0.2.4'],
    ['sip:carol@chicago.com;security=on', 'sip:carol@chicago.com;security=off'],
    ['sip:a@b', 'sips:a@b'],
    ['sip:a@b', 'sip:a:@b'],
    ['sip:a%3Bx@b', 'sip:a;x@b'],
    ['sip:a@b', 'sip:a@b;maddr=192.0.2.1'],
    ['sip:a@b', 'sip:a@b;gr=urn:uuid:1'],
  ];
  for (const [a, b] of different) {
    test(`${a} and ${b}`, () => {
      assert.ok(!sameUri(parseUri(a), parseUri(b)));
      assert.ok(!sameUri(parseUri(b), parseUri(a)));
    });
  }
});

test('a parameter is set and taken away', () => {
  const uri = parseUri('sip:a@b;lr;gr=x');
  assert.equal(writeUri(withParam(uri, 'gr', 'a@b')), 'sip:a@b;lr;gr=a%40b');
  assert.equal(writeUri(withParam(uri, 'gr', undefined)), 'sip:a@b;lr');
  assert.equal(withParam(uri, 'gr', 'a@b').params.get('gr'), 'a@b');
});
