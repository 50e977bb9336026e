import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import { readTorture, rfc4475, type TortureMessage } from '../../../test/vectors/sip/rfc4475.ts';
import { rfc5118 } from '../../../test/vectors/sip/rfc5118.ts';
import { readText } from './byte-string.ts';
import { parseContacts } from './header-name-address.ts';
import { parseVia } from './header-via.ts';
import { Malformed } from './malformed.ts';
import type { SipRequest, SipResponse } from './message.ts';
import { parseMessage } from './message-parser.ts';
import { SipError } from './sip-error.ts';
import { parseRequestUri, parseUri } from './sip-uri.ts';
import { validateRequest } from './validate.ts';

/** What syntax alone makes of a message: that of an answer counts only where one can be sent. */
function syntaxOf(bytes: string): TortureMessage['syntax'] {
  try {
    const message = parseMessage(bytes);
    if (message.kind === 'response') return 'valid';
    validateRequest(message);
    parseRequestUri(message.uri);
    if (message.method === 'REGISTER') parseContacts(message.values('contact'));
    return 'valid';
  } catch (error) {
    assert.ok(error instanceof SipError, String(error));
    const isAnswerable = !(error instanceof Malformed) || error.request?.header('via') !== undefined;
    return isAnswerable ? error.status : 'dropped';
  }
}

function messageOf(file: string, rfc = 'rfc4475'): SipRequest | SipResponse {
  return parseMessage(readTorture(file, rfc).toString('latin1'));
}

function requestOf(file: string, rfc?: string): SipRequest {
  const message = messageOf(file, rfc);
  assert.ok(message.kind === 'request');
  return message;
}

const folders = Object.entries({ rfc4475, rfc5118 });
for (const [folder, messages] of folders) {
  describe(`${folder}: what syntax makes of each torture message`, () => {
    for (const { file, section, syntax, why } of messages) {
      test(`§${section} ${file}: ${syntax}, for ${why}`, () => {
        assert.equal(syntaxOf(readTorture(file, folder).toString('latin1')), syntax);
      });
    }
  });

  test(`${folder}: every file stands in the table, and the other way round`, () => {
    const files = readdirSync(new URL(`../../../test/vectors/sip/${folder}/`, import.meta.url));
    assert.deepEqual(files.sort(), messages.map(({ file }) => `${file}.dat`).sort());
  });
}

test('RFC 4475 §3.1.1.1: spaces, folds and compact forms change nothing', () => {
  const request = requestOf('wsinv');
  assert.equal(request.to.tag, '1918181833n');
  assert.deepEqual([request.from.display, request.from.tag], ['J Rosenberg \\"', '98asjd8']);
  assert.deepEqual(request.cseq, { number: 9, method: 'INVITE' });
  assert.equal(request.header('subject'), '');
  assert.equal(request.header('newfangledheader'), 'newfangled value continued newfangled value');
  assert.equal(request.header('unknownheaderwithunusualvalue'), ';;,,;;,;');
  const vias = request.values('via').map(parseVia);
  assert.deepEqual(
    vias.map(({ transport, host, branch }) => `${transport} ${host} ${branch}`),
    ['UDP 192.0.2.2 390skdjuw', 'TCP spindle.example.com z9hG4bK9ikj8', 'UDP 192.168.255.111 z9hG4bK30239'],
  );
  const [contact] = parseContacts(request.values('contact'));
  assert.ok(typeof contact === 'object');
  assert.equal(contact.display, 'Quoted string ""');
  assert.deepEqual(
    ['newparam', 'secondparam', 'q'].map((name) => contact.params.get(name)),
    ['newvalue', '', '0.33'],
  );
  assert.equal(request.body.length, 150);
});

test('RFC 4475 §3.1.1.2: characters of every kind are kept, NUL too', () => {
  const request = requestOf('intmeth');
  assert.equal(request.method, "!interesting-Method0123456789_*+`.%indeed'~");
  assert.equal(request.to.display, 'BEL:\x07 NUL:\x00 DEL:\x7f');
  assert.equal(request.from.display, "token1~` token2'+_ token3*%!.-");
  assert.equal(request.from.tag, "_token~1'+`*%!-.");
  assert.equal(readText(request.from.params.get("fromparam''~+*_!.-%")!), 'работающий');
  assert.equal(request.callId, 'intmeth.word%ZK-!.*_+\'@word`~)(><:\\/"][?}{');
  assert.equal(readText(request.header("extensionheader-!.%*+_`'~")!), '\ufeff大停電');
  const { user, password, host } = parseUri(request.uri);
  assert.equal(user, "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*");
  assert.equal(password, "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)");
  assert.equal(host, 'example.com');
});

