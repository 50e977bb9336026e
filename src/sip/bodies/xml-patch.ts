/** RFC 5261: changes of a document, written as a document. */
import { lookUpPrefix, type Scope, type XmlDocument } from '#xml/document.ts';
import { Element, type Node } from '#xml/element.ts';
import { PatchError } from './patch-error.ts';
import { locate, NAME, type Place, parseSelector, type Resolve, type Selector, type Target } from './xml-selector.ts';

const MAX_PATCHES = 1000;
const ATTRIBUTE = new RegExp(`^@(?:(${NAME}):)?(${NAME})$`);
const POSITIONS = [undefined, 'before', 'after', 'prepend'] as const;

/** One operation: `add`, `replace` or `remove`, and what its prefixes stand for. */
export interface Patch {
  readonly operation: Element;
  readonly scope: Scope | undefined;
}

/** The operations of a document: children of its root, in the root's namespace. @throws {PatchError} */
export function patchesOf({ root, scopes }: XmlDocument): Patch[] {
  const operations = root.elements();
  if (operations.length > MAX_PATCHES) throw new PatchError('invalid-diff-format', 'too many operations');
  return operations.map((operation) => {
    if (operation.ns !== root.ns) throw new PatchError('invalid-patch-directive', operation.name);
    return { operation, scope: scopes.get(operation) ?? scopes.get(root) };
  });
}

/**
 * @param root stays as it is
 * @returns the document with all changes
 * @throws {PatchError} where one of them cannot be made
 */
export function applyPatches(root: Element, patches: readonly Patch[]): Element {
  return patches.reduce((patched, patch) => applyOne(patched, patch), copy(root));
}

function copy({ name, ns, attributes, children }: Element): Element {
  const inside = children.map((child) => (typeof child === 'string' ? child : copy(child)));
  return new Element(name, ns, { ...attributes }, inside);
}

function applyOne(root: Element, { operation, scope }: Patch): Element {
  const text = operation.attribute('sel') ?? '';
  const resolve: Resolve = (prefix) => lookUpPrefix(scope, prefix);
  const selector = parseSelector(text === '' && operation.name === 'add' ? '*' : text, resolve);
  const place = locate(root, selector, text);
  switch (operation.name) {
    case 'add':
      return add(root, operation, selector, place, resolve);
    case 'replace':
      return replace(root, operation, selector.target, place, text);
    case 'remove':
      return remove(root, operation, selector.target, place, text);
    default:
      throw new PatchError('invalid-patch-directive', operation.name);
  }
}

/** §4.3. */
function add(root: Element, operation: Element, { target }: Selector, place: Place, resolve: Resolve): Element {
  const type = operation.attribute('type');
  const pos = POSITIONS.find((known) => known === operation.attribute('pos'));
  if (operation.attribute('pos') !== pos) throw new PatchError('invalid-attribute-value', 'pos');
  if (type !== undefined) addAttribute(operation, type, place.element, resolve);
  else if (target.kind === 'text') addAtText(operation, pos, place.element, target.place);
  else if (target.kind !== 'element') throw new PatchError('invalid-node-types', target.kind);
  else if (pos === undefined) insert(place.element, place.element.children.length, operation.children);
  else if (pos === 'prepend') insert(place.element, 0, operation.children);
  else addSibling(operation, pos, place);
  return root;
}

/** §4.3.2, §4.3.3: a namespace is declared where it is needed, so adding one changes nothing. */
function addAttribute(operation: Element, type: string, element: Element, resolve: Resolve): void {
  if (/^namespace::[^\s:]+$/.test(type)) return;
  const [, prefix, name] = ATTRIBUTE.exec(type) ?? [];
  // A namespace is no attribute.
  if (name === undefined || name === '__proto__' || name === 'xmlns' || prefix === 'xmlns')
    throw new PatchError('invalid-attribute-value', type);
  const ns = prefix === undefined || prefix === 'xml' ? undefined : resolve(prefix);
  if (prefix !== undefined && prefix !== 'xml' && ns === undefined)
    throw new PatchError('invalid-namespace-prefix', type);
  const key = prefix === undefined ? name : prefix === 'xml' ? `xml:${name}` : `{${ns}}${name}`;
  if (Object.hasOwn(element.attributes, key)) throw new PatchError('invalid-attribute-value', type);
  element.attributes[key] = onlyText(operation);
}

