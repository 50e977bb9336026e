/** RFC 4660 §6.3: what filters leave of a document, and whether it is time to send it. */
import { Element } from '#xml/element.ts';
import { selectNodes, stringValue } from './filter-select.ts';
import { NS_PIDF } from './namespaces.ts';
import { type Pidf, pidfOf } from './pidf.ts';
import { pidfElement } from './pidf-writer.ts';
import type { Change, Filter, Selection } from './simple-filter.ts';

/** Nodes that were named: elements with all inside, and single attributes. */
interface Named {
  readonly elements: Set<Element>;
  readonly attributes: Map<Element, Set<string>>;
}

/** @param filters those for the presentity (`filtersFor`) */
export function filterPidf(pidf: Pidf, filters: readonly Filter[]): Pidf {
  if (filters.every(({ what }) => what === undefined)) return pidf;
  return pidfOf(filterElement(pidfElement(pidf), filters));
}

/** §6.3.1: what one filter shows is shown; each takes away only from what it shows itself. */
export function filterElement(root: Element, filters: readonly Filter[]): Element {
  const shown = filters.map(({ what }) => (what === undefined ? undefined : chosen(root, what)));
  if (shown.length === 0 || shown.includes(undefined)) return root;
  const views = shown.filter((view) => view !== undefined);
  return prune(root, (element) => views.some((view) => view(element)), true)!;
}

type View = (element: Element) => boolean;

/** Tells of each element whether it is shown, with its attributes and texts. */
function chosen(root: Element, { include, exclude }: NonNullable<Filter['what']>): View {
  const shown = new Set<Element>();
  const included = include.length === 0 ? undefined : named(root, include);
  const excluded = named(root, exclude);
  const walk = (element: Element, isInside: boolean): void => {
    if (excluded.elements.has(element)) return;
    const isIn = isInside || included === undefined || included.elements.has(element);
    if (isIn || included?.attributes.has(element)) shown.add(element);
    for (const child of element.children) if (typeof child !== 'string') walk(child, isIn);
  };
  walk(root, false);
  return (element) => shown.has(element);
}

function named(root: Element, selections: readonly Selection[]): Named {
  const elements = new Set<Element>();
  const attributes = new Map<Element, Set<string>>();
  for (const selection of selections) {
    if (selection.by === 'namespace') {
      addNamespace(root, selection.ns, elements);
      continue;
    }
    for (const { element, attribute } of selectNodes(root, selection.path)) {
      if (attribute === undefined) elements.add(element);
      else attributes.set(element, (attributes.get(element) ?? new Set()).add(attribute));
    }
  }
  return { elements, attributes };
}

function addNamespace(element: Element, ns: string, found: Set<Element>): void {
  // The root is of some namespace, and says nothing by itself.
  for (const child of element.elements()) {
    if (child.ns === ns) found.add(child);
    addNamespace(child, ns, found);
  }
}

/**
 * §6.3.1: the document stays valid. What has something shown inside is there with its attributes, and what its schema
 * asks for is there, though it be empty.
 */
function prune(element: Element, view: View, isRoot = false): Element | undefined {
  const isShown = view(element);
  const children: Element['children'] = [];
  for (const child of element.children) {
    if (typeof child === 'string') {
      if (isShown) children.push(child);
      continue;
    }
    const kept = prune(child, view);
    if (kept !== undefined) children.push(kept);
  }
  if (!isRoot && !isShown && children.length === 0) return undefined;
  if (
    element.is('tuple', NS_PIDF) &&
    !children.some((child) => typeof child !== 'string' && child.is('status', NS_PIDF))
  ) {
    children.unshift(new Element('status', NS_PIDF));
  }
  return new Element(element.name, element.ns, element.attributes, children);
}

/**
 * §6.4: whether a change is to be told.
 * @param before what there was, unfiltered; undefined: the watcher has been told nothing yet
 */
export function isTriggered(filters: readonly Filter[], before: Element | undefined, after: Element): boolean {
  if (before === undefined || filters.some(({ triggers }) => triggers.length === 0) || filters.length === 0)
    return true;
  const old = keyed(before);
  const now = keyed(after);
  return filters.some(({ triggers }) => triggers.some((all) => all.every((change) => hasHappened(change, old, now))));
}

/** A document, and of each element a key that stays the same from one document to the next. */
interface Keyed {
  readonly root: Element;
  readonly keys: ReadonlyMap<Element, string>;
}

function keyed(root: Element): Keyed {
  return { root, keys: keysOf(root) };
}

function hasHappened(change: Change, before: Keyed, after: Keyed): boolean {
  const old = valuesOf(before, change);
  const now = valuesOf(after, change);
  if (change.kind !== 'changed') {
    const [from, to] = change.kind === 'added' ? [old, now] : [now, old];
    return [...to.keys()].some((key) => !from.has(key));
  }
  for (const [key, value] of now) {
    const last = old.get(key);
    if (last !== undefined && last !== value && isAsked(change, last, value)) return true;
  }
  return false;
}

function isAsked({ from, to, by }: Extract<Change, { kind: 'changed' }>, last: string, value: string): boolean {
  if (from !== undefined && !isSame(from, last)) return false;
  if (to !== undefined && !isSame(to, value)) return false;
  // 0.6 - 0.4 is not quite 0.2.
  return by === undefined || Math.abs(Number(value) - Number(last)) >= by - 1e-9;
}

/** RFC 4661 writes OPEN where the document says open. */
function isSame(one: string, other: string): boolean {
  return one.trim().toLowerCase() === other.trim().toLowerCase();
}

/** The value of each node that is named, by its key. */
function valuesOf({ root, keys }: Keyed, { path }: Change): Map<string, string> {
  const values = new Map<string, string>();
  for (const { element, attribute } of selectNodes(root, path)) {
    const value = attribute === undefined ? contentOf(element) : element.attributes[attribute]!;
    values.set(`${keys.get(element)}@${attribute ?? ''}`, value);
  }
  return values;
}

/** Its text; of what has only elements inside, their names. */
function contentOf(element: Element): string {
  const text = stringValue(element);
  return element.firstChild() === undefined ? text.trim() : `${text} ${namesIn(element)}`;
}

function namesIn(element: Element): string {
  return element
    .elements()
    .map((child) => `${child.name}(${namesIn(child)})`)
    .join(' ');
}

function keysOf(root: Element): Map<Element, string> {
  const keys = new Map<Element, string>();
  const walk = (element: Element, key: string): void => {
    keys.set(element, key);
    const places = new Map<string, number>();
    for (const child of element.elements()) {
      const name = `{${child.ns}}${child.name}`;
      const place = (places.get(name) ?? 0) + 1;
      places.set(name, place);
      walk(child, `${key}/${name}#${child.attribute('id') ?? place}`);
    }
  };
  walk(root, '');
  return keys;
}
