import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Availability, Publication } from '#accounts/device.ts';
import { type Element, element } from '#xml/element.ts';
import { XmlParser } from '#xml/parser.ts';
import { readNative, readNotes, readPublication, renderContent, renderOverlaid } from './presence-content.ts';
import { NS_CLIENT } from './wire/namespaces.ts';
import { StanzaError } from './wire/stanza-error.ts';

function presence(...children: [name: string, text: string][]): Element {
  return element('presence', NS_CLIENT, {}, ...children.map(([name, text]) => element(name, NS_CLIENT, {}, text)));
}

const read = (stanza: Element) => readPublication(stanza, 'balcony', 7);

/** Reads the content of a presence stanza as a client would. */
function parse(content: string): Element {
  const found: Element[] = [];
  const sink = { onRoot() {}, onElement: (child: Element) => void found.push(child), onStrayText() {}, onRootEnd() {} };
  const limits = { maxDepth: 10, maxAttributes: 10, maxStanzaBytes: 100_000 };
  new XmlParser(sink, limits as never).write(`<s xmlns='${NS_CLIENT}'><presence>${content}</presence>`);
  return found[0]!;
}

describe('RFC 6121 §4.7.2.1: show', () => {
  const rows: [string, Availability][] = [
    ['chat', 'chat'],
    ['away', 'away'],
    ['xa', 'extended-away'],
    ['dnd', 'do-not-disturb'],
  ];
  for (const [show, availability] of rows) {
    test(`${show} is ${availability}`, () => {
      assert.equal(read(presence(['show', show])).availability, availability);
    });
  }

  test('without it, a device is available', () => {
    assert.equal(read(presence()).availability, 'available');
  });

  test('an empty one is taken for none, because go-sendxmpp sends it', () => {
    assert.equal(read(presence(['show', ''])).availability, 'available');
  });

  for (const show of ['online', 'Away', ' away', 'constructor', 'available']) {
    test(`${JSON.stringify(show)} is a bad request`, () => {
      assert.throws(() => read(presence(['show', show])), { condition: 'bad-request' });
    });
  }

  test('twice is a bad request', () => {
    assert.throws(() => read(presence(['show', 'away'], ['show', 'away'])), StanzaError);
  });
});

describe('RFC 6121 §4.7.2.3: priority', () => {
  const rows: [string, number][] = [
    ['127', 127],
    ['-128', -128],
    ['0', 0],
    ['-0', 0],
    ['+5', 5],
    ['007', 7],
    [' 1 ', 1],
  ];
  for (const [text, priority] of rows) {
    test(`${JSON.stringify(text)} is ${priority}`, () => {
      assert.equal(read(presence(['priority', text])).priority, priority);
    });
  }

  test('without it, it is 0', () => {
    assert.equal(read(presence()).priority, 0);
  });

  for (const text of ['128', '-129', '1.5', '', 'high', '1e1', '0x1', '99999999999999999999']) {
    test(`${JSON.stringify(text)} is a bad request`, () => {
      assert.throws(() => read(presence(['priority', text])), { condition: 'bad-request' });
    });
  }

  test('twice is a bad request', () => {
    assert.throws(() => read(presence(['priority', '1'], ['priority', '1'])), StanzaError);
  });
});

describe('RFC 6121 §4.7.2.2: status', () => {
  test('there may be one in each language; the stanza has the language of those that name none', () => {
    const stanza = element(
      'presence',
      NS_CLIENT,
      { 'xml:lang': 'cs' },
      element('status', NS_CLIENT, {}, 'Dobrý den'),
      element('status', NS_CLIENT, { 'xml:lang': 'en' }, 'Hello'),
      element('status', 'urn:other', {}, 'not this one'),
    );
    assert.deepEqual(readNotes(stanza), { cs: 'Dobrý den', en: 'Hello' });
    assert.equal(
      readNative(stanza).payload,
      "<status xml:lang='cs'>Dobrý den</status><status xml:lang='en'>Hello</status>" +
        "<status xmlns='urn:other'>not this one</status>",
    );
  });
});

test('RFC 6121 §4.4.2: what else a client says goes to watchers as it came', () => {
  const caps = element('c', 'http://jabber.org/protocol/caps', { hash: 'sha-1', node: 'n', ver: 'v' });
  const { native } = read(element('presence', NS_CLIENT, {}, caps));
  assert.equal(native!.payload, "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='n' ver='v'/>");
});

describe('XEP-0319 §3: since when nobody has touched the client', () => {
  const idle = (since: string) =>
    read(element('presence', NS_CLIENT, {}, element('idle', 'urn:xmpp:idle:1', { since })));

  test('is known', () => {
    assert.equal(idle('1969-07-21T02:56:15Z').idleSince, Date.UTC(1969, 6, 21, 2, 56, 15));
  });

  test('what is no time is left for other clients to make sense of', () => {
    const { idleSince, native } = idle('yesterday');
    assert.equal(idleSince, undefined);
    assert.equal(native!.payload, "<idle xmlns='urn:xmpp:idle:1' since='yesterday'/>");
  });
});

test('a call takes the place of show and status; what else the client says stays as it came', () => {
  const said = "<show>chat</show><status>Hi</status><status xml:lang='de'>Hallo</status><priority>5</priority>";
  const others = "<c xmlns='http://jabber.org/protocol/caps' ver='x'/><show xmlns='urn:other'>not this</show>";
  const shown = { device: 'a', availability: 'away', notes: { '': 'On a <call>' }, priority: 5, at: 7 } as const;
  assert.equal(
    renderOverlaid(shown, said + others),
    `<show>away</show><status>On a &lt;call&gt;</status><priority>5</priority>${others}`,
  );
  assert.equal(renderOverlaid({ ...shown, availability: 'available', notes: {} }, said), '<priority>5</priority>');
});

test('presence that would be sent to all contacts has a limit of its own', () => {
  assert.throws(() => read(presence(['status', 'x'.repeat(40_000)])), { condition: 'policy-violation' });
});

test('RFC 8048 §3: what a device of another protocol says reads the same for an XMPP client', () => {
  const availability = fc.constantFrom('chat', 'available', 'away', 'extended-away', 'do-not-disturb');
  const word = fc.string({ unit: 'grapheme-ascii' });
  const notes = fc.dictionary(fc.constantFrom('', 'en', 'de'), word, { noNullPrototype: true });
  const priority = fc.integer({ min: -128, max: 127 });
  fc.assert(
    fc.property(availability, notes, priority, (availability, notes, priority) => {
      const said: Publication = { device: 'balcony', availability, notes, priority, at: 7 };
      const { native: _, ...heard } = read(parse(renderContent(said)));
      assert.deepEqual(heard, said);
    }),
  );
});
