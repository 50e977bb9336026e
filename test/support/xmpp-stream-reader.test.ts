import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { element } from '#xml/element.ts';
import { type StreamEvent, StreamReader } from './xmpp-stream-reader.ts';

const HEADER =
  "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='1'>";
const STREAM = `${HEADER}<message xml:lang='en'><body>Ñ 😀 &lt;<![CDATA[&]]></body></message> <x:a xmlns:x='urn:x'/></stream:stream>`;

describe("A server's stream (RFC 6120 §4), as the test client reads it", () => {
  const body = element('body', 'jabber:client', {}, 'Ñ 😀 <&');
  const expected: StreamEvent[] = [
    { opened: { id: '1' } },
    { element: element('message', 'jabber:client', { 'xml:lang': 'en' }, body) },
    { element: element('a', 'urn:x') },
    { closed: true },
  ];

  test('is cut into elements', () => {
    assert.deepEqual(new StreamReader().feed(Buffer.from(STREAM)), expected);
  });

  test('gives the same one byte at a time', () => {
    const reader = new StreamReader();
    const events = [...Buffer.from(STREAM)].flatMap((byte) => reader.feed(Buffer.of(byte)));
    assert.deepEqual(events, expected);
  });

  const wrongs: Record<string, Buffer> = {
    'a comment (§11.1)': Buffer.from(`${HEADER}<!-- -->`),
    'a processing instruction (§11.1)': Buffer.from(`${HEADER}<?php?>`),
    'an undeclared prefix': Buffer.from(`${HEADER}<a:b/>`),
    'bytes that are no UTF-8 (§11.6)': Buffer.concat([Buffer.from(`${HEADER}<a>`), Buffer.of(0xff)]),
    'tags that do not match': Buffer.from(`${HEADER}<a></b>`),
    'text between stanzas': Buffer.from(`${HEADER}text<a/>`),
    'something else than a stream': Buffer.from('<html>'),
  };
  for (const [what, bytes] of Object.entries(wrongs)) {
    test(`is refused for ${what}`, () => assert.throws(() => new StreamReader().feed(bytes)));
  }
});
