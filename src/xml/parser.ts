import { SaxesParser, type SaxesTagNS } from 'saxes';
import { type Attributes, Element } from './element.ts';
import { escapeAttribute } from './serializer.ts';

/** Why a document is refused. */
export type XmlFault = 'not-well-formed' | 'restricted' | 'unsupported-encoding' | 'too-deep' | 'too-many-attributes';

export class XmlError extends Error {
  readonly fault: XmlFault;

  constructor(fault: XmlFault, message: string) {
    super(message);
    this.fault = fault;
  }
}

export interface XmlLimits {
  /** How deep elements may be nested, the root not counted. */
  maxDepth: number;
  /** Attributes of one element, namespace declarations included. */
  maxAttributes: number;
}

/** What is told while a document comes in. */
export interface XmlSink {
  /** The root element's opening tag. `content` is the default namespace that it declares for its content. */
  onRoot(root: Element, content: string): void;
  /** An element directly below the root is complete. */
  onElement(element: Element): void;
  /** Text other than white space directly below the root. */
  onStrayText(): void;
  onRootEnd(): void;
}

const ROOT = Symbol('the root');

/**
 * Cuts one long document into the elements below its root. Comments, processing instructions and document types are
 * refused (RFC 6120 §11.1), as is all that is not well-formed with its namespaces. Memory is bounded by what its caller
 * feeds between two elements.
 */
export class XmlParser {
  /** Undefined while it rests. */
  #parser: SaxesParser<{ xmlns: true; position: false }> | undefined;
  /** The root's opening tag, with its namespaces alone. */
  #rootTag = '';
  #waking = false;
  /** What the parser's own positions are counted from. */
  #base = 0;
  #sink: XmlSink;
  #limits: XmlLimits;
  /** Open elements below the root. */
  #open: Element[] = [];
  #inRoot = false;
  #written = 0;
  /** Of the tag that is being read. */
  #attributes: Attributes = {};
  #attributeCount = 0;
  #prefixed: string[] = [];
  /** Closed, and told of once it is known that its tags match: saxes says "closed" first and complains then. */
  #closed: Element | typeof ROOT | undefined;
  #closedAt = 0;

  constructor(sink: XmlSink, limits: XmlLimits) {
    this.#sink = sink;
    this.#limits = limits;
    this.#parser = this.#newParser();
  }

