/**
 * RFC 6120 §11, §4.9.3: bytes that are no stream. Each is sent before sign-in, where anybody can, and after it; each ends
 * its own stream with the one right error, is counted, and leaves the server as it was.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type InProcess, startInProcess } from '../support/in-process.ts';
import { figure, OPENING, RawConnection } from '../support/raw-connection.ts';

let server: InProcess;
before(async () => {
  server = await startInProcess({ people: ['romeo', 'juliet'], settings: { 'xmpp.limits.maxStanzaBytes': 20_000 } });
});
after(() => server.stop());

const bytes = (...parts: (string | number[])[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))));
const many = (count: number, make: (i: number) => string) => Array.from({ length: count }, (_, i) => make(i)).join('');
const LAUGHS = many(9, (i) => `<!ENTITY lol${i + 1} '${`&lol${i};`.repeat(10)}'>`);

/** On an open stream. */
const VECTORS: [title: string, condition: string, input: Buffer][] = [
  ['§11.1: a comment', 'restricted-xml', bytes('<!-- a comment -->')],
  ['§11.1: a comment inside a stanza', 'restricted-xml', bytes('<message><body>a<!-- b -->c</body></message>')],
  ['§11.1: a processing instruction', 'restricted-xml', bytes('<?php exit ?>')],
  ['§11.1: a processing instruction inside a stanza', 'restricted-xml', bytes('<message><?x y?></message>')],
  ['§11.1: a document type inside the stream', 'not-well-formed', bytes('<!DOCTYPE x>')],
  ['§11.1: an entity of nobody’s making', 'not-well-formed', bytes('<message><body>&lol;</body></message>')],
  ['§11.1: an entity in an attribute', 'not-well-formed', bytes("<message id='&xxe;'/>")],
  ['XML 1.0 §2.8: a second XML declaration', 'not-well-formed', bytes("<message/><?xml version='1.0'?>")],
  ['XML 1.0 §2.2: U+0000', 'not-well-formed', bytes('<message><body>', [0], '</body></message>')],
  ['XML 1.0 §2.2: a control character', 'not-well-formed', bytes('<message><body>', [7], '</body></message>')],
  ['XML 1.0 §2.2: U+FFFF', 'not-well-formed', bytes('<message><body>', [0xef, 0xbf, 0xbf], '</body></message>')],
  [
    'XML 1.0 §4.1: a reference to a control character',
    'not-well-formed',
    bytes('<message><body>&#1;</body></message>'),
  ],
  ['XML 1.0 §4.1: a reference to U+0000', 'not-well-formed', bytes('<message><body>&#0;</body></message>')],
  ['XML 1.0 §4.1: a reference to a half surrogate pair', 'not-well-formed', bytes('<message>&#xd800;</message>')],
  ['XML 1.0 §4.1: a reference beyond Unicode', 'not-well-formed', bytes('<message>&#x110000;</message>')],
  ['XML 1.0 §3.1: tags that cross', 'not-well-formed', bytes('<message><a><b></a></b></message>')],
  ['XML 1.0 §3.1: an attribute twice', 'not-well-formed', bytes("<message id='1' id='2'/>")],
  [
    'XML Names §6.3: an attribute twice by way of two prefixes',
    'not-well-formed',
    bytes("<message xmlns:a='urn:x' xmlns:b='urn:x' a:i='1' b:i='2'/>"),
  ],
  ['XML 1.0 §3.1: an attribute without quotes', 'not-well-formed', bytes('<message id=1/>')],
  ['XML 1.0 §3.1: a raw < in an attribute', 'not-well-formed', bytes("<message id='<'/>")],
  ['XML Names §5: a prefix that is not bound, of an element', 'not-well-formed', bytes('<x:message/>')],
  ['XML Names §5: a prefix that is not bound, of an attribute', 'not-well-formed', bytes("<message x:y='z'/>")],
  ['XML Names §3: xmlns: bound to nothing', 'not-well-formed', bytes("<message xmlns:x=''/>")],
  ['XML Names §3: the prefix xml bound to something else', 'not-well-formed', bytes("<message xmlns:xml='urn:x'/>")],
  ['XML Names §4: a name with two colons', 'not-well-formed', bytes("<message xmlns:a='urn:x'><a:b:c/></message>")],
  ['XML 1.0 §2.3: a name that begins with a digit', 'not-well-formed', bytes('<message><1/></message>')],
  ['XML 1.0 §2.4: ]]> in text', 'not-well-formed', bytes('<message><body>]]></body></message>')],
  ['§11.6: a byte that UTF-8 does not have', 'unsupported-encoding', bytes('<message><body>', [0xff], '</body>')],
  ['§11.6: Latin-1', 'unsupported-encoding', bytes('<message><body>caf', [0xe9], '</body></message>')],
  ['§11.6: an overlong <', 'unsupported-encoding', bytes('<message><body>', [0xc0, 0xbc], '</body></message>')],
  ['§11.6: an overlong U+0000', 'unsupported-encoding', bytes('<message><body>', [0xc0, 0x80], '</body></message>')],
  ['§11.6: a surrogate in UTF-8', 'unsupported-encoding', bytes('<message>', [0xed, 0xa0, 0x80], '</message>')],
  ['§11.6: beyond U+10FFFF', 'unsupported-encoding', bytes('<message>', [0xf4, 0x90, 0x80, 0x80], '</message>')],
  ['§11.6: a character that is never finished', 'unsupported-encoding', bytes('<message><body>', [0xe2, 0x82], '<')],
  ['§4.9.3.1: text between stanzas', 'bad-format', bytes('what light<message/>')],
  ['§4.9.3.1: a CDATA section between stanzas', 'bad-format', bytes('<![CDATA[ what light ]]>')],
  ['§13.12: elements nested too deep', 'policy-violation', bytes('<a>'.repeat(70))],
  ['§13.12: too many attributes', 'policy-violation', bytes(`<message ${many(65, (i) => `a${i}='' `)}/>`)],
  [
    '§13.12: too many namespace declarations',
    'policy-violation',
    bytes(`<message ${many(65, (i) => `xmlns:a${i}='urn:x' `)}/>`),
  ],
  ['§13.12: a name without an end', 'policy-violation', bytes(`<${'a'.repeat(30_000)}`)],
  ['§13.12: an attribute without an end', 'policy-violation', bytes(`<message id='${'a'.repeat(30_000)}`)],
  [
    '§13.12: a stanza that is too big',
    'policy-violation',
    bytes(`<message><body>${'a'.repeat(30_000)}</body></message>`),
  ],
  ['§13.12: text without an end', 'policy-violation', bytes(`<message><body>${'é'.repeat(15_000)}`)],
  ['§13.12: white space without an end inside a stanza', 'policy-violation', bytes(`<message>${' '.repeat(30_000)}`)],
  [
    '§13.12: an element of empty elements without an end',
    'policy-violation',
    bytes(`<message>${'<a/>'.repeat(8_000)}`),
  ],
];

