import { Element } from './element.ts';
import { XmlParser } from './parser.ts';

/**
 * Reads one element that was written by `serialize`.
 * @param inherited the default namespace that it was written for
 * @throws {XmlError} when it is not well-formed
 */
export function parseElement(text: string, inherited = ''): Element {
  let found: Element | undefined;
  const sink = {
    onRoot() {},
    onElement(element: Element) {
      found = element;
    },
    onStrayText() {},
    onRootEnd() {},
  };
  const parser = new XmlParser(sink, { maxDepth: 10_000, maxAttributes: 10_000 });
  parser.write(`<root xmlns='${inherited}'>${text}</root>`);
  return found ?? new Element('', '');
}
