/** What a PUT or a DELETE of a node does to a document (RFC 4825 §8.2, §8.3). Works on a tree that nobody else holds. */
import type { Element } from '#xml/element.ts';
import { type Found, isNamed, type NodeSelector, type Step, select, selectOne } from './selector.ts';
import { type XcapError, xcapError } from './xcap-error.ts';

/** Where the parent is that a node would go into: there is none, and so many steps lead to an element that is there. */
export class NoParent extends Error {
  readonly depth: number;

  constructor(depth: number) {
    super('the element that this is to be put into is not there');
    this.depth = depth;
  }
}

export interface Edited {
  readonly root: Element;
  /** Whether the node was not there before. */
  readonly isNew: boolean;
}

/**
 * Replaces the element that is selected, or inserts it where it would be.
 * @throws {NoParent}
 * @throws {XcapError} 'cannot-insert': a GET of the same selector would not give that element (§8.2.3, idempotency)
 */
export function putElement(root: Element, { steps }: NodeSelector, element: Element): Edited {
  const before = select(root, steps);
  if (before.length > 1) throw cannotInsert('the selector selects several elements');
  const [found] = before;
  const edited =
    found === undefined ? insert(root, steps, element) : { root: replace(root, found, element), isNew: false };
  const after = select(edited.root, steps);
  if (after.length !== 1 || after[0]!.element !== element) {
    throw cannotInsert('the element is not the one that the selector would select');
  }
  return edited;
}

function replace(root: Element, { element: old, parent }: Found, element: Element): Element {
  if (parent === undefined) return element;
  parent.children[parent.children.indexOf(old)] = element;
  return root;
}

function insert(root: Element, steps: readonly Step[], element: Element): Edited {
  const last = steps.at(-1)!;
  if (steps.length === 1) throw cannotInsert('a document has one root');
  const parent = selectOne(root, steps.slice(0, -1))?.element;
  if (parent === undefined) throw new NoParent(deepest(root, steps.slice(0, -1)));
  parent.children.splice(placeFor(parent, last), 0, element);
  return { root, isNew: true };
}

/** §8.2.3: behind its siblings of that name; with a position, where it has that one. */
function placeFor(parent: Element, step: Step): number {
  const { children } = parent;
  const siblings = parent.elements().filter((sibling) => isNamed(sibling, step));
  const position = step.position ?? siblings.length + 1;
  if (position > siblings.length + 1) throw cannotInsert('there are not so many elements before it');
  if (position <= siblings.length) return children.indexOf(siblings[position - 1]!);
  const before = siblings.at(-1);
  return before === undefined ? children.length : children.indexOf(before) + 1;
}

/** How many of the steps lead to one element. */
function deepest(root: Element, steps: readonly Step[]): number {
  let depth = steps.length;
  while (depth > 0 && selectOne(root, steps.slice(0, depth)) === undefined) depth--;
  return depth;
}

/** @throws {NoParent} @throws {XcapError} 'cannot-insert' */
export function putAttribute(root: Element, { steps }: NodeSelector, name: string, value: string): Edited {
  const found = selectOne(root, steps);
  if (found === undefined) throw new NoParent(deepest(root, steps));
  const isNew = found.element.attribute(name) === undefined;
  found.element.attributes[name] = value;
  if (selectOne(root, steps)?.element !== found.element) {
    throw cannotInsert('the selector would not select this element any more');
  }
  return { root, isNew };
}

/**
 * Takes away the element that is selected.
 * @returns false where there is none
 * @throws {XcapError} 'cannot-delete': the selector would select another one then (§8.3)
 */
export function deleteElement(root: Element, { steps }: NodeSelector): boolean {
  const found = selectOne(root, steps);
  if (found === undefined) return false;
  const { element, parent } = found;
  if (parent === undefined) throw xcapError('cannot-delete', 'a document has a root; delete the document');
  parent.children.splice(parent.children.indexOf(element), 1);
  if (select(root, steps).length > 0) {
    throw xcapError('cannot-delete', 'the selector would select another element then');
  }
  return true;
}

/** @returns false where there is none */
export function deleteAttribute(root: Element, { steps }: NodeSelector, name: string): boolean {
  const attributes = selectOne(root, steps)?.element.attributes;
  if (attributes === undefined || !Object.hasOwn(attributes, name)) return false;
  delete attributes[name];
  return true;
}

function cannotInsert(phrase: string): XcapError {
  return xcapError('cannot-insert', phrase);
}
