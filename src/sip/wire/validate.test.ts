import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SipRequest } from './message.ts';
import { readMaxForwards, validateRequest } from './validate.ts';

const RIGHT = {
  via: 'SIP/2.0/UDP h;branch=z9hG4bK1',
  from: '<sip:a@b>;tag=1',
  to: '<sip:c@d>',
  'call-id': 'x@y',
  cseq: '1 MESSAGE',
  'max-forwards': '70',
};

function requestWith(changes: Record<string, string | undefined>, more: readonly string[] = []): SipRequest {
  const headers = Object.entries({ ...RIGHT, ...changes }).flatMap(([name, value]) =>
    value === undefined ? [] : [name, value],
  );
  return new SipRequest('MESSAGE', 'sip:c@d', [...headers, ...more], '');
}

test('RFC 3261 §8.1.1: a request with all it needs is taken, and so are several Via', () => {
  validateRequest(requestWith({}));
  validateRequest(requestWith({ 'max-forwards': undefined }, ['via', 'SIP/2.0/UDP i', 'contact', 'x', 'contact', 'y']));
});

describe('RFC 3261 §8.2, §16.3: what is wrong is named', () => {
  const refused: readonly [string, SipRequest][] = [
    ['Missing Via', requestWith({ via: undefined })],
    ['Missing From', requestWith({ from: undefined, to: undefined })],
    ['Missing To', requestWith({ to: undefined })],
    ['Missing Call-ID', requestWith({ 'call-id': undefined })],
    ['Missing CSeq', requestWith({ cseq: undefined })],
    ['Several To', requestWith({}, ['to', '<sip:e@f>'])],
    ['Several CSeq', requestWith({}, ['cseq', '1 MESSAGE'])],
    ['Several Max-Forwards', requestWith({}, ['max-forwards', '70'])],
    ['Several Content-Type', requestWith({}, ['content-type', 'a/b', 'content-type', 'a/b'])],
    ['Several Expires', requestWith({}, ['expires', '1', 'expires', '1'])],
    ['Several Event', requestWith({}, ['event', 'x', 'event', 'x'])],
    ['Several SIP-If-Match', requestWith({}, ['sip-if-match', 'x', 'sip-if-match', 'x'])],
    ['CSeq Method Does Not Match', requestWith({ cseq: '1 message' })],
    ['CSeq Number Too Large', requestWith({ cseq: '4294967296 MESSAGE' })],
    ['Bad CSeq', requestWith({ cseq: 'MESSAGE' })],
    ['Bad Via', requestWith({ via: 'SIP/2.0/UDP' })],
    ['Bad From', requestWith({ from: 'x' })],
    ['Bad To', requestWith({ to: 'x' })],
    ['Bad Call-ID', requestWith({ 'call-id': 'a b' })],
    ['Bad Call-ID', requestWith({ 'call-id': '' })],
    ['Bad Call-ID', requestWith({ 'call-id': 'x'.repeat(1025) })],
    ['From Tag Too Long', requestWith({ from: `<sip:a@b>;tag=${'1'.repeat(256)}` })],
    ['To Tag Too Long', requestWith({ to: `<sip:a@b>;tag=${'1'.repeat(256)}` })],
    ['Bad Max-Forwards', requestWith({ 'max-forwards': '256' })],
    ['Bad Max-Forwards', requestWith({ 'max-forwards': '-1' })],
    ['Bad Max-Forwards', requestWith({ 'max-forwards': '' })],
  ];
  for (const [reason, request] of refused) {
    test(reason, () => assert.throws(() => validateRequest(request), { name: 'SipError', status: 400, reason }));
  }
});

test('RFC 3261 §20.22: Max-Forwards, with leading zeros, and 70 where there is none', () => {
  assert.equal(readMaxForwards(requestWith({ 'max-forwards': '0068' })), 68);
  assert.equal(readMaxForwards(requestWith({ 'max-forwards': '0' })), 0);
  assert.equal(readMaxForwards(requestWith({ 'max-forwards': undefined })), 70);
});
