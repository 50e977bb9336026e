import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MemoryFlow } from '../../../../test/support/memory-flow.ts';
import { SipRequest } from '../../wire/message.ts';
import { maxBreadthOf, shareBreadth } from './breadth.ts';
import { type Bound, groupsOf } from './targets.ts';

const bound = (uri: string, more: Partial<Bound> = {}): Bound => ({
  uri,
  flow: undefined,
  q: 1000,
  path: '',
  instance: '',
  regId: 0,
  ...more,
});
const uris = (bindings: Bound[], isSecure = false) =>
  groupsOf(bindings, isSecure).map((group) => group.map((ways) => ways.map(({ uri }) => uri)));

describe('who is asked', () => {
  test('RFC 3261 §16.6: all of one q at a time, the highest first', () => {
    const bindings = [bound('sip:a', { q: 300 }), bound('sip:b'), bound('sip:c', { q: 300 })];
    assert.deepEqual(uris(bindings), [[['sip:b']], [['sip:a'], ['sip:c']]]);
  });

  test('RFC 5626 §5.3: of the flows of one client, one after the other', () => {
    const one = { instance: 'urn:uuid:1' };
    const bindings = [
      bound('sip:a', { ...one, regId: 2 }),
      bound('sip:b', { instance: 'urn:uuid:2', regId: 1 }),
      bound('sip:c', { ...one, regId: 1 }),
    ];
    assert.deepEqual(uris(bindings), [[['sip:a', 'sip:c'], ['sip:b']]]);
  });

  test('RFC 3261 §16.6: nobody is there', () => {
    assert.throws(() => groupsOf([], false), { status: 480 });
  });

  test('RFC 5630 §5.3: what is asked for by sips goes over TLS to the very end', () => {
    const bindings = [
      bound('sip:a', { flow: new MemoryFlow('tcp') }),
      bound('sip:b', { flow: new MemoryFlow('tls') }),
      bound('sips:c'),
      bound('sip:d'),
    ];
    assert.deepEqual(uris(bindings, true), [[['sip:b'], ['sips:c']]]);
    assert.throws(() => groupsOf(bindings.slice(0, 1), true), { status: 480 });
  });

  test('RFC 3261 §19.1.1: headers and method of a Contact have no place in a Request-URI', () => {
    assert.deepEqual(uris([bound('sip:a@b;method=REFER;x=1?Subject=hi')]), [[['sip:a@b;x=1']]]);
  });

  test('RFC 3327 §5.4: Path is the way to it', () => {
    const [[[attempt] = []] = []] = groupsOf([bound('sip:a', { path: '<sip:p1;lr>, <sip:p2;lr>' })], false);
    assert.deepEqual(attempt!.routes, ['<sip:p1;lr>', '<sip:p2;lr>']);
  });
});

describe('how many at a time', () => {
  const request = (text?: string) =>
    new SipRequest('INVITE', 'sip:a', text === undefined ? [] : ['max-breadth', text], '');

  test('RFC 5393 §5.3.3: branches share what the request has', () => {
    assert.deepEqual(shareBreadth(10, 3), [4, 3, 3]);
    assert.throws(() => shareBreadth(2, 3), { status: 440 });
  });

  test('RFC 5393 §5.3.1: 60 where nobody says, and never more than we allow', () => {
    assert.equal(maxBreadthOf(request(), 60), 60);
    assert.equal(maxBreadthOf(request('7'), 60), 7);
    assert.equal(maxBreadthOf(request('70'), 60), 60);
    assert.throws(() => maxBreadthOf(request('many'), 60), { status: 400 });
  });
});
