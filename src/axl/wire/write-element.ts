/** Elements as AXL's answers have them: in no namespace, attributes in double quotes, for there are clients that match texts. */
import type { Element } from '#xml/element.ts';
import { escapeAttribute, escapeText } from '#xml/serializer.ts';

export const XSI_NS = 'http://www.w3.org/2001/XMLSchema-instance';
/** The attribute that empties a field that may be empty, as the tree of elements has it. */
export const NIL = `{${XSI_NS}}nil`;
// biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 §2.2 forbids just these
const ILLEGAL = /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g;

export function writeElements(elements: readonly Element[]): string {
  let out = '';
  for (const element of elements) out += writeElement(element);
  return out;
}

/** @param element of no namespace; of its attributes only xsi:nil has one */
export function writeElement({ name, attributes, children }: Element): string {
  let out = `<${name}`;
  for (const key in attributes) {
    if (key === NIL) out += `${writeAttribute('xmlns:xsi', XSI_NS)}${writeAttribute('xsi:nil', attributes[key]!)}`;
    else out += writeAttribute(key, attributes[key]!);
  }
  if (children.length === 0) return `${out}/>`;
  out += '>';
  for (const child of children) out += typeof child === 'string' ? writeText(child) : writeElement(child);
  return `${out}</${name}>`;
}

/** With a space before it. */
export function writeAttribute(name: string, value: string): string {
  return ` ${name}="${escapeAttribute(clean(value))}"`;
}

export function writeText(text: string): string {
  const escaped = escapeText(clean(text));
  return escaped.includes('\r') ? escaped.replaceAll('\r', '&#13;') : escaped;
}

/** What came by another way than XML may hold what XML cannot. */
function clean(text: string): string {
  return text.replace(ILLEGAL, '\ufffd').toWellFormed();
}
