import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Failure } from '#base/failure.ts';
import { anyText } from '../../../test/support/any-text.ts';
import { Jid } from './jid.ts';

const SIGMA = '\u03c3';

/** RFC 7622 §3.5, table 1. */
const legal: [number: number, text: string, local: string, domain: string, resource: string][] = [
  [1, 'juliet@example.com', 'juliet', 'example.com', ''],
  [2, 'juliet@example.com/foo', 'juliet', 'example.com', 'foo'],
  [3, 'juliet@example.com/foo bar', 'juliet', 'example.com', 'foo bar'],
  [4, 'juliet@example.com/foo@bar', 'juliet', 'example.com', 'foo@bar'],
  [5, 'foo\\20bar@example.com', 'foo\\20bar', 'example.com', ''],
  [6, 'fussball@example.com', 'fussball', 'example.com', ''],
  [7, 'fu\u00dfball@example.com', 'fu\u00dfball', 'example.com', ''],
  [8, '\u03c0@example.com', '\u03c0', 'example.com', ''],
  [9, '\u03a3@example.com/foo', SIGMA, 'example.com', 'foo'],
  [10, '\u03c3@example.com/foo', SIGMA, 'example.com', 'foo'],
  [11, '\u03c2@example.com/foo', '\u03c2', 'example.com', 'foo'],
  [12, 'king@example.com/\u265a', 'king', 'example.com', '\u265a'],
  [13, 'example.com', '', 'example.com', ''],
  [14, 'example.com/foobar', '', 'example.com', 'foobar'],
  [15, 'a.example.com/b@example.net', '', 'a.example.com', 'b@example.net'],
];

/** RFC 7622 §3.5, table 2. Its leading space in a resourcepart is legal: erratum 4560. */
const illegal: [number: number, text: string, why: string][] = [
  [16, '"juliet"@example.com', 'quotation marks in the localpart'],
  [17, 'foo bar@example.com', 'a space in the localpart'],
  [19, '@example.com/', 'empty localpart and resourcepart'],
  [20, 'henry\u2163@example.com', 'the sixth character is ROMAN NUMERAL FOUR'],
  [21, '\u265a@example.com', 'a localpart of BLACK CHESS KING'],
  [22, 'juliet@', 'a localpart without a domainpart'],
  [23, '/foobar', 'a resourcepart without a domainpart'],
];

for (const [number, text, local, domain, resource] of legal) {
  test(`RFC 7622 §3.5, #${number}: ${text} is a JID`, () => {
    const jid = Jid.parse(text);
    assert.deepEqual([jid.local, jid.domain, jid.resource], [local, domain, resource]);
    assert.equal(jid.bare, local === '' ? domain : `${local}@${domain}`);
    assert.equal(jid.full, resource === '' ? jid.bare : `${jid.bare}/${resource}`);
    assert.equal(`${jid}`, jid.full);
  });
}

for (const [number, text, why] of illegal) {
  test(`RFC 7622 §3.5, #${number}: ${text} is none: ${why}`, () => {
    assert.throws(() => Jid.parse(text), { kind: 'malformed' });
  });
}

test('RFC 7622 §3.5, #18 with erratum 4560: a space at the start of a resource stays', () => {
  assert.equal(Jid.parse('juliet@example.com/ foo').resource, ' foo');
});

test('RFC 7622 §3.1: a resource begins at the first slash, and no @ behind it divides', () => {
  const jid = Jid.parse('example.com/a/b@c/d');
  assert.deepEqual([jid.local, jid.domain, jid.resource], ['', 'example.com', 'a/b@c/d']);
  for (const text of ['', '/', '@', '@/', 'a@@b', 'a@b@c', 'a@/r', '@b/r', 'a@b/', 'b/', 'a@b c']) {
    assert.throws(() => Jid.parse(text), { kind: 'malformed' }, text);
  }
});

test(`RFC 7622 §3.3.1: a localpart holds none of "&'/:<>@, even where width mapping makes it`, () => {
  for (const character of [...`"&'/:<>@`, '\uff20', '\uff0f', '\uff1a']) {
    assert.throws(() => Jid.of(`a${character}b`, 'example.com'), { kind: 'malformed' }, character);
  }
});

