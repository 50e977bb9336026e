import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SipRequest } from '../../wire/message.ts';
import type { SipUri } from '../../wire/sip-uri.ts';
import { preprocess } from './preprocess.ts';

const isOurs = ({ host, port }: SipUri) => host === 'proxy.example.test' && (port ?? 5060) === 5060;

function looked(uri: string, ...routes: string[]) {
  return preprocess(
    new SipRequest(
      'BYE',
      uri,
      routes.flatMap((value) => ['route', value]),
      '',
    ),
    isOurs,
  );
}

test('RFC 3261 §16.4: a first Route that is us is taken out, and what it says is kept', () => {
  assert.deepEqual(looked('sip:j@ua', '<sip:tok@proxy.example.test;lr>'), {
    uri: 'sip:j@ua',
    routes: [],
    token: 'tok',
  });
});

test('RFC 5626 §5.3, RFC 5658 §4: of two hops of ours, the one to the other side counts', () => {
  const { routes, token } = looked(
    'sip:j@ua',
    '<sip:here@proxy.example.test;lr>, <sip:there@proxy.example.test;transport=tcp;lr>',
    '<sip:next.example.org;lr>',
  );
  assert.equal(token, 'there');
  assert.deepEqual(routes, ['<sip:next.example.org;lr>']);
});

test('RFC 3261 §16.4: a Route further on that is us is for when it comes again', () => {
  const { routes } = looked('sip:j@ua', '<sip:a.example.org;lr>', '<sip:proxy.example.test;lr>');
  assert.equal(routes.length, 2);
});

test('RFC 3261 §16.4: a strict router before us has put us into the Request-URI', () => {
  const strict = looked('sip:tok@proxy.example.test;lr', '<sip:next.example.org;lr>', '<sip:j@ua>');
  assert.deepEqual(strict, { uri: 'sip:j@ua', routes: ['<sip:next.example.org;lr>'], token: 'tok' });
});

test('RFC 3261 §16.4: a Request-URI of ours without lr is no strict router’s', () => {
  const { uri, routes } = looked('sip:proxy.example.test', '<sip:next.example.org;lr>');
  assert.equal(uri, 'sip:proxy.example.test');
  assert.equal(routes.length, 1);
});

test('RFC 3261 §16.4: maddr that led to us is taken out with port and transport', () => {
  assert.equal(
    looked('sip:j@example.org:5060;maddr=proxy.example.test;transport=udp;x=1').uri,
    'sip:j@example.org;x=1',
  );
  assert.equal(looked('sip:j@example.org;maddr=192.0.2.7').uri, 'sip:j@example.org;maddr=192.0.2.7');
});

test('RFC 3261 §20.34: a Route that cannot be read is refused', () => {
  assert.throws(() => looked('sip:j@ua', '<sip:'), { status: 400 });
});
