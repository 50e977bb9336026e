/** The application usage resource-lists (RFC 4826 §3): the contact list. */
import type { Contact } from '#contacts/contact.ts';
import { type ContactList, contactsOf } from '#contacts/contact-list.ts';
import type { ContactDetails } from '#contacts/editing.ts';
import { type ContactEdits, editContacts } from '#contacts/several.ts';
import { NS_COPY_CONTROL, NS_RESOURCE_LISTS, PREFIXES } from '../../bodies/namespaces.ts';
import { type Listed, readContacts } from './contacts-reader.ts';
import { writeContacts } from './contacts-writer.ts';
import type { ApplicationUsage } from './usage.ts';
import { constraint } from './validation.ts';

export const resourceLists: ApplicationUsage = {
  auid: 'resource-lists',
  documentName: 'index',
  contentType: 'application/resource-lists+xml',
  namespace: NS_RESOURCE_LISTS,
  prefixes: PREFIXES,
  extensions: [NS_COPY_CONTROL],
  render: (home, kept) => writeContacts(listedOf(contactsOf(home)), kept),
  apply: (home, decide) =>
    editContacts(home, () => {
      const wanted = decide();
      return edits(contactsOf(home), wanted === undefined ? new Map() : readContacts(wanted.root));
    }),
};

export function listedOf(list: ContactList): Contact[] {
  return [...list.all()].filter(({ listed }) => listed);
}

function edits(list: ContactList, wanted: ReadonlyMap<string, Listed>): ContactEdits {
  const put: ContactDetails[] = [];
  for (const [address, listed] of wanted) {
    const before = list.get(address);
    const name = nameOf(address, listed.names, before?.name ?? '');
    const groups = [...listed.groups];
    if (before?.listed && before.name === name && isSame(before.groups, listed.groups)) continue;
    put.push({
      address,
      name,
      groups: before !== undefined && isSame(before.groups, listed.groups) ? before.groups : groups,
    });
  }
  const removed = listedOf(list).filter(({ address }) => !wanted.has(address));
  return { put, removed: removed.map(({ address }) => address) };
}

/** A contact has one name: of several, the one that is new. */
function nameOf(address: string, names: ReadonlySet<string>, before: string): string {
  if (names.size <= 1) return [...names][0] ?? '';
  const changed = [...names].filter((name) => name !== before);
  if (changed.length > 1) throw constraint(`${address} has several names, and a contact has one`);
  return changed[0]!;
}

function isSame(before: readonly string[], after: ReadonlySet<string>): boolean {
  return before.length === after.size && before.every((group) => after.has(group));
}
