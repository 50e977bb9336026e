import type { Element } from './element.ts';
import { escapeAttribute, escapeText, serialize } from './serializer.ts';

const XML_NS = 'http://www.w3.org/XML/1998/namespace';

export interface WriteOptions {
  /** Prefixes that stand in texts of the document and have to be declared though no element has them. */
  readonly selectors?: Readonly<Record<string, string>>;
  /** The default namespace, where it is to be another than the root's. */
  readonly base?: string;
}

/**
 * Writes a document whose namespaces are all declared at its root: short, and read by those who look for a prefix.
 * @param prefixes  by namespace, the prefixes that everybody expects; others become n1, n2, ...
 */
export function writeDocument(
  root: Element,
  prefixes: ReadonlyMap<string, string>,
  { selectors = {}, base = root.ns }: WriteOptions = {},
): string {
  return new Writer(base, prefixes, selectors).document(root);
}

class Writer {
  #base: string;
  #known: ReadonlyMap<string, string>;
  #used = new Map<string, string>();
  #taken: Set<string> | undefined;
  #out = '';
  #declarations = '';

  constructor(base: string, known: ReadonlyMap<string, string>, selectors: Readonly<Record<string, string>>) {
    this.#base = base;
    this.#known = known;
    for (const prefix in selectors) this.#declare(selectors[prefix]!, prefix);
  }

  document(root: Element): string {
    const { attributes } = root;
    const name = this.#name(root);
    let head = '';
    for (const key in attributes) head += this.#attribute(key, attributes[key]!);
    const inside = this.#children(root);
    const base = this.#base === '' ? '' : ` xmlns="${escapeAttribute(this.#base)}"`;
    const opening = `<?xml version="1.0" encoding="UTF-8"?>\n<${name}${base}${this.#declarations}${head}`;
    return inside === '' ? `${opening}/>` : `${opening}>${inside}</${name}>`;
  }

  #name({ name, ns }: Element): string {
    return ns === this.#base ? name : `${this.#prefix(ns)}:${name}`;
  }

  #children({ children }: Element): string {
    this.#out = '';
    for (const child of children) this.#node(child);
    return this.#out;
  }

  #node(node: Element | string): void {
    if (typeof node === 'string') this.#out += text(node);
    else this.#element(node);
  }

  #element(element: Element): void {
    // What is in no namespace takes the default away from all below it: it declares for itself.
    if (element.ns === '' && this.#base !== '') {
      this.#out += serialize(element, this.#base);
      return;
    }
    const name = this.#name(element);
    this.#out += `<${name}`;
    const { attributes, children } = element;
    for (const key in attributes) this.#out += this.#attribute(key, attributes[key]!);
    if (children.length === 0) {
      this.#out += '/>';
      return;
    }
    this.#out += '>';
    for (let i = 0; i < children.length; i++) this.#node(children[i]!);
    this.#out += `</${name}>`;
  }

  #attribute(key: string, value: string): string {
    if (key.charCodeAt(0) !== 0x7b /* { */) return ` ${key}="${escapeAttribute(value)}"`;
    const end = key.lastIndexOf('}');
    const ns = key.slice(1, end);
    const prefix = ns === XML_NS ? 'xml' : this.#prefix(ns);
    return ` ${prefix}:${key.slice(end + 1)}="${escapeAttribute(value)}"`;
  }

  #prefix(ns: string): string {
    const used = this.#used.get(ns);
    if (used !== undefined) return used;
    const known = this.#known.get(ns);
    return this.#declare(ns, known === undefined || this.#taken?.has(known) ? this.#fresh() : known);
  }

  #declare(ns: string, prefix: string): string {
    this.#used.set(ns, prefix);
    this.#taken ??= new Set();
    this.#taken.add(prefix);
    this.#declarations += ` xmlns:${prefix}="${escapeAttribute(ns)}"`;
    return prefix;
  }

  #fresh(): string {
    for (let i = 1; ; i++) if (!this.#taken?.has(`n${i}`)) return `n${i}`;
  }
}

function text(value: string): string {
  const escaped = escapeText(value);
  return escaped.includes('\r') ? escaped.replaceAll('\r', '&#13;') : escaped;
}