/** Of a new connection, before any stream. */
const BEGINNINGS: [title: string, condition: string, input: Buffer][] = [
  ['§11.1: a document type', 'restricted-xml', bytes('<!DOCTYPE stream>', OPENING)],
  ['§11.1: a billion laughs', 'restricted-xml', bytes(`<!DOCTYPE l [<!ENTITY lol0 'lol'>${LAUGHS}]>`, OPENING)],
  [
    '§11.1: an external entity',
    'restricted-xml',
    bytes("<!DOCTYPE l [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>", OPENING),
  ],
  [
    '§11.1: a document type without an end',
    'policy-violation',
    bytes(`<!DOCTYPE l [${'<!ENTITY a "b">'.repeat(2_000)}`),
  ],
  ['§11.1: a comment', 'restricted-xml', bytes('<!-- hello -->', OPENING)],
  ['§11.1: a processing instruction', 'restricted-xml', bytes("<?xml-stylesheet href='x'?>", OPENING)],
  ['§11.6: UTF-16 with a byte order mark', 'unsupported-encoding', Buffer.from(`\ufeff${OPENING}`, 'utf16le')],
  ['§11.6: UTF-16 without one', 'unsupported-encoding', Buffer.from(OPENING, 'utf16le')],
  ['§11.6: UTF-16, big-endian', 'unsupported-encoding', Buffer.from(OPENING, 'utf16le').swap16()],
  ['§11.6: what looks like a byte order mark in UTF-8 is a character', 'not-well-formed', bytes(`\ufeff${OPENING}`)],
  [
    '§11.6: another encoding by name',
    'unsupported-encoding',
    bytes("<?xml version='1.0' encoding='ISO-8859-1'?>", OPENING.slice(21)),
  ],
  ['§11.5: XML 1.1', 'not-well-formed', bytes("<?xml version='1.1'?>", OPENING.slice(21))],
  ['an HTTP request', 'not-well-formed', bytes('GET / HTTP/1.1\r\nHost: example.test\r\n\r\n')],
  ['a TLS handshake on the port of STARTTLS', 'not-well-formed', bytes([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3])],
  ['§4.9.3.1: a root that is no stream', 'bad-format', bytes("<message xmlns='jabber:client'/>")],
  [
    '§4.9.3.10: a stream of another namespace',
    'invalid-namespace',
    bytes(OPENING.replace('etherx.jabber.org/streams', 'x')),
  ],
  [
    '§4.9.3.10: content of another namespace',
    'invalid-namespace',
    bytes(OPENING.replace('jabber:client', 'jabber:server')),
  ],
  ['§4.9.3.10: content of no namespace', 'invalid-namespace', bytes(OPENING.replace(" xmlns='jabber:client'", ''))],
  ['§4.9.3.6: a domain that is not served', 'host-unknown', bytes(OPENING.replace('example.test', 'example.org'))],
  ['§4.9.3.6: no domain at all', 'host-unknown', bytes(OPENING.replace("to='example.test'", "to='@@'"))],
  ['§4.9.3.25: no version', 'unsupported-version', bytes(OPENING.replace("version='1.0'>", '>'))],
  [
    '§4.9.3.25: a version that is none',
    'unsupported-version',
    bytes(OPENING.replace("version='1.0'>", "version='one'>")),
  ],
  ['§4.9.3.25: version 0.9', 'unsupported-version', bytes(OPENING.replace("version='1.0'>", "version='0.9'>"))],
  [
    '§13.12: an opening tag without an end',
    'policy-violation',
    bytes(
      OPENING.slice(0, -1),
      many(2_000, (i) => ` a${i}=''`),
    ),
  ],
  ['§13.12: white space without an end before the stream', 'policy-violation', bytes(' '.repeat(11_000))],
];