  #newParser(): SaxesParser<{ xmlns: true; position: false }> {
    const parser = new SaxesParser({ xmlns: true, position: false });
    parser.on('attribute', ({ name, prefix, local, value }) => this.#onAttribute(name, prefix, local, value));
    parser.on('opentag', (tag) => this.#onOpen(tag));
    parser.on('closetag', () => this.#onClose());
    parser.on('text', (text) => this.#onText(text));
    // `on` sets properties by computed name; V8 turns an object that gets too many of those into a hash table, and all
    // parsing becomes six times slower. A property set by its name costs nothing. A test holds the names.
    const rare = parser as unknown as Record<
      'cdataHandler' | 'commentHandler' | 'doctypeHandler' | 'piHandler',
      unknown
    >;
    rare.cdataHandler = (text: string) => this.#onText(text);
    rare.commentHandler = () => refuse('comments are not allowed');
    rare.doctypeHandler = () => refuse('document types are not allowed');
    rare.piHandler = () => refuse('processing instructions are not allowed');
    parser.on('xmldecl', ({ encoding, version }) => {
      if (encoding !== undefined && encoding.toLowerCase() !== 'utf-8') {
        throw new XmlError('unsupported-encoding', 'the only encoding is UTF-8');
      }
      if (version !== '1.0') throw new XmlError('not-well-formed', 'the only version of XML is 1.0');
    });
    return parser;
  }

  /**
   * Lets go of most of its memory until more is written. To be called between two elements, when the document may stand
   * still for long: waking costs as much as parsing two elements.
   */
  rest(): void {
    if (this.#rootTag !== '' && this.#open.length === 0 && this.#closed === undefined) this.#parser = undefined;
  }

  /** A new parser that stands where the last one did: below the root, with its namespaces declared. */
  #wake(): SaxesParser<{ xmlns: true; position: false }> {
    this.#parser = this.#newParser();
    this.#waking = true;
    this.#parser.write(this.#rootTag);
    this.#waking = false;
    this.#base = this.#written - this.#rootTag.length;
    return this.#parser;
  }

  /** While the sink is being told of the root or of an element: how many characters there were up to its end. */
  get position(): number {
    return this.#closed === undefined ? this.#at : this.#closedAt;
  }

  get #at(): number {
    return this.#base + (this.#parser?.position ?? 0);
  }

  /** Characters written so far. */
  get written(): number {
    return this.#written;
  }

  /** @throws {XmlError} on the first fault; the parser is of no use after it */
  write(text: string): void {
    try {
      (this.#parser ?? this.#wake()).write(text);
      this.#written += text.length;
      if (this.#closed !== undefined) this.#tellClosed();
    } catch (error) {
      if (this.#closed !== undefined && this.#at !== this.#closedAt) this.#tellClosed();
      if (error instanceof XmlError) throw error;
      if (error instanceof Error && error.constructor === Error) throw new XmlError('not-well-formed', error.message);
      throw error;
    }
  }

  #onOpen(tag: SaxesTagNS): void {
    if (this.#closed !== undefined) this.#tellClosed();
    const attributes = this.#takeAttributes(tag);
    if (this.#waking) return;
    const element = new Element(tag.local, tag.uri, attributes);
    if (!this.#inRoot) {
      this.#inRoot = true;
      this.#rootTag = rootTag(tag);
      this.#sink.onRoot(element, tag.ns[''] ?? '');
      return;
    }
    const open = this.#open;
    if (open.length > 0) open[open.length - 1]!.children.push(element);
    if (open.length >= this.#limits.maxDepth) throw new XmlError('too-deep', 'elements are nested too deep');
    open.push(element);
  }

  /**
   * Attributes are gathered one by one as they come, for walking saxes' own table of them costs more than the parsing;
   * it is asked only for what stands in a namespace, which is known once the tag is complete.
   */
  #onAttribute(name: string, prefix: string, local: string, value: string): void {
    if (++this.#attributeCount > this.#limits.maxAttributes) {
      throw new XmlError('too-many-attributes', 'an element has too many attributes');
    }
    if (prefix === '') {
      // Assigning to "__proto__" would set no property.
      if (local === '__proto__') throw new XmlError('not-well-formed', 'an attribute name that is not allowed');
      if (local !== 'xmlns') this.#attributes[local] = value;
    } else if (prefix === 'xml') this.#attributes[name] = value;
    else if (prefix !== 'xmlns') this.#prefixed.push(name);
  }

  #takeAttributes(tag: SaxesTagNS): Attributes {
    const attributes = this.#attributes;
    this.#attributes = {};
    this.#attributeCount = 0;
    if (this.#prefixed.length > 0) {
      for (const name of this.#prefixed) {
        const { uri, local, value } = tag.attributes[name]!;
        attributes[`{${uri}}${local}`] = value;
      }
      this.#prefixed = [];
    }
    return attributes;
  }

  #onClose(): void {
    if (this.#closed !== undefined) this.#tellClosed();
    const element = this.#open.pop();
    if (this.#open.length > 0) return;
    this.#closed = element ?? ROOT;
    this.#closedAt = this.#at;
  }

  #tellClosed(): void {
    const closed = this.#closed!;
    if (closed === ROOT) this.#sink.onRootEnd();
    else this.#sink.onElement(closed);
    this.#closed = undefined;
  }

  #onText(text: string): void {
    const parent = this.#open[this.#open.length - 1];
    if (parent === undefined) {
      if (this.#closed !== undefined) this.#tellClosed();
      if (this.#inRoot && text.trim() !== '') this.#sink.onStrayText();
      return;
    }
    const children = parent.children;
    const last = children.length - 1;
    // A text that arrives in pieces, or with a CDATA section in it, is one text.
    if (last >= 0 && typeof children[last] === 'string') children[last] += text;
    else children.push(text);
  }
}

function refuse(message: string): never {
  throw new XmlError('restricted', message);
}

function rootTag({ name, ns }: SaxesTagNS): string {
  let declarations = '';
  for (const prefix in ns) {
    declarations += ` ${prefix === '' ? 'xmlns' : `xmlns:${prefix}`}='${escapeAttribute(ns[prefix]!)}'`;
  }
  return `<${name}${declarations}>`;
}
