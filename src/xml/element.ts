/** An XML element with namespaces resolved: what a stream is cut into, and what is written. */
export type Node = Element | string;

/**
 * Names of attributes are local names; `xml:lang` stays as it is, and any other attribute in a namespace is
 * `{namespace}local`. Namespace declarations are not attributes: the serializer writes those that are needed.
 */
export type Attributes = Record<string, string>;

export class Element {
  readonly name: string;
  readonly ns: string;
  attributes: Attributes;
  children: Node[];

  constructor(name: string, ns: string, attributes: Attributes = {}, children: Node[] = []) {
    this.name = name;
    this.ns = ns;
    this.attributes = attributes;
    this.children = children;
  }

  is(name: string, ns: string): boolean {
    return this.name === name && this.ns === ns;
  }

  attribute(name: string): string | undefined {
    return this.attributes[name];
  }

  /** The first child element of that name and namespace; without a namespace, of the element's own. */
  child(name: string, ns: string = this.ns): Element | undefined {
    for (const child of this.children) {
      if (typeof child !== 'string' && child.name === name && child.ns === ns) return child;
    }
    return undefined;
  }

  /** The first child element of any name, or of that namespace. */
  firstChild(ns?: string): Element | undefined {
    for (const child of this.children) {
      if (typeof child !== 'string' && (ns === undefined || child.ns === ns)) return child;
    }
    return undefined;
  }

  elements(): Element[] {
    return this.children.filter((child) => typeof child !== 'string');
  }

  /** The text directly inside it. */
  text(): string {
    const only = this.children[0];
    if (this.children.length === 1 && typeof only === 'string') return only;
    let text = '';
    for (const child of this.children) if (typeof child === 'string') text += child;
    return text;
  }

  /** The text of a child element, or undefined where there is none. */
  childText(name: string, ns: string = this.ns): string | undefined {
    return this.child(name, ns)?.text();
  }
}

/** Short for `new Element`, with children left out where they are not there. */
export function element(
  name: string,
  ns: string,
  attributes: Record<string, string | undefined> = {},
  ...children: (Node | undefined)[]
): Element {
  const present: Attributes = {};
  for (const key in attributes) {
    const value = attributes[key];
    if (value !== undefined) present[key] = value;
  }
  return new Element(
    name,
    ns,
    present,
    children.filter((child) => child !== undefined),
  );
}
