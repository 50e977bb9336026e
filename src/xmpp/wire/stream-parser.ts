import { isAscii, isUtf8 } from 'node:buffer';
import type { Element } from '#xml/element.ts';
import { XmlError, type XmlFault, type XmlLimits, XmlParser, type XmlSink } from '#xml/parser.ts';
import { NS_CLIENT, NS_STREAM } from './namespaces.ts';
import { StreamError, type StreamErrorCondition } from './stream-error.ts';

/** What comes in on a stream, in order. `malformed` is the last one. */
export type StreamEvent =
  | { kind: 'header'; header: Element; content: string }
  | { kind: 'element'; element: Element }
  | { kind: 'end' }
  | { kind: 'malformed'; error: StreamError };

export interface StreamLimits extends XmlLimits {
  /** Bytes between the end of one element below the root and the end of the next. */
  maxStanzaBytes: number;
}

const CONDITIONS: Record<XmlFault, StreamErrorCondition> = {
  'not-well-formed': 'not-well-formed',
  restricted: 'restricted-xml',
  'unsupported-encoding': 'unsupported-encoding',
  'too-deep': 'policy-violation',
  'too-many-attributes': 'policy-violation',
};

const NO_EVENTS: readonly StreamEvent[] = [];

/**
 * An XMPP stream from bytes to elements. RFC 6120 §4, §11. Pure: it is fed bytes and yields events. The limit on bytes
 * stands before the XML parser, so what is held never exceeds it by more than one read.
 */
export class StreamParser implements XmlSink {
  #xml: XmlParser;
  #limits: StreamLimits;
  #events: StreamEvent[] = [];
  /** The beginning of a character whose last bytes have not come yet; at most three bytes. */
  #partial: Buffer | undefined;
  /** Characters at the end of the last element, and bytes written since, to know how long the next one is. */
  #elementEndAt = 0;
  #carried = 0;
  #space = '';
  /** The first bytes, until there are three of them. */
  #head: Buffer | undefined = Buffer.alloc(0);
  #failed = false;
  #ended = false;

  constructor(limits: StreamLimits) {
    this.#limits = limits;
    this.#xml = new XmlParser(this, limits);
  }

  /** The limits may be widened while the stream goes on (after sign-in). */
  set limits(limits: StreamLimits) {
    this.#limits = limits;
  }

  /** The list is valid until the next call. */
  feed(bytes: Buffer): readonly StreamEvent[] {
    if (this.#failed || this.#ended || bytes.length === 0) return NO_EVENTS;
    this.#events = [];
    let from = 0;
    while (from < bytes.length && !this.#failed && !this.#ended) {
      const { maxStanzaBytes } = this.#limits;
      const room = maxStanzaBytes - this.#carried - this.#space.length - (this.#partial?.length ?? 0);
      if (room <= 0) {
        this.#fail(tooBig(maxStanzaBytes));
        break;
      }
      // No more at a time than one element may have, so none that is longer ever comes to its end.
      const until = Math.min(bytes.length, from + room);
      this.#decode(from === 0 && until === bytes.length ? bytes : bytes.subarray(from, until));
      from = until;
    }
    return this.#events;
  }

  #decode(bytes: Buffer): void {
    if (this.#head !== undefined) {
      this.#begin(Buffer.concat([this.#head, bytes]));
      return;
    }
    if (this.#partial === undefined && isAscii(bytes)) {
      this.#write(bytes.toString('latin1'), true);
      return;
    }
    const all = this.#partial === undefined ? bytes : Buffer.concat([this.#partial, bytes]);
    const end = wholeCharacters(all);
    this.#partial = end < all.length ? Buffer.from(all.subarray(end)) : undefined;
    const whole = all.subarray(0, end);
    if (isUtf8(whole)) {
      if (end > 0) this.#write(whole.toString('utf8'), false);
      return;
    }
    // What came before the fault was said all the same.
    this.#write(whole.toString('utf8', 0, validLength(whole)), false);
    if (!this.#failed && !this.#ended)
      this.#fail(new StreamError('unsupported-encoding', 'Not UTF-8 (RFC 6120 section 11.6).'));
  }

  /**
   * The first bytes tell UTF-16 without a byte order mark, which would pass for ASCII with U+0000. RFC 6120 §11.6: what
   * is a byte order mark elsewhere is a character here, and none may stand before the stream.
   */
  #begin(bytes: Buffer): void {
    this.#head = bytes.length < 3 ? bytes : undefined;
    if (this.#head !== undefined) return;
    if (bytes[0] === 0 || bytes[1] === 0) {
      this.#fail(new StreamError('unsupported-encoding', 'The only encoding is UTF-8.'));
    } else if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
      this.#fail(new StreamError('not-well-formed', 'Text before the stream.'));
    } else this.#decode(bytes);
  }

