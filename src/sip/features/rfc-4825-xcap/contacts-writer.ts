/** A contact list as a resource list (RFC 4826 §3). Pure. */
import type { Contact } from '#contacts/contact.ts';
import { Element, element, type Node } from '#xml/element.ts';
import { NS_RESOURCE_LISTS as NS } from '../../bodies/namespaces.ts';
import { contactOf, uriOfContact } from './contact-uris.ts';
import { groupOf, pathOfGroup } from './groups.ts';

/**
 * Groups are lists, contacts are entries of theirs; those that are in no group are in a list without a name.
 * @param contacts those that are listed
 * @param kept arranges what is there: order, empty lists, URIs as they were written, and elements of others
 */
export function writeContacts(contacts: readonly Contact[], kept: Element | undefined): Element | undefined {
  if (contacts.length === 0 && kept === undefined) return undefined;
  const writer = new Writer(contacts);
  return writer.write(kept ?? new Element('resource-lists', NS));
}

class Writer {
  readonly #contacts: Map<string, Contact>;
  /** Groups in which a contact has an entry; '' is a list without a name. */
  readonly #placed = new Map<string, Set<string>>();

  constructor(contacts: readonly Contact[]) {
    const byAddress = [...contacts].sort((a, b) => (a.address < b.address ? -1 : 1));
    this.#contacts = new Map(byAddress.map((contact) => [contact.address, contact]));
  }

  write(kept: Element): Element {
    const root = new Element(kept.name, kept.ns, kept.attributes);
    root.children = kept.elements().flatMap((list) => this.#list(list, []) ?? []);
    for (const contact of this.#contacts.values()) {
      const placed = this.#placed.get(contact.address);
      if (contact.groups.length === 0 && placed === undefined) this.#add(contact, unnamedList(root));
      for (const group of contact.groups) if (!placed?.has(group)) this.#add(contact, listAt(root, pathOfGroup(group)));
    }
    return root;
  }

  #add(contact: Contact, list: Element): void {
    list.children.push(named(element('entry', NS, { uri: uriOfContact(contact.address) }), contact.name));
  }

  /** @returns undefined for one whose last entry is gone without its having been put so */
  #list(list: Element, outer: readonly string[]): Element | undefined {
    const name = list.attribute('name');
    const path = name === undefined ? outer : [...outer, name];
    let had = 0;
    let has = 0;
    const children: Node[] = [];
    for (const child of list.elements()) {
      const isOurs = child.is('entry', NS) || child.is('list', NS);
      const left = child.is('entry', NS) ? this.#entry(child, path) : isOurs ? this.#list(child, path) : child;
      if (isOurs) had++;
      if (left === undefined) continue;
      if (isOurs) has++;
      children.push(left);
    }
    const isOver = had > 0 && has === 0 && children.every((child) => (child as Element).is('display-name', NS));
    return isOver ? undefined : new Element(list.name, list.ns, list.attributes, displayNameFirst(children));
  }

  #entry(entry: Element, path: readonly string[]): Element | undefined {
    const contact = this.#contacts.get(contactOf(entry.attribute('uri') ?? '') ?? '');
    const group = groupOf(path);
    if (contact === undefined || (group !== '' && !contact.groups.includes(group))) return undefined;
    const placed = this.#placed.get(contact.address) ?? new Set();
    this.#placed.set(contact.address, placed.add(group));
    return named(entry, contact.name);
  }
}

/** RFC 4826 §3.2: whatever was put where. */
function displayNameFirst(children: readonly Node[]): Node[] {
  const isName = (child: Node) => typeof child !== 'string' && child.is('display-name', NS);
  return [...children.filter(isName), ...children.filter((child) => !isName(child))];
}

/** An entry with a name; one that has it already keeps its language. */
function named(entry: Element, name: string): Element {
  const before = entry.child('display-name', NS);
  const others = entry.elements().filter((child) => child !== before);
  const display = before?.text() === name ? before : element('display-name', NS, {}, name);
  return new Element(entry.name, entry.ns, entry.attributes, name === '' ? others : [display, ...others]);
}

function listAt(root: Element, path: readonly string[]): Element {
  let at = root;
  for (const name of path) {
    const known = at.elements().find((child) => child.is('list', NS) && child.attribute('name') === name);
    const next = known ?? element('list', NS, { name });
    if (known === undefined) at.children.push(next);
    at = next;
  }
  return at;
}

function unnamedList(root: Element): Element {
  const known = root.elements().find((child) => child.is('list', NS) && child.attribute('name') === undefined);
  const list = known ?? element('list', NS);
  if (known === undefined) root.children.push(list);
  return list;
}
