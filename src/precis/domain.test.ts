import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Failure } from '#base/failure.ts';
import { anyText } from '../../test/support/any-text.ts';
import { prepareDomain } from './domain.ts';

const prepared: [text: string, domain: string, why: string][] = [
  ['example.com', 'example.com', 'a plain name stays as it is'],
  ['Example.COM', 'example.com', 'upper case is mapped to lower case'],
  ['example.com.', 'example.com', 'one trailing dot is removed'],
  ['localhost', 'localhost', 'a single label is enough'],
  ['chat-1.example', 'chat-1.example', 'hyphens stand inside of labels'],
  ['xn--fa-hia.example', 'faß.example', 'an A-label becomes a U-label'],
  ['faß.example', 'faß.example', 'the sharp s is a letter of its own'],
  ['BÜCHER.example', 'bücher.example', 'upper case outside ASCII'],
  ['bu\u0308cher.example', 'bücher.example', 'composed by NFC'],
  ['例え。テスト', '例え.テスト', 'the ideographic full stop separates labels'],
  ['ｅｘａｍｐｌｅ.com', 'example.com', 'full-width letters are mapped'],
  ['\u212aelvin.example', 'kelvin.example', 'so is the Kelvin sign'],
  ['例え。テスト。', '例え.テスト', 'and may end the name'],
  ['192.0.2.7', '192.0.2.7', 'an IPv4 address'],
  ['[2001:DB8:0::1]', '[2001:db8::1]', 'an IPv6 address, in the form of RFC 5952'],
];

for (const [text, domain, why] of prepared) {
  test(`RFC 7622 §3.2: ${JSON.stringify(text)} is prepared as ${domain}: ${why}`, () => {
    assert.equal(prepareDomain(text), domain);
    assert.equal(prepareDomain(domain), domain);
  });
}

const refused: [text: string, why: string][] = [
  ['', 'empty'],
  ['.', 'nothing but a dot'],
  ['a..b', 'an empty label'],
  ['example..', 'two trailing dots'],
  ['-a.example', 'a leading hyphen'],
  ['a-.example', 'a trailing hyphen'],
  ['ab--cd.example', 'hyphens in the third and fourth place'],
  ['a_b.example', 'an underscore'],
  ['a b.example', 'a space'],
  ['a/b', 'a slash'],
  ['a@b', 'an at sign'],
  ['xn--\u00e9.example', 'a mixed label'],
  ['xn--a.example', 'punycode that means nothing'],
  ['\u0301a.example', 'a leading combining mark'],
  ['a\u200db.example', 'a joiner out of place'],
  ['\u05d0a.example', 'left-to-right in a right-to-left label'],
  ['\ud800.example', 'half a surrogate pair'],
  [`${'a'.repeat(64)}.example`, 'a label over 63 octets'],
  [`${'ab.'.repeat(100)}example`, 'a name over 253 octets'],
  ['a'.repeat(1_000_000), 'a megabyte'],
  ['\u2603.example', 'a symbol, which IDNA2008 refuses'],
  ['xn--n3h.example', 'a symbol in an A-label'],
  ['a\u{1d167}.example', 'a mark of music (RFC 5892 §2.5)'],
  ['a\u30fbb.example', 'a Katakana middle dot without Katakana (RFC 5892 A.7)'],
  ['[::1', 'half a bracket'],
  ['[fe80::1%eth0]', 'an IPv6 zone'],
  ['[192.0.2.7]', 'IPv4 in brackets'],
];

for (const [text, why] of refused) {
  test(`RFC 7622 §3.2: a domain is refused for ${why}`, () => {
    assert.throws(() => prepareDomain(text), { kind: 'malformed' });
  });
}

test('any text is a domain that stays what it is, or malformed', () => {
  fc.assert(
    fc.property(fc.oneof(anyText, fc.domain(), fc.webAuthority()), (text) => {
      try {
        const domain = prepareDomain(text);
        assert.equal(prepareDomain(domain), domain);
      } catch (error) {
        assert.ok(error instanceof Failure && error.kind === 'malformed', String(error));
      }
    }),
  );
});
