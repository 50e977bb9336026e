import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { addressOf, domainOf, gruuOf, resourceOf, uriOf, uriOfJid } from './address.ts';
import { parseUri, writeUri } from './sip-uri.ts';

describe('RFC 7247 §4: a SIP URI and the address of its account', () => {
  const pairs: readonly [string, string][] = [
    ['sip:juliet@example.com', 'juliet@example.com'],
    ["sip:d'artagnan@example.com", 'd\\27artagnan@example.com'],
    ['sip:tsch%C3%BCss@xn--bcher-kva.example', 'tschüss@bücher.example'],
    ['sip:a%20b@example.com', 'a\\20b@example.com'],
    ['sip:sips%3Auser%40example.com@example.net', 'sips\\3auser\\40example.com@example.net'],
    ['sip:1/2&3@example.com', '1\\2f2\\263@example.com'],
    ['sip:%5C27x@example.com', '\\5c27x@example.com'],
    ['sip:%5Cx@example.com', '\\x@example.com'],
  ];
  for (const [uri, address] of pairs) {
    test(`${uri} and ${address}`, () => {
      assert.equal(addressOf(parseUri(uri)), address);
      assert.equal(uriOf(address), uri);
    });
  }
});

test('RFC 7622 §3.3: case and escapes of a user mean nothing in an address, nor do port, password and parameters', () => {
  assert.equal(addressOf(parseUri('sip:Jul%69et:x@EXAMPLE.com:5070;transport=tcp')), 'juliet@example.com');
});

describe('RFC 3261 §21.4.5: a user that no account can have is not found', () => {
  for (const uri of [
    'sip:example.com',
    'sip:%00@example.com',
    'sip:%FF@example.com',
    'sip:%20a@example.com',
    'tel:+1',
  ]) {
    test(uri, () => {
      assert.throws(() => addressOf(parseUri(uri)), { name: 'SipError', status: 404 });
    });
  }
});

test('RFC 7247 §4.3, RFC 5627: a resource is the gr parameter of a GRUU', () => {
  const uri = gruuOf('juliet@example.com', 'balcony ü');
  assert.equal(uri, 'sip:juliet@example.com;gr=balcony%20%C3%BC');
  assert.equal(uriOfJid('juliet@example.com/balcony ü'), uri);
  assert.equal(uriOfJid('juliet@example.com'), 'sip:juliet@example.com');
  assert.equal(resourceOf(parseUri(uri)), 'balcony ü');
  assert.equal(resourceOf(parseUri('sip:juliet@example.com;gr')), undefined);
  assert.equal(writeUri(parseUri(uri)), uri);
});

test('RFC 5891 §4.4: a domain is A-labels on the wire and U-labels inside', () => {
  assert.equal(domainOf(parseUri('sip:XN--BCHER-KVA.example')), 'bücher.example');
  assert.equal(uriOf('bücher.example', 'sips'), 'sips:xn--bcher-kva.example');
  assert.equal(uriOf('a@b', 'pres'), 'pres:a@b');
});