test('RFC 4475 §3.1.1.3: escapes are read where they are some', () => {
  const request = requestOf('esc01');
  assert.equal(parseUri(request.uri).host, 'example.net');
  const [contact] = parseContacts(request.values('contact'));
  assert.ok(typeof contact === 'object');
  const { params } = parseUri(contact.uri);
  assert.deepEqual([params.get('lr'), params.get('name')], ['', 'value%41']);
});

test('RFC 4475 §3.1.1.5: a per cent sign in a header name or a display name is itself', () => {
  const request = requestOf('esc02');
  assert.equal(request.method, 'RE%47IST%45R');
  assert.equal(request.to.display, '%Z%45');
  assert.equal(request.lines('contact').length, 2);
});

test('RFC 4475 §3.1.1.8: what follows the body in a datagram is dropped', () => {
  assert.equal(requestOf('dblreq').method, 'REGISTER');
  assert.equal(requestOf('dblreq').body, '');
});

test('RFC 4475 §3.1.1.9: a semicolon may be part of the user', () => {
  const uri = parseUri(requestOf('semiuri').uri);
  assert.deepEqual([uri.user, uri.host, uri.params.flat.length], ['user;par=u%40example.net', 'example.com', 0]);
});

test('RFC 4475 §3.1.1.10: transports that nobody knows', () => {
  const transports = requestOf('transports')
    .values('via')
    .map((value) => parseVia(value).transport);
  assert.deepEqual(transports, ['UDP', 'SCTP', 'TLS', 'UNKNOWN', 'TCP']);
});

test('RFC 4475 §3.1.1.11: a body of bytes is kept byte for byte', () => {
  const bytes = readTorture('mpart01').toString('latin1');
  const { body } = requestOf('mpart01');
  assert.equal(body.length, 553);
  assert.ok(bytes.endsWith(body));
});

test('RFC 4475 §3.1.1.12, §3.1.1.13: reason phrases in UTF-8, and none', () => {
  const unusual = messageOf('unreason');
  assert.ok(unusual.kind === 'response');
  assert.equal(readText(unusual.reason), '= 2**3 * 5**2 но сто девяносто девять - простое');
  const none = messageOf('noreason');
  assert.ok(none.kind === 'response');
  assert.deepEqual([none.status, none.reason], [100, '']);
});

test('RFC 4475 §3.3.12, §3.3.13: a parameter outside brackets is the header’s, inside the URI’s', () => {
  const contactOf = (file: string) => {
    const [contact] = parseContacts(requestOf(file).values('contact'));
    assert.ok(typeof contact === 'object');
    return [contact.params.has('unknownparam'), parseUri(contact.uri).params.has('unknownparam')];
  };
  assert.deepEqual(contactOf('cparam01'), [true, false]);
  assert.deepEqual(contactOf('cparam02'), [false, true]);
});

test('RFC 4475 §3.3.14: a Contact may have headers in its URI', () => {
  const [contact] = parseContacts(requestOf('regescrt').values('contact'));
  assert.ok(typeof contact === 'object');
  assert.equal(parseUri(contact.uri).headers, 'Route=%3Csip:sip.example.com%3E');
});

test('RFC 5118 §4.3, §4.4: a port stands behind the bracket', () => {
  const ambiguous = parseUri(requestOf('port-ambiguous', 'rfc5118').uri);
  assert.deepEqual([ambiguous.host, ambiguous.port], ['[2001:db8::10:5070]', undefined]);
  const clear = parseUri(requestOf('port-unambiguous', 'rfc5118').uri);
  assert.deepEqual([clear.host, clear.port], ['[2001:db8::10]', 5070]);
});

test('RFC 5118 §4.5: received with and without brackets', () => {
  for (const file of ['via-received-param-with-delim', 'via-received-param-no-delim']) {
    const { host, received } = requestOf(file, 'rfc5118').via;
    assert.deepEqual([host, received], ['[2001:db8::9:1]', '2001:db8::9:255']);
  }
});

test('RFC 5118 §4.10: three colons are two', () => {
  assert.equal(parseUri(requestOf('ipv6-bug-abnf-3-colons', 'rfc5118').uri).host, '[2001:db8::192.0.2.1]');
});