  /** Lets go of most of its memory until more comes, where it stands between two elements. */
  rest(): void {
    if (this.isBetweenElements) this.#xml.rest();
  }

  /** Nothing has come since the end of the last element but white space. */
  get isBetweenElements(): boolean {
    return this.#xml.written === this.#elementEndAt && this.#space === '' && this.#partial === undefined;
  }

  /**
   * White space at the end of a read is held back until it is known where it stands: between stanzas it is a keep-alive
   * (RFC 6120 §4.6.1) and forgotten, so that a stream may be kept alive for years; elsewhere it belongs to what follows.
   */
  #write(text: string, ascii: boolean): void {
    const all = this.#space === '' ? text : this.#space + text;
    const end = endOfContent(all);
    this.#space = end === all.length ? '' : all.slice(end);
    const content = this.#space === '' ? all : all.slice(0, end);
    try {
      if (end > 0) {
        const before = this.#xml.written;
        this.#xml.write(content);
        this.#carry(content, Math.max(0, this.#elementEndAt - before), ascii);
      }
      if (this.#xml.written === this.#elementEndAt && this.#elementEndAt > 0) this.#space = '';
    } catch (error) {
      if (error instanceof StreamError) this.#fail(error);
      else if (error instanceof XmlError) this.#fail(new StreamError(CONDITIONS[error.fault], error.message));
      else throw error;
    }
  }

  /** Counts what belongs to the next element: not the white space before it. @param from where the last one ended */
  #carry(content: string, from: number, ascii: boolean): void {
    if (from > 0) this.#carried = 0;
    const begin = this.#carried === 0 && this.#elementEndAt > 0 ? startOfContent(content, from) : from;
    this.#carried += ascii ? content.length - begin : Buffer.byteLength(begin === 0 ? content : content.slice(begin));
  }

  #fail(error: StreamError): void {
    if (this.#ended) return;
    this.#failed = true;
    this.#events.push({ kind: 'malformed', error });
  }

  onRoot(root: Element, content: string): void {
    this.#advance();
    if (root.name !== 'stream') throw new StreamError('bad-format', 'A stream begins with <stream:stream>.');
    if (root.ns !== NS_STREAM) throw new StreamError('invalid-namespace', `The stream namespace is ${NS_STREAM}.`);
    this.#events.push({ kind: 'header', header: root, content });
  }

  onElement(element: Element): void {
    this.#advance();
    this.#events.push({ kind: 'element', element });
  }

  onStrayText(): void {
    throw new StreamError('bad-format', 'Text is not allowed between stanzas.');
  }

  onRootEnd(): void {
    this.#ended = true;
    this.#events.push({ kind: 'end' });
  }

  /** Notes the end of an element. */
  #advance(): void {
    this.#elementEndAt = this.#xml.position;
  }
}

function tooBig(maxBytes: number): StreamError {
  return new StreamError('policy-violation', `A stanza may have ${maxBytes} bytes.`, {
    name: 'stanza-too-big',
    ns: 'urn:xmpp:errors',
  });
}

/** White space of XML 1.0 §2.3. */
function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

/** Where trailing white space begins. */
function endOfContent(text: string): number {
  let end = text.length;
  while (end > 0 && isSpace(text.charCodeAt(end - 1))) end--;
  return end;
}

/** Where white space from a place on ends. */
function startOfContent(text: string, from: number): number {
  let start = from;
  while (start < text.length && isSpace(text.charCodeAt(start))) start++;
  return start;
}

/** How many bytes from the start are UTF-8. */
function validLength(bytes: Buffer): number {
  for (let at = 0; ; ) {
    const lead = bytes[at]!;
    const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    if (at + length > bytes.length || !isUtf8(bytes.subarray(at, at + length))) return at;
    at += length;
  }
}

/** How many bytes from the start are whole characters; a malformed sequence counts as whole, to be refused later. */
function wholeCharacters(bytes: Buffer): number {
  const length = bytes.length;
  for (let back = 1; back <= 3 && back <= length; back++) {
    const byte = bytes[length - back]!;
    if (byte < 0x80) return length;
    if (byte >= 0xc0) {
      const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return needed > back ? length - back : length;
    }
  }
  return length;
}

/** Whether an element is a stanza of a client stream (RFC 6120 §8). */
export function isStanza(element: Element): boolean {
  return (
    element.ns === NS_CLIENT && (element.name === 'message' || element.name === 'presence' || element.name === 'iq')
  );
}