const counted = (condition: string) => figure(server, `rollcall_xmpp_stream_errors_total{condition="${condition}"}`);

/** What the server sends to end a stream is itself a whole one (§4.9.1.2): header, error, closing tag. */
async function endsWith(raw: RawConnection, condition: string): Promise<void> {
  assert.equal(await raw.streamError(), condition);
  assert.match(raw.received, /<stream:stream [^>]*>.*<stream:error>.*<\/stream:error><\/stream:stream>$/s);
}

/** In pieces of a few bytes each: the kernel may put them together again, but not all the time. */
function inPieces(raw: RawConnection, input: Buffer): void {
  const size = Math.max(1, Math.ceil(input.length / 50));
  for (let at = 0; at < input.length; at += size) raw.write(input.subarray(at, at + size));
}

describe('before sign-in, on an open stream', () => {
  for (const [title, condition, input] of VECTORS) {
    test(`${title}: ${condition}`, async () => {
      const before = await counted(condition);
      for (const send of [(raw: RawConnection) => raw.write(input), (raw: RawConnection) => inPieces(raw, input)]) {
        const raw = await RawConnection.plain(server);
        raw.write(OPENING);
        await raw.until(/<\/stream:features>/);
        send(raw);
        // A whole element before the fault is one too early.
        const expected = /^<message\/>/.test(input.toString('latin1')) ? 'not-authorized' : condition;
        await endsWith(raw, expected);
      }
      assert.ok((await counted(condition)) >= before);
    });
  }
});

