/** Nodes of a document's text: read, put, deleted (RFC 4825 §7, §8). Pure. */
import { escapeAttribute, serialize } from '#xml/serializer.ts';
import { deleteAttribute, deleteElement, type Edited, NoParent, putAttribute, putElement } from '../../xcap/edit.ts';
import { pathTo, readAttributeValue, readFragment, readWhole, scopeOf, writeNamespaces } from '../../xcap/fragment.ts';
import { type NodeSelector, parseBindings, parseSelector, selectOne } from '../../xcap/selector.ts';
import { noParent } from '../../xcap/xcap-error.ts';
import type { XcapUri } from '../../xcap/xcap-uri.ts';
import type { ApplicationUsage } from './usage.ts';

const TYPES = {
  element: 'application/xcap-el+xml',
  attribute: 'application/xcap-att+xml',
  namespaces: 'application/xcap-ns+xml',
} as const;

export function nodeType({ terminal }: NodeSelector): string {
  return TYPES[terminal.kind];
}

/** @throws {SelectorError} */
export function readNodeSelector({ selector, query }: XcapUri, namespace: string): NodeSelector {
  return parseSelector(selector ?? '', parseBindings(query, namespace));
}

/** §7.10: namespaces are looked at, not changed. @throws {SelectorError} */
export function isReadOnly(uri: XcapUri, { namespace }: ApplicationUsage): boolean {
  return uri.selector !== undefined && readNodeSelector(uri, namespace).terminal.kind === 'namespaces';
}

/** @returns undefined where there is no such node */
export function readNode(text: string, { steps, terminal }: NodeSelector): string | undefined {
  const document = readWhole(text);
  const element = selectOne(document.root, steps)?.element;
  if (element === undefined) return undefined;
  if (terminal.kind === 'element') return serialize(element);
  if (terminal.kind === 'namespaces')
    return writeNamespaces(element, scopeOf(document, pathTo(document.root, element)));
  const value = Object.hasOwn(element.attributes, terminal.name) ? element.attributes[terminal.name] : undefined;
  return value === undefined ? undefined : escapeAttribute(value);
}

/**
 * @param text of the document; undefined where there is none
 * @param body of the request
 * @param uriAt of an ancestor: '' is the document, '/..' its folder, '/~~/a/b' an element
 * @throws {XcapError}
 */
export function putNode(
  text: string | undefined,
  selector: NodeSelector,
  body: string,
  uriAt: (path: string) => string,
): Edited {
  if (text === undefined) throw noParent('there is no document', uriAt('/..').replace(/\/[^/]*\/\.\.$/, ''));
  const document = readWhole(text);
  const { steps, terminal } = selector;
  try {
    if (terminal.kind === 'attribute') {
      return putAttribute(document.root, selector, terminal.name, readAttributeValue(body));
    }
    const parent = selectOne(document.root, steps.slice(0, -1))?.element ?? document.root;
    return putElement(document.root, selector, readFragment(body, scopeOf(document, pathTo(document.root, parent))));
  } catch (error) {
    if (!(error instanceof NoParent)) throw error;
    const path = steps.slice(0, error.depth).map((step) => encodeURIComponent(step.text));
    throw noParent(error.message, uriAt(path.length === 0 ? '' : `/~~/${path.join('/')}`));
  }
}

/** @returns the root that is left; undefined where there is no such node */
export function deleteNode(text: string, selector: NodeSelector) {
  const { root } = readWhole(text);
  const { terminal } = selector;
  const isDeleted =
    terminal.kind === 'attribute' ? deleteAttribute(root, selector, terminal.name) : deleteElement(root, selector);
  return isDeleted ? root : undefined;
}
