/** RFC 5874: `application/xcap-diff+xml`, what has changed of documents, elements and attributes at an XCAP server. */
import { Element, element } from '#xml/element.ts';
import { NS_XCAP_DIFF as NS, PREFIXES } from './namespaces.ts';
import { badBody, boolean, readXmlDocument, writeXml } from './xml-body.ts';
import { diffElements } from './xml-diff.ts';
import type { Patch } from './xml-patch.ts';

export const XCAP_DIFF_TYPE = 'application/xcap-diff+xml';

export type XcapChange =
  | {
      readonly kind: 'document';
      /** A document selector, relative to the root (§4.3). */
      readonly sel: string;
      /** Left out: it was just made. */
      readonly previousEtag?: string;
      /** Left out: it is gone. */
      readonly newEtag?: string;
      /** Its content is what it was: only its tag is another. */
      readonly isBodyUnchanged?: boolean;
      /** How its content has changed; none: it is to be fetched. */
      readonly patches: readonly Patch[];
    }
  | { readonly kind: 'element'; readonly sel: string; readonly element: Element | undefined }
  | { readonly kind: 'attribute'; readonly sel: string; readonly value: string | undefined };

export interface XcapDiff {
  /** An absolute URI, with a slash at its end. */
  readonly root: string;
  readonly changes: readonly XcapChange[];
}

/** @returns a byte string */
export function writeXcapDiff({ root, changes }: XcapDiff): string {
  const selectors: Record<string, string> = {};
  const children = changes.map((change) => changeElement(change, selectors));
  return writeXml(new Element('xcap-diff', NS, { 'xcap-root': root }, children), { selectors });
}

function changeElement(change: XcapChange, selectors: Record<string, string>): Element {
  switch (change.kind) {
    case 'document':
      return documentElement(change, selectors);
    case 'element':
      return existing('element', change.sel, change.element);
    case 'attribute':
      return existing('attribute', change.sel, change.value);
  }
}

/** §4.4, §4.5: what does not exist says so. */
function existing(name: string, sel: string, content: Element | string | undefined): Element {
  return element(name, NS, { sel, exists: content === undefined ? 'false' : undefined }, content);
}

function documentElement(
  change: Extract<XcapChange, { kind: 'document' }>,
  selectors: Record<string, string>,
): Element {
  const { sel, previousEtag, newEtag, isBodyUnchanged, patches } = change;
  const attributes = { 'new-etag': newEtag, sel, 'previous-etag': previousEtag };
  const isTold = patches.every(({ scope }) => declares(selectors, scope));
  const operations = isTold ? patches.map(({ operation }) => operation) : [];
  const children = isBodyUnchanged ? [new Element('body-not-changed', NS)] : operations;
  return element('document', NS, attributes, ...children);
}

/** Adds what selectors need. @returns false where a prefix stands for something else already: then it is to be fetched */
function declares(selectors: Record<string, string>, scope: Patch['scope']): boolean {
  const needed = new Map<string, string>();
  for (let at = scope; at !== undefined; at = at.outer) {
    if (at.prefix !== '' && at.prefix !== 'xml' && !needed.has(at.prefix)) needed.set(at.prefix, at.uri);
  }
  for (const [prefix, uri] of needed) if ((selectors[prefix] ?? uri) !== uri) return false;
  for (const [prefix, uri] of [...needed].sort()) selectors[prefix] = uri;
  return true;
}

/**
 * How one document became another, as the patches of a change.
 * @returns undefined where it has to be fetched
 */
export function xcapPatches(before: Element, after: Element): Patch[] | undefined {
  // Names without prefix would be in the namespace of the diff, so that all of the document have one.
  const found = diffElements(before, after, NS, NS, PREFIXES);
  if (found === undefined) return undefined;
  let scope: Patch['scope'];
  for (const [prefix, uri] of Object.entries(found.prefixes)) scope = { prefix, uri, outer: scope };
  return found.operations.map((operation) => ({ operation, scope }));
}

/** @param body a byte string @throws {SipError} 400 */
export function readXcapDiff(body: string): XcapDiff {
  const document = readXmlDocument(body, 'XCAP diff');
  const root = document.root.attribute('xcap-root');
  if (!document.root.is('xcap-diff', NS) || !root)
    throw badBody('XCAP diff', 'its root is not xcap-diff, or has no xcap-root');
  const changes: XcapChange[] = [];
  for (const child of document.root.elements()) {
    const outer = document.scopes.get(child) ?? document.scopes.get(document.root);
    const change = readChange(child, (operation) => document.scopes.get(operation) ?? outer);
    if (change !== undefined) changes.push(change);
  }
  return { root, changes };
}

function readChange(change: Element, scopeOf: (operation: Element) => Patch['scope']): XcapChange | undefined {
  if (change.ns !== NS) return undefined;
  const { sel } = change.attributes;
  if (!sel) throw badBody('XCAP diff', `a ${change.name} has no sel`);
  const exists = boolean(change.attribute('exists')) ?? true;
  switch (change.name) {
    case 'document':
      return readDocumentChange(change, sel, scopeOf);
    case 'element':
      return { kind: 'element', sel, element: exists ? change.firstChild() : undefined };
    case 'attribute':
      return { kind: 'attribute', sel, value: exists ? change.text() : undefined };
    default:
      return undefined;
  }
}

function readDocumentChange(change: Element, sel: string, scopeOf: (operation: Element) => Patch['scope']): XcapChange {
  const { 'new-etag': newEtag, 'previous-etag': previousEtag } = change.attributes;
  const isBodyUnchanged = change.child('body-not-changed') !== undefined;
  const patches = (isBodyUnchanged ? [] : change.elements())
    .filter(({ ns }) => ns === NS)
    .map((operation) => ({ operation, scope: scopeOf(operation) }));
  return {
    kind: 'document',
    sel,
    patches,
    ...(newEtag !== undefined && { newEtag }),
    ...(previousEtag !== undefined && { previousEtag }),
    ...(isBodyUnchanged && { isBodyUnchanged }),
  };
}
