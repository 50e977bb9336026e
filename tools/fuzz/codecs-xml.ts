import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { Element, type Node } from '#xml/element.ts';
import { parseElement } from '#xml/parse-element.ts';
import { XmlError, XmlParser, type XmlSink } from '#xml/parser.ts';
import { serialize } from '#xml/serializer.ts';
import { StreamError } from '#xmpp/wire/stream-error.ts';
import { type StreamEvent, StreamParser } from '#xmpp/wire/stream-parser.ts';
import { type Codec, law } from './codec.ts';

export const isXmlError = (error: unknown) => error instanceof XmlError;

export const MARKUP = [
  '<', '>', '/>', '</', '="', "='", '&lt;', '&amp;', '&#x10FFFF;', '&#0;', '&#9;', '&x;', '<![CDATA[', ']]>', '<!--', '-->',
  '<?x ?>', '<!DOCTYPE x>', ' xmlns=\'\'', " xmlns='urn:x'", " xmlns:a='urn:a'", '<a:b ', ' a:c=\'\'', " xml:lang='en'",
  '</stream:stream>', '<message>', '</message>', '<iq/>', '<body>', '\u{1F600}', 'é', '\u2028', '\ufeff', '\ufffe', '__proto__',
]; // biome-ignore format: a list

const name = fc.stringMatching(/^[a-z][a-z0-9_.-]{0,5}$/);
const namespace = fc.constantFrom('jabber:client', 'urn:a', 'urn:b', '', 'http://www.w3.org/1999/xhtml', "urn:'&<>");
/** What XML 1.0 §2.2 lets a document have. */
const legal = (text: string) => text.replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '');
const text = fc.string({ unit: 'binary', maxLength: 12 }).map(legal);
const attributes = fc.dictionary(
  fc.oneof(name, fc.constantFrom('xml:lang', '{urn:a}x', '{urn:b}x', '{urn:a}y')),
  text,
  { maxKeys: 4, noNullPrototype: true },
);

export const anyElement: fc.Arbitrary<Element> = fc.letrec<{ node: Node; element: Element }>((tie) => ({
  node: fc.oneof({ maxDepth: 4, withCrossShrink: true }, text, tie('element')),
  element: fc
    .tuple(name, namespace, attributes, fc.array(tie('node'), { maxLength: 4 }))
    .map(([name, ns, attributes, children]) => new Element(name, ns, attributes, joined(children))),
})).element;

/** As a parser gives it back: no two texts beside each other, and none that is empty. */
function joined(children: readonly Node[]): Node[] {
  const out: Node[] = [];
  for (const child of children) {
    const last = out.length - 1;
    if (child === '') continue;
    if (typeof child === 'string' && typeof out[last] === 'string') out[last] += child;
    else out.push(child);
  }
  return out;
}

/** Reads a document in one piece or in pieces of one character. */
function read(text: string, size: number): { told: unknown[]; fault: string | undefined } {
  const told: unknown[] = [];
  const sink: XmlSink = {
    onRoot: (root, content) => told.push(['root', root, content]),
    onElement: (element) => told.push(element),
    onStrayText: () => told.push('text'),
    onRootEnd: () => told.push('end'),
  };
  const parser = new XmlParser(sink, { maxDepth: 20, maxAttributes: 20 });
  try {
    for (let at = 0; at < text.length; at += size) parser.write(text.slice(at, at + size));
    return { told, fault: undefined };
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    return { told, fault: error.fault };
  }
}

const xml: Codec = {
  name: 'xml',
  seeds: ["<r xmlns='urn:r'><a b='c' x:d='&amp;' xmlns:x='urn:x'>t<x:e/>&lt;<![CDATA[<]]></a> </r>", '<a/>'],
  words: MARKUP,
  grammar: anyElement.map((element) => `<root>${serialize(element)}</root>`),
  check(input) {
    const text = input.toString('utf8');
    const whole = read(text, text.length + 1);
    const pieces = read(text, 1);
    law(whole.fault === pieces.fault, `at once: ${whole.fault}; in pieces: ${pieces.fault}`);
    law(isDeepStrictEqual(texts(whole.told), texts(pieces.told)), 'in pieces it reads otherwise than at once');
    for (const element of whole.told) if (element instanceof Element) roundTrip(element);
    return `${whole.fault} ${Math.min(whole.told.length, 5)}`;
  },
};

