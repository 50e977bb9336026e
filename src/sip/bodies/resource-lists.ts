/**
 * RFC 4826: `application/resource-lists+xml` and `application/rls-services+xml`; with RFC 5364, what a request brings
 * along as its own list (RFC 5365, 5367).
 */
import type { Element } from '#xml/element.ts';
import { NS_COPY_CONTROL, NS_RESOURCE_LISTS } from './namespaces.ts';
import { addNote, NO_NOTES, type Notes } from './notes.ts';
import { badBody, boolean, readXml } from './xml-body.ts';

export const RESOURCE_LISTS_TYPE = 'application/resource-lists+xml';

export interface Entry {
  readonly kind: 'entry';
  readonly uri: string;
  readonly displayNames: Notes;
  /** RFC 5364 §4: in whose sight somebody is addressed. */
  readonly copyControl?: 'to' | 'cc' | 'bcc';
  readonly isAnonymized?: boolean;
}

/** Somewhere in the same XCAP root. */
export interface EntryRef {
  readonly kind: 'entry-ref';
  /** Relative to the XCAP root. */
  readonly ref: string;
  readonly displayNames: Notes;
}

/** A list elsewhere. */
export interface External {
  readonly kind: 'external';
  /** An absolute HTTP URI. */
  readonly anchor: string;
  readonly displayNames: Notes;
}

export interface ResourceList {
  readonly kind: 'list';
  readonly name?: string;
  readonly displayNames: Notes;
  readonly members: readonly ListMember[];
}

export type ListMember = Entry | EntryRef | External | ResourceList;

const MAX_MEMBERS = 5000;
const COPIES = ['to', 'cc', 'bcc'] as const;

/** @param body a byte string @throws {SipError} 400 */
export function readResourceLists(body: string): ResourceList[] {
  return listsOf(readXml(body, 'resource lists', 'resource-lists', NS_RESOURCE_LISTS));
}

/** @throws {SipError} 400 */
export function listsOf(root: Element): ResourceList[] {
  const count = { members: 0 };
  const lists = listElements(root).map((list) => readList(list, count));
  requireDistinct(lists);
  return lists;
}

/** One `list`, as it also stands in rls-services. @throws {SipError} 400 */
export function listOf(element: Element): ResourceList {
  return readList(element, { members: 0 });
}

/** §3.2: names of lists are told apart below one parent. */
function requireDistinct(members: readonly ListMember[]): void {
  const names = new Set<string>();
  for (const member of members) {
    if (member.kind !== 'list' || member.name === undefined) continue;
    if (names.has(member.name)) throw badBody('resource lists', 'two lists have the same name');
    names.add(member.name);
  }
}

function readList(element: Element, count: { members: number }): ResourceList {
  const name = element.attribute('name');
  const members: ListMember[] = [];
  for (const child of element.children) {
    if (typeof child === 'string' || child.ns !== NS_RESOURCE_LISTS) continue;
    const member = readMember(child, count);
    if (member === undefined) continue;
    if (++count.members > MAX_MEMBERS) throw badBody('resource lists', `they have more than ${MAX_MEMBERS} members`);
    members.push(member);
  }
  requireDistinct(members);
  return { kind: 'list', displayNames: displayNames(element), members, ...(name !== undefined && { name }) };
}

function readMember(element: Element, count: { members: number }): ListMember | undefined {
  switch (element.name) {
    case 'list':
      return readList(element, count);
    case 'entry':
      return readEntry(element);
    case 'entry-ref':
      return { kind: 'entry-ref', ref: required(element, 'ref'), displayNames: displayNames(element) };
    case 'external':
      return { kind: 'external', anchor: required(element, 'anchor'), displayNames: displayNames(element) };
    default:
      return undefined;
  }
}

function readEntry(element: Element): Entry {
  const copy = element.attribute(`{${NS_COPY_CONTROL}}copyControl`);
  const copyControl = COPIES.find((known) => known === copy);
  const isAnonymized = boolean(element.attribute(`{${NS_COPY_CONTROL}}anonymize`));
  return {
    kind: 'entry',
    uri: required(element, 'uri'),
    displayNames: displayNames(element),
    ...(copyControl !== undefined && { copyControl }),
    ...(isAnonymized !== undefined && { isAnonymized }),
  };
}

function required(element: Element, name: string): string {
  const value = element.attribute(name)?.trim();
  if (value === undefined || value === '') throw badBody('resource lists', `an ${element.name} has no ${name}`);
  return value;
}

function displayNames(element: Element): Notes {
  let names: Record<string, string> | undefined;
  for (const child of element.children) {
    if (typeof child !== 'string' && child.is('display-name', NS_RESOURCE_LISTS)) names = addNote(names, child);
  }
  return names ?? NO_NOTES;
}

function listElements(root: Element): Element[] {
  return root.elements().filter((child) => child.is('list', NS_RESOURCE_LISTS));
}

/**
 * RFC 5363 §4.1: the URIs of a list that a request brings along; each once, nested lists opened. What would have to be
 * fetched elsewhere is passed over.
 */
export function urisOf(lists: readonly ListMember[], found = new Set<string>()): Set<string> {
  for (const member of lists) {
    if (member.kind === 'entry') found.add(member.uri);
    else if (member.kind === 'list') urisOf(member.members, found);
  }
  return found;
}
