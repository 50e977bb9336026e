/**
 * Whole documents of others: XML 1.0 with namespaces, read at once from a text. Beside `parser.ts`, which cuts a stream
 * into elements, this one takes comments and processing instructions (and drops them), keeps the prefixes that selectors
 * in a document are written with, and costs a third for a short document, of which there are many.
 */
import { type Attributes, Element } from './element.ts';
import { unescapeXml } from './entities.ts';
import { XmlError, type XmlLimits } from './parser.ts';

export interface DocumentLimits extends XmlLimits {
  /** Elements in all. */
  maxElements: number;
}

/** One namespace declaration, and those around it. */
export interface Scope {
  readonly prefix: string;
  readonly uri: string;
  readonly outer: Scope | undefined;
}

export interface XmlDocument {
  readonly root: Element;
  /** What is declared for an element that declares namespaces itself; others have what their parent has. */
  readonly scopes: ReadonlyMap<Element, Scope>;
}

const XML_NS = 'http://www.w3.org/XML/1998/namespace';
const XMLNS_NS = 'http://www.w3.org/2000/xmlns/';
const XML_SCOPE: Scope = { prefix: 'xml', uri: XML_NS, outer: undefined };
// biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 §2.2 forbids just these
const ILLEGAL = /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;
/** A name without colon (XML Names §3); what stands above U+007F is held to no table, for nobody is harmed by it. */
const NAME = /[A-Za-z_\u0080-\uffff][A-Za-z0-9_.\-\u0080-\uffff]*/y;
const SPACE = /[ \t\n]*/y;
const DECLARATION =
  /<\?xml[ \t\n]+version[ \t\n]*=[ \t\n]*(?:"([^"<&]*)"|'([^'<&]*)')(?:[ \t\n]+encoding[ \t\n]*=[ \t\n]*(?:"([^"<&]*)"|'([^'<&]*)'))?(?:[ \t\n]+standalone[ \t\n]*=[ \t\n]*(?:"(?:yes|no)"|'(?:yes|no)'))?[ \t\n]*\?>/y;
const ENCODINGS = new Set(['utf-8', 'utf8', 'us-ascii', 'ascii']);
const NO_SCOPES: ReadonlyMap<Element, Scope> = new Map();

/** The URI that a prefix stands for; '' is the default namespace. Undefined: not declared. */
export function lookUpPrefix(scope: Scope | undefined, prefix: string): string | undefined {
  for (let at = scope; at !== undefined; at = at.outer) if (at.prefix === prefix) return at.uri;
  return prefix === '' ? '' : undefined;
}

/**
 * @param keepSpace  keeps white space that only makes a document easier to read
 * @throws {XmlError} on the first fault
 */
export function readDocument(text: string, limits: DocumentLimits, keepSpace = false): XmlDocument {
  return new DocumentReader(text, limits, keepSpace).read();
}

class DocumentReader {
  #text: string;
  #limits: DocumentLimits;
  #keepSpace: boolean;
  #at = 0;
  #elements = 0;
  /** White space by references, in CDATA sections or beside comments: what it is, shows only at the end. */
  #hasOddSpace = false;
  #scopes: Map<Element, Scope> | undefined;
  #scope: Scope = XML_SCOPE;

  constructor(text: string, limits: DocumentLimits, keepSpace: boolean) {
    const whole = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
    this.#text = whole.includes('\r') ? whole.replace(/\r\n?/g, '\n') : whole;
    this.#limits = limits;
    this.#keepSpace = keepSpace;
  }

