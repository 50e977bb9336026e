import { type SaxesAttributeNS, SaxesParser, type SaxesTagNS } from 'saxes';
import { Element } from '#xml/element.ts';

const XML_NS = 'http://www.w3.org/XML/1998/namespace';
const XMLNS_NS = 'http://www.w3.org/2000/xmlns/';
const STREAM_NS = 'http://etherx.jabber.org/streams';

export type StreamEvent = { opened: Record<string, string> } | { element: Element } | { closed: true };

/**
 * What a server sends, cut into elements; strict, and independent of the server's own parser, so that a mistake common
 * to both directions shows. One reader reads one stream: after STARTTLS and SASL a new one begins.
 */
export class StreamReader {
  #parser = new SaxesParser({ xmlns: true, position: false });
  #decoder = new TextDecoder('utf-8', { fatal: true });
  #stack: Element[] = [];
  #depth = 0;
  #events: StreamEvent[] = [];

  constructor() {
    this.#parser.on('error', (error) => {
      throw error;
    });
    for (const forbidden of ['doctype', 'comment', 'processinginstruction'] as const) {
      this.#parser.on(forbidden, () => {
        throw new Error(`RFC 6120 §11.1 forbids a ${forbidden} in a stream`);
      });
    }
    this.#parser.on('opentag', (tag) => this.#open(tag));
    this.#parser.on('closetag', () => this.#close());
    this.#parser.on('text', (text) => this.#text(text));
    this.#parser.on('cdata', (text) => this.#text(text));
  }

  /** @throws {Error} at bytes that are not UTF-8 or not what RFC 6120 §11 lets a server send */
  feed(bytes: Uint8Array): StreamEvent[] {
    this.#events = [];
    this.#parser.write(this.#decoder.decode(bytes, { stream: true }));
    return this.#events;
  }

  #open(tag: SaxesTagNS): void {
    const attributes: Record<string, string> = {};
    for (const attribute of Object.values(tag.attributes)) {
      if (attribute.uri !== XMLNS_NS) attributes[attributeName(attribute)] = attribute.value;
    }
    this.#depth++;
    if (this.#depth === 1) {
      if (tag.local !== 'stream' || tag.uri !== STREAM_NS) throw new Error(`not a stream: <${tag.name}>`);
      this.#events.push({ opened: attributes });
      return;
    }
    const element = new Element(tag.local, tag.uri, attributes);
    this.#stack.at(-1)?.children.push(element);
    this.#stack.push(element);
  }

  #close(): void {
    this.#depth--;
    if (this.#depth === 0) {
      this.#events.push({ closed: true });
      return;
    }
    const element = this.#stack.pop()!;
    if (this.#depth === 1) this.#events.push({ element });
  }

  #text(text: string): void {
    const inside = this.#stack.at(-1);
    if (inside === undefined) {
      if (text.trim() !== '') throw new Error('text between stanzas');
      return;
    }
    const last = inside.children.length - 1;
    if (typeof inside.children[last] === 'string') inside.children[last] += text;
    else inside.children.push(text);
  }
}

function attributeName({ uri, local }: SaxesAttributeNS): string {
  if (uri === '') return local;
  return uri === XML_NS ? `xml:${local}` : `{${uri}}${local}`;
}
