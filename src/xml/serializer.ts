import type { Element, Node } from './element.ts';

const XML_NS = 'http://www.w3.org/XML/1998/namespace';
const TEXT_SPECIAL = /[&<>]/;
const ATTRIBUTE_SPECIAL = /[&<>'"\t\n\r]/;

/** Escapes character data. */
export function escapeText(text: string): string {
  if (!TEXT_SPECIAL.test(text)) return text;
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

const ATTRIBUTE_ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  "'": '&apos;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

/** Escapes an attribute value for either quote. White space other than the space survives a parser's normalization. */
export function escapeAttribute(value: string): string {
  if (!ATTRIBUTE_SPECIAL.test(value)) return value;
  return value.replace(/[&<>'"\t\n\r]/g, (character) => ATTRIBUTE_ESCAPES[character]!);
}

/**
 * Writes an element.
 * @param inherited the default namespace in force where it will stand; a declaration is written only when it differs
 */
export function serialize(element: Element, inherited = ''): string {
  const opening = openTag(element, inherited);
  const inside = serializeChildren(element.children, element.ns);
  return inside === '' ? `${opening}/>` : `${opening}>${inside}</${element.name}>`;
}

/** Writes what is between an element's tags. */
export function serializeChildren(children: readonly Node[], ns: string): string {
  let out = '';
  for (let i = 0; i < children.length; i++) {
    const child = children[i]!;
    out += typeof child === 'string' ? escapeText(child).replaceAll('\r', '&#13;') : serialize(child, ns);
  }
  return out;
}

/** `<name attributes`, without the closing bracket. */
export function openTag(element: Element, inherited: string): string {
  let out = `<${element.name}`;
  if (element.ns !== inherited) out += ` xmlns='${escapeAttribute(element.ns)}'`;
  const attributes = element.attributes;
  let foreign = 0;
  for (const key in attributes) {
    const value = escapeAttribute(attributes[key]!);
    if (key.charCodeAt(0) !== 0x7b /* { */) {
      out += ` ${key}='${value}'`;
      continue;
    }
    // A namespace may hold one, a local name never.
    const end = key.lastIndexOf('}');
    const ns = key.slice(1, end);
    if (ns === XML_NS) {
      out += ` xml:${key.slice(end + 1)}='${value}'`;
      continue;
    }
    const prefix = `ns${foreign++}`;
    out += ` xmlns:${prefix}='${escapeAttribute(ns)}' ${prefix}:${key.slice(end + 1)}='${value}'`;
  }
  return out;
}