  read(): XmlDocument {
    if (ILLEGAL.test(this.#text) || !this.#text.isWellFormed()) throw malformed('a character that XML does not allow');
    this.#readDeclaration();
    this.#skipMisc();
    const root = this.#readRoot();
    this.#skipMisc();
    if (this.#at < this.#text.length) throw malformed('something follows the document');
    if (this.#hasOddSpace && !this.#keepSpace) dropLayout(root);
    return { root, scopes: this.#scopes ?? NO_SCOPES };
  }

  #readDeclaration(): void {
    if (!/^<\?xml[ \t\n]/.test(this.#text)) return;
    DECLARATION.lastIndex = 0;
    const found = DECLARATION.exec(this.#text);
    if (found === null) throw malformed('the XML declaration is malformed');
    const version = found[1] ?? found[2] ?? '';
    const encoding = found[3] ?? found[4];
    if (!/^1\.\d+$/.test(version)) throw malformed('the only version of XML is 1.0');
    if (encoding !== undefined && !ENCODINGS.has(encoding.toLowerCase())) {
      throw new XmlError('unsupported-encoding', 'the only encoding is UTF-8');
    }
    this.#at = DECLARATION.lastIndex;
  }

  /** White space, comments and processing instructions around the root (XML 1.0 §2.1). */
  #skipMisc(): void {
    const text = this.#text;
    for (;;) {
      this.#skipSpace();
      if (text.startsWith('<!--', this.#at)) this.#skipComment();
      else if (text.startsWith('<?', this.#at)) this.#skipInstruction();
      else return;
    }
  }

  #skipSpace(): void {
    SPACE.lastIndex = this.#at;
    SPACE.test(this.#text);
    this.#at = SPACE.lastIndex;
  }

  #skipComment(): void {
    const end = this.#text.indexOf('--', this.#at + 4);
    if (end < 0 || this.#text[end + 2] !== '>') throw malformed('a comment is malformed');
    this.#at = end + 3;
  }

  #skipInstruction(): void {
    const end = this.#text.indexOf('?>', this.#at + 2);
    this.#at += 2;
    const target = this.#readName();
    if (end < this.#at || target.toLowerCase() === 'xml') throw malformed('a processing instruction is malformed');
    if (end > this.#at && !isSpace(this.#text.charCodeAt(this.#at))) {
      throw malformed('a processing instruction is malformed');
    }
    this.#at = end + 2;
  }

  #readName(): string {
    NAME.lastIndex = this.#at;
    if (!NAME.test(this.#text)) throw malformed('a name was expected');
    const start = this.#at;
    this.#at = NAME.lastIndex;
    return this.#text.slice(start, this.#at);
  }

  /** Walks the whole tree without recursion: its depth is limited, the machine's stack is not asked. */
  #readRoot(): Element {
    const text = this.#text;
    if (text.startsWith('<!', this.#at)) throw new XmlError('restricted', 'document types are not allowed');
    if (text.charCodeAt(this.#at) !== 0x3c) throw malformed('there is no element');
    const open: Element[] = [];
    const names: string[] = [];
    const outer: Scope[] = [];
    let root: Element | undefined;
    for (;;) {
      const before = this.#scope;
      this.#at++;
      const nameAt = this.#at;
      const [element, name] = this.#readOpenTag();
      const parent = open[open.length - 1];
      if (open.length > this.#limits.maxDepth) throw new XmlError('too-deep', 'elements are nested too deep');
      if (parent === undefined) root = element;
      else parent.children.push(element);
      if (text.charCodeAt(this.#at) === 0x2f) {
        if (text.charCodeAt(this.#at + 1) !== 0x3e) throw malformed('a tag is not closed');
        this.#at += 2;
        this.#scope = before;
      } else {
        this.#at++;
        open.push(element);
        names.push(name === '' ? text.slice(nameAt, nameAt + element.name.length) : name);
        outer.push(before);
      }
      // Everything up to the next opening tag.
      for (;;) {
        const inside = open[open.length - 1];
        if (inside === undefined) return root!;
        this.#readText(inside);
        const next = text.charCodeAt(this.#at + 1);
        if (next === 0x2f) {
          this.#readEndTag(names.pop()!);
          open.pop();
          this.#scope = outer.pop()!;
        } else if (next === 0x21) this.#readSection(inside);
        else if (next === 0x3f) this.#skipInstruction();
        else break;
      }
    }
  }

  #readEndTag(name: string): void {
    const text = this.#text;
    const end = this.#at + 2 + name.length;
    if (!text.startsWith(name, this.#at + 2)) throw malformed('an end tag does not match');
    this.#at = end;
    if (text.charCodeAt(end) !== 0x3e) this.#skipSpace();
    if (text.charCodeAt(this.#at) !== 0x3e) throw malformed('an end tag does not match');
    this.#at++;
  }

  #readText(parent: Element): void {
    const text = this.#text;
    const start = this.#at;
    const end = text.indexOf('<', start);
    if (end < 0) throw malformed('the document ends before its root does');
    this.#at = end;
    if (end === start) return;
    if (!this.#keepSpace && this.#isLayout(parent, start, end)) return;
    const raw = text.slice(start, end);
    if (raw.includes(']]>')) throw malformed(']]> stands in a text');
    this.#append(parent, unescapeXml(raw));
  }

  /** White space beside elements. */
  #isLayout(parent: Element, start: number, end: number): boolean {
    const text = this.#text;
    for (let i = start; i < end; i++) if (!isSpace(text.charCodeAt(i))) return false;
    const last = parent.children[parent.children.length - 1];
    const next = text.charCodeAt(end + 1);
    if (typeof last === 'string' || next === 0x21) return false;
    return last !== undefined || next !== 0x2f;
  }

  #append(parent: Element, text: string): void {
    const { children } = parent;
    const last = children.length - 1;
    if (last >= 0 && typeof children[last] === 'string') children[last] += text;
    else if (text !== '') children.push(text);
    if (isSpace(text.charCodeAt(0))) this.#hasOddSpace = true;
  }

  #readSection(parent: Element): void {
    const text = this.#text;
    if (text.startsWith('<!--', this.#at)) {
      this.#skipComment();
      return;
    }
    if (!text.startsWith('<![CDATA[', this.#at)) throw new XmlError('restricted', 'declarations are not allowed');
    const end = text.indexOf(']]>', this.#at + 9);
    if (end < 0) throw malformed('a CDATA section is not closed');
    this.#append(parent, text.slice(this.#at + 9, end));
    this.#at = end + 3;
  }

  /** Stops before `>` or `/>`. @returns the element, and its name as it stands there where that has a prefix */
  #readOpenTag(): [Element, string] {
    if (++this.#elements > this.#limits.maxElements) {
      throw new XmlError('too-deep', 'the document has too many elements');
    }
    const text = this.#text;
    let name = this.#readName();
    let prefix = '';
    if (text.charCodeAt(this.#at) === 0x3a) {
      this.#at++;
      prefix = name;
      name = this.#readName();
    }
    const code = text.charCodeAt(this.#at);
    const raw = code === 0x3e || code === 0x2f ? undefined : this.#readAttributes();
    const ns = lookUpPrefix(this.#scope, prefix);
    if (ns === undefined || prefix === 'xmlns') throw malformed('a prefix is not declared');
    const element = new Element(name, ns, raw === undefined ? {} : this.#resolve(raw), []);
    if (raw?.declares) {
      this.#scopes ??= new Map();
      this.#scopes.set(element, this.#scope);
    }
    return [element, prefix === '' ? '' : `${prefix}:${name}`];
  }

  #readAttributes(): RawAttributes {
    const text = this.#text;
    const raw: RawAttributes = { prefixes: [], names: [], values: [], declares: false };
    let count = 0;
    for (;;) {
      const before = this.#at;
      this.#skipSpace();
      const code = text.charCodeAt(this.#at);
      if (code === 0x3e || code === 0x2f) return raw;
      if (before === this.#at) throw malformed('a tag is malformed');
      if (++count > this.#limits.maxAttributes) {
        throw new XmlError('too-many-attributes', 'an element has too many attributes');
      }
      this.#readAttribute(raw);
    }
  }

  #readAttribute(raw: RawAttributes): void {
    const text = this.#text;
    let name = this.#readName();
    let prefix = '';
    if (text.charCodeAt(this.#at) === 0x3a) {
      this.#at++;
      prefix = name;
      name = this.#readName();
    }
    const value = this.#readValue();
    if (prefix === 'xmlns') this.#declare(raw, name, value);
    else if (prefix === '' && name === 'xmlns') this.#declare(raw, '', value);
    else {
      raw.prefixes.push(prefix);
      raw.names.push(name);
      raw.values.push(value);
    }
  }

  #readValue(): string {
    const text = this.#text;
    if (text.charCodeAt(this.#at) !== 0x3d) this.#skipSpace();
    if (text.charCodeAt(this.#at) !== 0x3d) throw malformed('an attribute has no value');
    this.#at++;
    let quote = text.charCodeAt(this.#at);
    if (quote !== 0x22 && quote !== 0x27) {
      this.#skipSpace();
      quote = text.charCodeAt(this.#at);
    }
    if (quote !== 0x22 && quote !== 0x27) throw malformed('an attribute has no quotes');
    const start = this.#at + 1;
    const end = text.indexOf(quote === 0x22 ? '"' : "'", start);
    if (end < 0) throw malformed('an attribute is not closed');
    this.#at = end + 1;
    const value = text.slice(start, end);
    if (value.includes('<')) throw malformed('< stands in an attribute');
    // XML 1.0 §3.3.3: white space is a space, unless it is written as a reference.
    return unescapeXml(/[\t\n]/.test(value) ? value.replace(/[\t\n]/g, ' ') : value);
  }

  /** XML Names §3: what may be bound to what. */
  #declare(raw: RawAttributes, prefix: string, value: string): void {
    // A URI has no white space around it; the parser of streams holds it so, too.
    const uri = value.trim();
    const isReserved = prefix === 'xmlns' || uri === XMLNS_NS || (prefix === 'xml') !== (uri === XML_NS);
    if (isReserved || (uri === '' && prefix !== '')) throw malformed('a namespace may not be declared so');
    raw.declared ??= new Set();
    if (raw.declared.has(prefix)) throw malformed('an attribute stands there twice');
    raw.declared.add(prefix);
    raw.declares = true;
    this.#scope = { prefix, uri, outer: this.#scope };
  }

  #resolve({ prefixes, names, values }: RawAttributes): Attributes {
    const attributes: Attributes = {};
    for (let i = 0; i < names.length; i++) {
      const prefix = prefixes[i]!;
      const key = prefix === '' ? names[i]! : this.#attributeKey(prefix, names[i]!);
      if (key === '__proto__') throw malformed('an attribute name that is not allowed');
      if (Object.hasOwn(attributes, key)) throw malformed('an attribute stands there twice');
      attributes[key] = values[i]!;
    }
    return attributes;
  }

  #attributeKey(prefix: string, name: string): string {
    if (prefix === 'xml') return `xml:${name}`;
    const ns = lookUpPrefix(this.#scope, prefix);
    if (ns === undefined) throw malformed('a prefix is not declared');
    return `{${ns}}${name}`;
  }
}

/** As they stand in a tag, before its namespaces are known. */
interface RawAttributes {
  prefixes: string[];
  names: string[];
  values: string[];
  declares: boolean;
  declared?: Set<string>;
}

/** White space beside elements, all the way down. */
function dropLayout(element: Element): void {
  const elements = element.elements();
  if (elements.length === 0) return;
  element.children = element.children.filter((child) => typeof child !== 'string' || !/^[ \t\n\r]*$/.test(child));
  for (const child of elements) dropLayout(child);
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x09 || code === 0x0d;
}

function malformed(message: string): XmlError {
  return new XmlError('not-well-formed', message);
}