test('RFC 7622 §3.2, §3.3.1, §3.4: case goes from local and domain, and stays in the resource', () => {
  const jid = Jid.parse('Juliet@Example.COM./Balcony');
  assert.equal(jid.full, 'juliet@example.com/Balcony');
  assert.ok(jid.equals(Jid.parse('juliet@example.com/Balcony')));
  assert.ok(!jid.equals(Jid.parse('juliet@example.com/balcony')));
  assert.equal(Jid.parse('a@B\u00dcCHER.example').domain, 'b\u00fccher.example');
  assert.equal(Jid.parse('a@xn--bcher-kva.example').domain, 'b\u00fccher.example');
  assert.equal(Jid.parse('a@[2001:DB8::0:1]/r').domain, '[2001:db8::1]');
  assert.equal(Jid.parse('a@192.0.2.1').domain, '192.0.2.1');
});

test('RFC 7622 §3.3, §3.4: a part has at most 1023 octets once it is prepared', () => {
  const long = 'a'.repeat(1023);
  assert.equal(Jid.parse(`${long}@example.com/${long}`).full.length, 1023 + 13 + 1023);
  assert.equal(Jid.of('e\u0301'.repeat(511), 'example.com').local.length, 511);
  assert.equal(Jid.of('\uff41'.repeat(1023), 'example.com').local, long);
  assert.throws(() => Jid.of(`${long}a`, 'example.com'), { kind: 'malformed' });
  assert.throws(() => Jid.of('\u00e9'.repeat(512), 'example.com'), { kind: 'malformed' });
  assert.throws(() => Jid.of('a', 'example.com', `${long}a`), { kind: 'malformed' });
  assert.throws(() => Jid.of('a', 'example.com', '\u00e9'.repeat(512)), { kind: 'malformed' });
});

test('a megabyte is refused unread, in any part', () => {
  const long = '\u0301\u0323'.repeat(500_000);
  for (const text of [long, `${long}@b`, `a@${long}`, `a@b/${long}`, '@'.repeat(1_000_000)]) {
    assert.throws(() => Jid.parse(text), { kind: 'malformed' });
  }
  assert.throws(() => Jid.of('a', 'b', long), { kind: 'malformed' });
  assert.throws(() => Jid.parse('a@b').withResource(long), { kind: 'malformed' });
});

test('a JID knows what it addresses, and gives the bare one and the one of another resource', () => {
  const full = Jid.parse('juliet@example.com/balcony');
  assert.deepEqual([full.isBare, full.isDomain], [false, false]);
  assert.deepEqual([full.toBare().isBare, full.toBare().isDomain], [true, false]);
  assert.deepEqual([Jid.parse('example.com').isBare, Jid.parse('example.com').isDomain], [true, true]);
  assert.equal(full.toBare().full, 'juliet@example.com');
  assert.equal(full.toBare(), full.toBare());
  assert.equal(full.toBare().toBare(), full.toBare());
  assert.equal(full.toBare().withResource('garden').full, 'juliet@example.com/garden');
  assert.throws(() => full.withResource(''), { kind: 'malformed' });
  assert.throws(() => full.withResource('\u0000'), { kind: 'malformed' });
});

test('the same text gives the same JID without being parsed again', () => {
  assert.equal(Jid.parse('romeo@example.net/orchard'), Jid.parse('romeo@example.net/orchard'));
});

const part = fc.oneof(anyText, fc.string({ unit: 'grapheme' }), fc.string(), fc.lorem());
const address = fc.oneof(
  part,
  fc.tuple(fc.string(), fc.domain(), part).map(([local, domain, resource]) => `${local}@${domain}/${resource}`),
  fc.tuple(part, part, part).map(([local, domain, resource]) => `${local}@${domain}/${resource}`),
  fc
    .array(fc.constantFrom('@', '/', '.', 'a', '[', ':', ']', 'xn--', '\ud800', '\uff20', '\u3002', '\u05d0'))
    .map((all) => all.join('')),
);

test('any text is a JID that is parsed as itself, or malformed', () => {
  fc.assert(
    fc.property(address, (text) => {
      try {
        const jid = Jid.parse(text);
        for (const again of [Jid.parse(jid.full), Jid.of(jid.local, jid.domain, jid.resource)]) {
          assert.ok(again.equals(jid));
          assert.deepEqual([again.local, again.domain, again.resource], [jid.local, jid.domain, jid.resource]);
        }
      } catch (error) {
        assert.ok(error instanceof Failure && error.kind === 'malformed', String(error));
      }
    }),
    { numRuns: 500 },
  );
});
