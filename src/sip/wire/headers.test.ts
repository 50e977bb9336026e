import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseCSeq } from './header-cseq.ts';
import { parseContacts, parseNameAddress, writeNameAddress } from './header-name-address.ts';
import { parseParams } from './header-params.ts';
import { splitValues } from './header-values.ts';
import { parseVia, restOfVia, stampVia } from './header-via.ts';

test('RFC 3261 §7.3.1: commas divide values, but not in quotes and brackets', () => {
  assert.deepEqual(splitValues('"a, \\", b" <sip:c,d@e> , <sip:f>;x="g,h",i'), [
    '"a, \\", b" <sip:c,d@e>',
    '<sip:f>;x="g,h"',
    'i',
  ]);
  assert.deepEqual(splitValues('a,,b,'), ['a', '', 'b', '']);
  assert.deepEqual(splitValues(''), []);
  assert.deepEqual(splitValues('"a,b'), ['"a,b']);
});

test('RFC 3261 §7.3.1: parameters with tokens, hosts, quoted strings and nothing', () => {
  const params = parseParams('x ; A = b;c;d="e;\\"f" ;g=[::1]:5', 1)!;
  assert.deepEqual(
    ['a', 'c', 'd', 'g', 'h'].map((name) => params.get(name)),
    ['b', '', 'e;"f', '[::1]:5', undefined],
  );
  assert.equal(params.toString(), ';a=b;c;d="e;\\"f";g=[::1]:5');
});

describe('what is no list of parameters', () => {
  for (const text of [';', ';;', ';a=', ';=b', ';a="b', ';a=b c', 'a=b', ';a=b,', ';a="b"c', ';a b']) {
    test(text, () => assert.equal(parseParams(text, 0), undefined));
  }
});

test('RFC 3261 §20.42: a Via with all it may have', () => {
  const via = parseVia('sip / 2.0 / Tcp [2001:db8::1] : 5070 ; Branch=z9hG4bK1;received=192.0.2.1;rport=6000;ttl=1, x');
  const { transport, host, port, branch, received, rport } = via;
  assert.deepEqual(
    [transport, host, port, branch, received, rport],
    ['TCP', '[2001:db8::1]', 5070, 'z9hG4bK1', '192.0.2.1', 6000],
  );
  assert.equal(via.params.get('ttl'), '1');
});

test('RFC 3581 §3: rport without a value asks for it', () => {
  assert.equal(parseVia('SIP/2.0/UDP h;rport;branch=1').rport, 0);
  assert.equal(parseVia('SIP/2.0/UDP h').rport, undefined);
});

describe('what is no Via', () => {
  for (const text of [
    '',
    'SIP/2.0/UDP',
    'SIP/2.0/UDP ',
    'SIP/2.0 h',
    'SIP/3.0/UDP h',
    'SIP/2.0/UDP h:x',
    'SIP/2.0/UDP h:65536',
    'SIP/2.0/UDP [::g]',
    'SIP/2.0/UDP h;;',
    'SIP/2.0/UDP h;rport=x',
    'SIP/2.0/UDP h;rport=99999',
    'SIP/2.0/UDP h i',
  ]) {
    test(JSON.stringify(text), () => assert.throws(() => parseVia(text), { status: 400, reason: 'Bad Via' }));
  }
});

test('RFC 3581 §4: where it came from is written in, whatever the sender wrote there', () => {
  assert.equal(
    stampVia('SIP/2.0/UDP h:5;rport;branch=1', '192.0.2.1', 6000),
    'SIP/2.0/UDP h:5;branch=1;received=192.0.2.1;rport=6000',
  );
  assert.equal(
    stampVia('SIP/2.0/UDP h;received=10.0.0.1;rport=1, SIP/2.0/UDP i', '2001:db8::1', undefined),
    'SIP/2.0/UDP h;received=2001:db8::1',
  );
  assert.equal(restOfVia('SIP/2.0/UDP h;x="a,b", SIP/2.0/UDP i ,j'), 'SIP/2.0/UDP i ,j');
  assert.equal(restOfVia('SIP/2.0/UDP h'), '');
});

test('RFC 3261 §20.16, §8.1.1.5: CSeq', () => {
  assert.deepEqual(parseCSeq('0009 \t INVITE'), { number: 9, method: 'INVITE' });
  assert.equal(parseCSeq('2147483647 X').number, 2 ** 31 - 1);
  assert.throws(() => parseCSeq('2147483648 X'), { status: 400, reason: 'CSeq Number Too Large' });
  for (const text of ['', '1', 'X 1', '-1 X', '1X', '1 X Y']) {
    assert.throws(() => parseCSeq(text), { status: 400, reason: 'Bad CSeq' });
  }
});

test('RFC 3261 §20.10: names and addresses', () => {
  const { display, uri, tag, params } = parseNameAddress('"A. \\"G\\" <B>" <sip:a@b;x=y?z=1>;Tag=1;q=0.5');
  assert.deepEqual([display, uri, tag, params.get('q')], ['A. "G" <B>', 'sip:a@b;x=y?z=1', '1', '0.5']);
  assert.deepEqual(parseNameAddress('A B<sip:a@b>').display, 'A B');
  assert.equal(parseNameAddress('J\u00fcrgen <sip:a@b>').display, 'J\u00fcrgen');
});

test('RFC 3261 §20: without brackets the parameters are the header’s', () => {
  const { uri, params } = parseNameAddress('sip:a@b ;tag=1;x="<y>"');
  assert.deepEqual([uri, params.get('tag'), params.get('x')], ['sip:a@b', '1', '<y>']);
});

describe('what is no name and address', () => {
  const refused: readonly [string, string][] = [
    ['', 'Bad From'],
    ['A', 'Bad From'],
    ['"A', 'Unclosed Quote In From'],
    ['"A" sip:a@b', 'Bad From'],
    ['<sip:a@b', 'Unclosed Bracket In From'],
    ['< sip:a@b >', 'Bad From'],
    ['<>', 'Bad From'],
    ['A, B <sip:a@b>', 'Bad From'],
    ['<sip:a@b> x', 'Bad From'],
    ['<sip:a@b>;;', 'Bad From'],
    ['sip:a@b?x=y', 'Bad From'],
    ['sip:a@b, sip:c@d', 'Bad From'],
    ['<sip:a@b>, <sip:c@d>', 'Bad From'],
  ];
  for (const [text, reason] of refused) {
    test(JSON.stringify(text), () => assert.throws(() => parseNameAddress(text, 'From'), { status: 400, reason }));
  }
});

test('RFC 3261 §10.2.2: the contact * stands alone', () => {
  assert.equal(parseContacts(['*']), '*');
  assert.throws(() => parseContacts(['*', '<sip:a@b>']), { status: 400, reason: 'Bad Contact' });
  assert.deepEqual(parseContacts([]), []);
});

test('what is written is read back', () => {
  for (const display of ['', 'A', 'a "b" \\ c', ', ;<>']) {
    const read = parseNameAddress(writeNameAddress(display, 'sip:a@b', ';tag=1'));
    assert.deepEqual([read.display, read.uri, read.tag], [display, 'sip:a@b', '1']);
  }
  assert.equal(writeNameAddress('a\r\nb', 'sip:a@b'), '"a b" <sip:a@b>');
});
