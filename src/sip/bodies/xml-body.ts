import { readDocument, type XmlDocument } from '#xml/document.ts';
import { type WriteOptions, writeDocument } from '#xml/document-writer.ts';
import type { Element } from '#xml/element.ts';
import { XmlError } from '#xml/parser.ts';
import { readText, writeText } from '../wire/byte-string.ts';
import { SipError } from '../wire/sip-error.ts';
import { PREFIXES } from './namespaces.ts';

/** No document of a client needs more; what the transport takes may be larger than what is worth reading. */
const MAX_BYTES = 262_144;
// biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 §2.2 forbids just these
const ILLEGAL = /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;
const ILLEGAL_ALL = new RegExp(ILLEGAL, 'g');
const LIMITS = { maxDepth: 24, maxAttributes: 32, maxElements: 8000 };

/**
 * @param body a byte string
 * @param what the document's kind, as it is to stand in a reason phrase: 'PIDF'
 * @throws {SipError} 400, or 413 for what is too long
 */
export function readXmlDocument(body: string, what: string): XmlDocument {
  if (body.length > MAX_BYTES) throw new SipError(413, `${what} has more than ${MAX_BYTES} bytes`);
  try {
    return readDocument(readText(body), LIMITS);
  } catch (error) {
    if (error instanceof XmlError) throw badBody(what, error.message);
    throw error;
  }
}

/** @throws {SipError} 400 where the root is another element, too */
export function readXml(body: string, what: string, name: string, ns: string): Element {
  const { root } = readXmlDocument(body, what);
  if (!root.is(name, ns)) throw badBody(what, `its root is not ${name}`);
  return root;
}

/** What XML has no place for, and people have put into a note all the same, becomes U+FFFD. @returns a byte string */
export function writeXml(root: Element, options?: WriteOptions): string {
  const text = writeDocument(root, PREFIXES, options);
  return writeText(ILLEGAL.test(text) ? text.replace(ILLEGAL_ALL, '\ufffd') : text);
}

export function badBody(what: string, why: string): SipError {
  return new SipError(400, `Bad ${what}: ${why}`);
}

/** Text without the white space around it: an xs:token, an xs:anyURI. */
export function token(element: Element | undefined): string | undefined {
  return element?.text().trim();
}

/** Child elements of that name and namespace; without a namespace, of the element's own. */
export function childrenOf(element: Element, name: string, ns = element.ns): Element[] {
  const found: Element[] = [];
  for (const child of element.children) {
    if (typeof child !== 'string' && child.name === name && child.ns === ns) found.push(child);
  }
  return found;
}

/** An xs:unsignedInt, or undefined for anything else. */
export function unsigned(text: string | undefined, max = 4_294_967_295): number | undefined {
  if (text === undefined || !/^\s*\+?\d{1,10}\s*$/.test(text)) return undefined;
  const value = Number(text);
  return value <= max ? value : undefined;
}

/** An xs:boolean, or undefined for anything else. */
export function boolean(text: string | undefined): boolean | undefined {
  const word = text?.trim();
  if (word === 'true' || word === '1') return true;
  return word === 'false' || word === '0' ? false : undefined;
}
