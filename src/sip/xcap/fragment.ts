/** Nodes as they travel by themselves: elements, values of attributes, namespace declarations (RFC 4825 §7, §15.2). */
import { type DocumentLimits, lookUpPrefix, readDocument, type Scope, type XmlDocument } from '#xml/document.ts';
import { Element } from '#xml/element.ts';
import { XmlError } from '#xml/parser.ts';
import { escapeAttribute } from '#xml/serializer.ts';
import { xcapError } from './xcap-error.ts';

export const DOCUMENT_LIMITS: DocumentLimits = { maxDepth: 32, maxAttributes: 64, maxElements: 50_000 };

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws {XcapError} 'not-utf-8' */
export function readUtf8(body: Uint8Array): string {
  try {
    return UTF8.decode(body);
  } catch {
    throw xcapError('not-utf-8', 'the body is not UTF-8');
  }
}

/** @throws {XcapError} 'not-well-formed' */
export function readWhole(text: string): XmlDocument {
  return reading('not-well-formed', () => readDocument(text, DOCUMENT_LIMITS));
}

/**
 * One element, with the prefixes that are bound where it will stand (§8.2.1).
 * @param scope of its parent
 * @throws {XcapError} 'not-xml-frag'
 */
export function readFragment(text: string, scope: Scope | undefined): Element {
  const wrapped = `<in${declarations(scope)}>${text}</in>`;
  const { root } = reading('not-xml-frag', () => readDocument(wrapped, DOCUMENT_LIMITS));
  const [only, ...others] = root.children.filter((child) => typeof child !== 'string' || child.trim() !== '');
  if (!(only instanceof Element) || others.length > 0) throw xcapError('not-xml-frag', 'the body is not one element');
  return only;
}

/** The value of an attribute as XML writes it between quotes. @throws {XcapError} 'not-xml-att-value' */
export function readAttributeValue(text: string): string {
  const quoted = text.replaceAll('"', '&quot;');
  const { root } = reading('not-xml-att-value', () => readDocument(`<in a="${quoted}"/>`, DOCUMENT_LIMITS));
  return root.attributes.a!;
}

/** The namespaces that are bound for an element, as an empty element of its name (§7.10). */
export function writeNamespaces(element: Element, scope: Scope | undefined): string {
  const bound = bindingsOf(scope);
  const prefix = [...bound].find(([, uri]) => uri === element.ns)?.[0] ?? '';
  return `<${prefix === '' ? '' : `${prefix}:`}${element.name}${declarations(scope)}/>`;
}

/** What is bound for an element of a document. @param path from the root on */
export function scopeOf({ scopes }: XmlDocument, path: readonly Element[]): Scope | undefined {
  return path.map((element) => scopes.get(element)).findLast((scope) => scope !== undefined);
}

/** The elements from the root to one below it. */
export function pathTo(root: Element, wanted: Element): Element[] {
  if (root === wanted) return [root];
  for (const child of root.elements()) {
    const path = pathTo(child, wanted);
    if (path.length > 0) return [root, ...path];
  }
  return [];
}

function bindingsOf(scope: Scope | undefined): Map<string, string> {
  const bound = new Map<string, string>();
  for (let at = scope; at !== undefined; at = at.outer) {
    if (at.prefix !== 'xml' && !bound.has(at.prefix)) bound.set(at.prefix, lookUpPrefix(scope, at.prefix)!);
  }
  return bound;
}

function declarations(scope: Scope | undefined): string {
  return Array.from(bindingsOf(scope), ([prefix, uri]) => {
    return ` ${prefix === '' ? 'xmlns' : `xmlns:${prefix}`}="${escapeAttribute(uri)}"`;
  }).join('');
}

function reading<T>(fault: 'not-well-formed' | 'not-xml-frag' | 'not-xml-att-value', read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof XmlError) throw xcapError(fault, error.message);
    throw error;
  }
}
