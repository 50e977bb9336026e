import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { serialize } from '#xml/serializer.ts';
import { isStanza, type StreamEvent, StreamParser } from './stream-parser.ts';

const OPENING =
  "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='example.test'>";
const LIMITS = { maxStanzaBytes: 200, maxDepth: 5, maxAttributes: 5 };

function told(event: StreamEvent): string {
  if (event.kind === 'header') return `header to ${event.header.attributes.to}`;
  if (event.kind === 'element') return serialize(event.element, 'jabber:client');
  return event.kind === 'malformed' ? event.error.condition : event.kind;
}

function feed(parser: StreamParser, bytes: Buffer, size = bytes.length || 1): string[] {
  const all: string[] = [];
  for (let at = 0; at < bytes.length; at += size) all.push(...parser.feed(bytes.subarray(at, at + size)).map(told));
  return all;
}

const read = (bytes: Buffer | string, size?: number) =>
  feed(new StreamParser(LIMITS), Buffer.from(bytes as string), size);
const inside = (text: string) => read(OPENING + text).slice(1);

test('RFC 6120 §4: header, stanzas, end', () => {
  const text = `<?xml version='1.0'?>${OPENING}<presence/> <message to='a@b'><body>é</body></message></stream:stream>`;
  const expected = ['header to example.test', '<presence/>', "<message to='a@b'><body>é</body></message>", 'end'];
  for (const size of [undefined, 1, 2, 3, 7]) assert.deepEqual(read(text, size), expected);
});

test('what comes after the end is not looked at', () => {
  assert.deepEqual(inside('</stream:stream><presence/>'), ['end']);
  const parser = new StreamParser(LIMITS);
  feed(parser, Buffer.from(`${OPENING}</stream:stream>`));
  assert.deepEqual(feed(parser, Buffer.from('<')), []);
});

describe('UTF-8 (RFC 6120 §11.6)', () => {
  test('a character may be cut anywhere', () => {
    const bytes = Buffer.from(`${OPENING}<a>é€\u{1F600}</a>`);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const parser = new StreamParser(LIMITS);
      const events = [...feed(parser, bytes.subarray(0, cut)), ...feed(parser, bytes.subarray(cut))];
      assert.deepEqual(events.slice(1), ['<a>é€\u{1F600}</a>']);
    }
  });

  const bad = [
    [0xff],
    [0xc0, 0x80],
    [0xe0, 0x80, 0xaf],
    [0xed, 0xa0, 0x80],
    [0xf4, 0x90, 0x80, 0x80],
    [0x80],
    [0xe2, 0x28, 0xa1],
  ];
  for (const bytes of bad) {
    test(`${Buffer.from(bytes).toString('hex')} is no character, at once and in pieces`, () => {
      const input = Buffer.concat([Buffer.from(`${OPENING}<b/><a>`), Buffer.from(bytes), Buffer.from('</a>')]);
      for (const size of [input.length, 1, 2, 3]) {
        assert.deepEqual(read(input, size).slice(1), ['<b/>', 'unsupported-encoding']);
      }
    });
  }
});

describe('the limit on a stanza (RFC 6120 §13.12)', () => {
  const stanza = (bytes: number) => `<a>${'x'.repeat(bytes - '<a></a>'.length)}</a>`;

  test('it holds for each one, to the byte, however they come', () => {
    const full = stanza(200);
    for (const size of [undefined, 1, 64, 200, 201]) {
      assert.deepEqual(read(OPENING + full + full + full, size).length, 4);
      assert.deepEqual(read(OPENING + full + stanza(201), size).slice(2), ['policy-violation']);
    }
  });

  test('it counts bytes, not characters', () => {
    for (const size of [undefined, 1]) {
      assert.deepEqual(read(`${OPENING}<a>${'é'.repeat(96)}</a>`, size).length, 2);
      assert.deepEqual(read(`${OPENING}<a>${'é'.repeat(97)}</a>`, size).slice(1), ['policy-violation']);
    }
  });

  test('one that never ends is noticed when it is too long, white space and all', () => {
    for (const endless of [
      `<a>${'x'.repeat(400)}`,
      `<a${' '.repeat(400)}`,
      `<${'a'.repeat(400)}`,
      `<a b='${' '.repeat(400)}`,
    ]) {
      for (const size of [undefined, 1, 33])
        assert.deepEqual(read(OPENING + endless, size).slice(1), ['policy-violation']);
    }
  });

  test('white space between stanzas costs nothing', () => {
    const parser = new StreamParser(LIMITS);
    feed(parser, Buffer.from(OPENING));
    for (let i = 0; i < 1_000; i++) assert.deepEqual(feed(parser, Buffer.from(' \n'.repeat(90))), []);
    assert.equal(parser.isBetweenElements, true);
    assert.deepEqual(feed(parser, Buffer.from(` ${stanza(200)} `)), [stanza(200)]);
  });

  test('it may be widened on the way', () => {
    const parser = new StreamParser(LIMITS);
    feed(parser, Buffer.from(`${OPENING}${stanza(300).slice(0, 150)}`));
    parser.limits = { ...LIMITS, maxStanzaBytes: 300 };
    assert.deepEqual(feed(parser, Buffer.from(stanza(300).slice(150))), [stanza(300)]);
  });
});