/** Whether stray text is told of once or in pieces is all the same, and after the end nobody listens. */
function texts(told: unknown[]): unknown[] {
  const end = told.indexOf('end');
  return told.filter((event, i) => event !== 'text' || (told[i - 1] !== 'text' && (end < 0 || i < end)));
}

/** A parser knows no empty text, and no two beside each other. */
function asRead({ name, ns, attributes, children }: Element): Element {
  const inside = joined(children).map((child) => (typeof child === 'string' ? child : asRead(child)));
  return new Element(name, ns, attributes, inside);
}

/** What is written is read back the same. */
export function roundTrip(element: Element): void {
  for (const inherited of ['', 'jabber:client']) {
    const written = serialize(element, inherited);
    const back = parseElement(written, inherited);
    law(isDeepStrictEqual(back, asRead(element)), `written as ${written}, it comes back as another`);
  }
}

const serializer: Codec = {
  name: 'serializer',
  seeds: [],
  words: [],
  grammar: anyElement.map((element) => JSON.stringify(element)),
  check(input) {
    const element = revive(input.toString());
    if (element === undefined) return 'none';
    roundTrip(element);
    return `${element.children.length} ${Object.keys(element.attributes).length}`;
  },
};

/** From JSON; undefined for what a mutation has broken. */
function revive(json: string): Element | undefined {
  try {
    const make = ({ name, ns, attributes, children }: Element): Element => {
      const inside = children.map((child) => (typeof child === 'string' ? legal(child) : make(child)));
      const named = Object.entries(attributes).filter(([key]) =>
        /^([a-z][\w.-]*|xml:lang|\{urn:[ab]\}[xy])$/.test(key),
      );
      const clean = Object.fromEntries(named.map(([key, value]) => [key, legal(value)]));
      if (typeof name !== 'string' || !/^[a-z][\w.-]*$/.test(name)) throw new Error('no name');
      return new Element(name, legal(ns).trim(), clean, joined(inside));
    };
    return make(JSON.parse(json));
  } catch {
    return undefined;
  }
}

const OPENING = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>";
const LIMITS = { maxStanzaBytes: 600, maxDepth: 8, maxAttributes: 8 };

function events(bytes: Buffer, size: number): StreamEvent[] {
  const parser = new StreamParser(LIMITS);
  const all: StreamEvent[] = [];
  for (let at = 0; at < bytes.length; at += size) all.push(...parser.feed(bytes.subarray(at, at + size)));
  return all;
}

const stream: Codec = {
  name: 'stream',
  seeds: [
    `<?xml version='1.0'?>${OPENING}<message to='a@b'><body>hé\u{1F600}</body></message> <iq id='1' type='get'><x/></iq></stream:stream>`,
    `${OPENING}  \n<presence/>`,
  ],
  words: [...MARKUP, OPENING, ' '.repeat(300), 'a'.repeat(300)],
  grammar: fc
    .array(anyElement, { maxLength: 4 })
    .map((all) => OPENING + all.map((one) => serialize(one, 'jabber:client')).join(' ')),
  check(input) {
    const whole = events(input, input.length + 1).map(plain);
    for (const size of [1, 7]) {
      const pieces = events(input, size).map(plain);
      law(isDeepStrictEqual(pieces, whole), `at once ${show(whole)}; in pieces of ${size} ${show(pieces)}`);
    }
    const last = whole.findIndex(({ kind }) => kind === 'malformed' || kind === 'end');
    law(last < 0 || last === whole.length - 1, 'something comes after the last');
    for (const event of whole) if (event.kind === 'element') roundTrip(event.element as Element);
    return show(whole.slice(0, 6));
  },
};

interface Plain {
  kind: string;
  condition?: string;
  element?: Element;
}

function plain(event: StreamEvent): Plain {
  if (event.kind === 'malformed') {
    law(event.error instanceof StreamError, 'malformed is a stream error');
    return { kind: 'malformed', condition: event.error.condition };
  }
  if (event.kind === 'header') return { kind: 'header', element: event.header };
  return event.kind === 'element' ? { kind: 'element', element: event.element } : { kind: event.kind };
}

const show = (all: readonly Plain[]) => all.map(({ kind, condition }) => condition ?? kind).join(' ');

export const xmlCodecs: readonly Codec[] = [xml, serializer, stream];