function addSibling(operation: Element, pos: 'before' | 'after', { element, parent }: Place): void {
  // §4.3: a document has one root.
  if (parent === undefined) throw new PatchError('invalid-root-element-operation', pos);
  insert(parent, parent.children.indexOf(element) + (pos === 'after' ? 1 : 0), operation.children);
}

function addAtText(operation: Element, pos: (typeof POSITIONS)[number], parent: Element, place: number): void {
  if (pos !== 'before' && pos !== 'after') throw new PatchError('invalid-node-types', 'text()');
  insert(parent, textIndex(parent, place) + (pos === 'after' ? 1 : 0), operation.children);
}

/** §4.4. */
function replace(root: Element, operation: Element, target: Target, place: Place, text: string): Element {
  const { element, parent } = place;
  switch (target.kind) {
    case 'attribute':
      if (!Object.hasOwn(element.attributes, target.key)) throw new PatchError('unlocated-node', text);
      element.attributes[target.key] = onlyText(operation);
      return root;
    case 'text':
      replaceText(element, target.place, onlyText(operation));
      return root;
    case 'namespace':
      throw new PatchError('invalid-node-types', text);
    case 'element': {
      const [only, ...others] = operation.elements();
      if (only === undefined || others.length > 0) throw new PatchError('invalid-node-types', text);
      if (parent === undefined) return copy(only);
      parent.children[parent.children.indexOf(element)] = copy(only);
      return root;
    }
  }
}

function replaceText(element: Element, place: number, text: string): void {
  const at = textIndex(element, place);
  if (text === '') element.children.splice(at, 1);
  else element.children[at] = text;
}

/** §4.5. */
function remove(root: Element, operation: Element, target: Target, place: Place, text: string): Element {
  const { element, parent } = place;
  if (!['before', 'after', 'both', undefined].includes(operation.attribute('ws'))) {
    throw new PatchError('invalid-whitespace-directive', text);
  }
  switch (target.kind) {
    case 'attribute':
      if (!Object.hasOwn(element.attributes, target.key)) throw new PatchError('unlocated-node', text);
      delete element.attributes[target.key];
      return root;
    case 'text':
      element.children.splice(textIndex(element, target.place), 1);
      return root;
    case 'namespace':
      return root;
    case 'element':
      if (parent === undefined) throw new PatchError('invalid-root-element-operation', text);
      parent.children.splice(parent.children.indexOf(element), 1);
      joinTexts(parent);
      return root;
  }
}

/** Of the text nodes of an element, the place of one in its children. */
function textIndex({ children }: Element, place: number): number {
  let seen = 0;
  for (let i = 0; i < children.length; i++) {
    if (typeof children[i] === 'string' && ++seen === place) return i;
  }
  throw new PatchError('unlocated-node', 'text()');
}

function onlyText(operation: Element): string {
  if (operation.children.some((child) => typeof child !== 'string')) {
    throw new PatchError('invalid-node-types', operation.name);
  }
  return operation.text();
}

function insert(parent: Element, at: number, nodes: readonly Node[]): void {
  const copies = nodes.map((node) => (typeof node === 'string' ? node : copy(node)));
  parent.children.splice(at, 0, ...copies);
  joinTexts(parent);
}

/** §4.3, §4.5: texts that have come to stand beside each other are one. */
function joinTexts(parent: Element): void {
  const joined: Node[] = [];
  for (const child of parent.children) {
    const last = joined.length - 1;
    if (typeof child === 'string' && typeof joined[last] === 'string') joined[last] += child;
    else joined.push(child);
  }
  parent.children = joined;
}