test('whether something has begun is known', () => {
  for (const [text, between] of [
    ['<a/>', true],
    ['<a/> \n', true],
    ['<a/><', false],
    ['<a', false],
    ['x', false],
  ] as const) {
    const parser = new StreamParser(LIMITS);
    feed(parser, Buffer.from(OPENING + text));
    assert.equal(parser.isBetweenElements, between, text);
  }
});

test('RFC 6120 §8: a stanza is a message, a presence or an IQ of the client namespace', () => {
  const parser = new StreamParser(LIMITS);
  const text = "<message/><presence/><iq/><x/><message xmlns='urn:x'/>";
  const events = parser.feed(Buffer.from(OPENING + text));
  const found = events.filter((event) => event.kind === 'element').map(({ element }) => isStanza(element));
  assert.deepEqual(found, [true, true, true, false, false]);
});

test('any bytes at all give events or one fault, the same in pieces as at once', () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
    fc
      .constantFrom('<a>', '</a>', '<a/>', 'é', '\u{1F600}', '&amp;', '<![CDATA[', ']]>', ' ', '</stream:stream>')
      .map((text) => Buffer.from(text)),
  );
  fc.assert(
    fc.property(fc.boolean(), fc.array(piece, { maxLength: 30 }), fc.nat(9), (opened, pieces, size) => {
      const bytes = Buffer.concat([Buffer.from(opened ? OPENING : ''), ...pieces]);
      const events = read(bytes);
      assert.deepEqual(read(bytes, size + 1), events);
      const last = events.findIndex((event) => /^[a-z-]+$/.test(event));
      assert.ok(last < 0 || last === events.length - 1);
    }),
    { numRuns: 300 },
  );
});

test('a stream that rests between any two elements goes on as if it had not', () => {
  const opening = `<s:stream xmlns:s='http://etherx.jabber.org/streams' xmlns='jabber:client' xmlns:x='urn:x' to='a'>`;
  const stanzas = [
    `<message><body>1</body></message>`,
    ` <x:y a='1' x:b='2'/>`,
    `\n<iq type='get'><q xmlns='urn:q'/></iq>`,
    '</s:stream>',
  ];
  const limits = { maxDepth: 10, maxAttributes: 10, maxStanzaBytes: 10_000 };
  const parse = (resting: boolean) => {
    const parser = new StreamParser(limits);
    return [opening, ...stanzas].flatMap((text) => {
      const events = [...parser.feed(Buffer.from(text))];
      if (resting) parser.rest();
      return events;
    });
  };
  assert.deepEqual(parse(true), parse(false));
  assert.equal(parse(true).at(-1)?.kind, 'end');
});

test('a stream that rests keeps its limits, and its place inside an element', () => {
  const parser = new StreamParser({ maxDepth: 10, maxAttributes: 10, maxStanzaBytes: 10_000 });
  const feed = (text: string) => {
    const kinds = parser.feed(Buffer.from(text)).map((event) => event.kind);
    parser.rest();
    return kinds;
  };
  assert.deepEqual(feed(`<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`), [
    'header',
  ]);
  assert.deepEqual(feed('<message><bo'), []);
  assert.deepEqual(feed('dy>1</body>'), []);
  assert.deepEqual(feed('</message>'), ['element']);
  assert.deepEqual(feed(`<message>${'x'.repeat(9_995)}`), ['malformed']);
});
