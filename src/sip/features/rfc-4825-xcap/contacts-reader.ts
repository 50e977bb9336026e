/** What a resource list says (RFC 4826 §3.2), for a contact list. Pure. */
import type { Element } from '#xml/element.ts';
import { NS_RESOURCE_LISTS as NS } from '../../bodies/namespaces.ts';
import { type Entry, listsOf, type ResourceList } from '../../bodies/resource-lists.ts';
import { SipError } from '../../wire/sip-error.ts';
import { notUnique } from '../../xcap/xcap-error.ts';
import { contactOf } from './contact-uris.ts';
import { groupOf, isExpressible } from './groups.ts';
import { checkNoText, constraint, invalid, required } from './validation.ts';

/** A contact, from all its entries. */
export interface Listed {
  readonly groups: Set<string>;
  /** The names that its entries give it. */
  readonly names: Set<string>;
}

/** @throws {XcapError} */
export function readContacts(root: Element): Map<string, Listed> {
  if (!root.is('resource-lists', NS)) throw invalid('the root is not resource-lists');
  checkNoText(root);
  const lists = root.elements();
  for (const list of lists) if (!list.is('list', NS)) throw invalid(`resource-lists holds no ${list.name}`);
  checkListNames(lists);
  for (const list of lists) checkList(list);
  const listed = new Map<string, Listed>();
  for (const list of readLists(root)) readList(list, [], listed);
  return listed;
}

function readLists(root: Element): ResourceList[] {
  try {
    return listsOf(root);
  } catch (error) {
    if (error instanceof SipError) throw constraint(error.reason);
    throw error;
  }
}

function readList({ name, members }: ResourceList, outer: readonly string[], listed: Map<string, Listed>): void {
  const path = name === undefined ? outer : [...outer, name];
  if (name === undefined && outer.length > 0)
    throw constraint('a list in a list needs a name: it is a group of contacts');
  if (name !== undefined && !isExpressible(path))
    throw constraint(`${JSON.stringify(name)} can be no group of contacts`);
  const here = new Set<string>();
  for (const member of members) {
    if (member.kind === 'list') readList(member, path, listed);
    else if (member.kind === 'entry') readEntry(member, groupOf(path), here, listed);
  }
}

function readEntry({ uri, displayNames }: Entry, group: string, here: Set<string>, listed: Map<string, Listed>): void {
  const address = contactOf(uri);
  if (address === undefined) throw constraint(`${uri} can be no contact: it takes a sip, sips, im or pres URI`);
  if (here.has(address)) throw notUnique(`${uri} is in this list already`, 'entry/@uri');
  here.add(address);
  const known = listed.get(address) ?? { groups: new Set(), names: new Set() };
  listed.set(address, known);
  if (group !== '') known.groups.add(group);
  const [name = ''] = Object.values(displayNames);
  if (name !== '') known.names.add(name);
}

const INSIDE_LIST = ['list', 'entry', 'entry-ref', 'external', 'display-name'];

/** The schema and the constraints of RFC 4826 §3.2, §3.4.2, whatever entries stand for. @throws {XcapError} */
export function checkList(list: Element): void {
  checkNoText(list);
  const children = list.elements();
  for (const child of children) {
    if (child.ns === NS && !INSIDE_LIST.includes(child.name)) throw invalid(`a list holds no ${child.name}`);
    if (child.ns === NS && child.name !== 'list') checkLeaf(child);
  }
  if (count(children, 'display-name') > 1) throw invalid('a list has one display-name');
  checkListNames(children);
  for (const child of children) if (child.is('list', NS)) checkList(child);
  for (const [name, attribute] of [
    ['entry', 'uri'],
    ['entry-ref', 'ref'],
    ['external', 'anchor'],
  ] as const) {
    checkUnique(children, name, attribute);
  }
}

function checkLeaf(leaf: Element): void {
  if (leaf.name === 'display-name') {
    if (leaf.elements().length > 0) throw invalid('display-name is text');
    return;
  }
  checkNoText(leaf);
  if (leaf.name !== 'external') required(leaf, leaf.name === 'entry' ? 'uri' : 'ref');
  const children = leaf.elements();
  for (const child of children) {
    if (child.ns !== NS) continue;
    if (child.name !== 'display-name') throw invalid(`${leaf.name} holds no ${child.name}`);
    checkLeaf(child);
  }
  if (count(children, 'display-name') > 1) throw invalid(`${leaf.name} has one display-name`);
}

function count(children: readonly Element[], name: string): number {
  return children.filter((child) => child.is(name, NS)).length;
}

function checkListNames(children: readonly Element[]): void {
  checkUnique(children, 'list', 'name');
}

function checkUnique(children: readonly Element[], name: string, attribute: string): void {
  const seen = new Set<string>();
  for (const child of children) {
    const value = child.is(name, NS) ? child.attribute(attribute) : undefined;
    if (value === undefined) continue;
    if (seen.has(value))
      throw notUnique(`${attribute} ${JSON.stringify(value)} is there twice`, `${name}/@${attribute}`);
    seen.add(value);
  }
}