describe('in place of a stream', () => {
  for (const [title, condition, input] of BEGINNINGS) {
    test(`${title}: ${condition}`, async () => {
      const before = await counted(condition);
      for (const send of [(raw: RawConnection) => raw.write(input), (raw: RawConnection) => inPieces(raw, input)]) {
        const raw = await RawConnection.plain(server);
        send(raw);
        await endsWith(raw, condition);
      }
      assert.equal(await counted(condition), before + 2);
    });
  }
});

describe('after sign-in', () => {
  for (const [title, condition, input] of VECTORS) {
    test(`${title}: ${condition}`, async () => {
      const raw = await RawConnection.signedIn(server, 'romeo');
      raw.write(input);
      assert.equal(await raw.streamError(), condition);
    });
  }

  test('XEP-0478: a stanza that is too big is told from other faults', async () => {
    const raw = await RawConnection.signedIn(server, 'romeo');
    raw.write(`<message><body>${'a'.repeat(30_000)}</body></message>`);
    assert.match(await raw.closed, /<stanza-too-big xmlns='urn:xmpp:errors'\/>/);
  });

  test('§13.12: a stanza of the greatest length is taken, one octet more is not', async () => {
    const frame = "<message to='juliet@example.test'><body></body></message>";
    const romeo = await RawConnection.signedIn(server, 'romeo');
    const juliet = await server.signIn('juliet');
    await juliet.becomeAvailable();
    const body = 'a'.repeat(20_000 - frame.length);
    romeo.write(frame.replace('</body>', `${body}</body>`));
    const message = await juliet.expect('<message/>');
    assert.equal(message.childText('body')?.length, body.length);
    romeo.write(frame.replace('</body>', `a${body}</body>`));
    assert.equal(await romeo.streamError(), 'policy-violation');
    await juliet.close();
  });
});

describe('what is unusual and right', () => {
  test('XML 1.0 §2.7: CDATA is text', async () => {
    const romeo = await RawConnection.signedIn(server, 'romeo');
    const juliet = await server.signIn('juliet');
    await juliet.becomeAvailable();
    romeo.write("<message to='juliet@example.test'><body>a &amp; <![CDATA[<b> & ]]]]><![CDATA[>]]></body></message>");
    await juliet.expect('<message><body>a &amp; &lt;b&gt; &amp; ]]&gt;</body></message>');
    romeo.destroy();
    await juliet.close();
  });

  test('§4.6.1: white space between stanzas keeps a stream alive, however much there is of it', async () => {
    const romeo = await RawConnection.signedIn(server, 'romeo');
    for (let i = 0; i < 50; i++) romeo.write(' \n\t\r'.repeat(1_000));
    romeo.write("<iq type='get' id='still'><x xmlns='urn:example:x'/></iq>");
    await romeo.until(/id='still'/);
    romeo.destroy();
  });

  test('§4.8.5: the stream namespace may have another prefix, and the content one too', async () => {
    const raw = await RawConnection.plain(server);
    raw.write(
      "<s:stream xmlns:s='http://etherx.jabber.org/streams' xmlns='jabber:client' to='example.test' version='1.9'>",
    );
    await raw.until(/<\/stream:features>/);
    assert.match(raw.received, /version='1.0'/);
    raw.write('</s:stream>');
    assert.equal(await raw.streamError(), '');
  });

  test('§4.7.2: a stream that names no domain is for the first one', async () => {
    const raw = await RawConnection.plain(server);
    raw.write(OPENING.replace(" to='example.test'", ''));
    await raw.until(/from='example.test'/);
    raw.destroy();
  });

  for (const lang of ['x', '', '-', 'a'.repeat(500), '&lt;script&gt;']) {
    test(`§4.7.4: a language that is none (${lang.slice(0, 20)}) does no harm`, async () => {
      const raw = await RawConnection.plain(server);
      raw.write(OPENING.replace(" version='1.0'>", ` version='1.0' xml:lang='${lang}'>`));
      await raw.until(/<\/stream:features>/);
      raw.destroy();
    });
  }
});

test('after all of it the server serves as before', async () => {
  const romeo = await server.signIn('romeo');
  assert.equal(await romeo.refusal('get', `<x xmlns='urn:example:x'/>`), 'cancel, service-unavailable');
  await romeo.close();
});
