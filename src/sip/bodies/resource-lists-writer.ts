import { Element, element } from '#xml/element.ts';
import { NS_RESOURCE_LISTS as NS, NS_COPY_CONTROL } from './namespaces.ts';
import type { Notes } from './notes.ts';
import type { Entry, ListMember, ResourceList } from './resource-lists.ts';
import { writeXml } from './xml-body.ts';

/** @returns a byte string */
export function writeResourceLists(lists: readonly ResourceList[]): string {
  return writeXml(new Element('resource-lists', NS, {}, lists.map(listElement)));
}

export function listElement({ name, displayNames, members }: ResourceList): Element {
  return element('list', NS, { name }, ...nameElements(displayNames), ...members.map(memberElement));
}

export function memberElement(member: ListMember): Element {
  switch (member.kind) {
    case 'list':
      return listElement(member);
    case 'entry':
      return entryElement(member);
    case 'entry-ref':
      return element('entry-ref', NS, { ref: member.ref }, ...nameElements(member.displayNames));
    case 'external':
      return element('external', NS, { anchor: member.anchor }, ...nameElements(member.displayNames));
  }
}

function entryElement({ uri, displayNames, copyControl, isAnonymized }: Entry): Element {
  const attributes = {
    uri,
    [`{${NS_COPY_CONTROL}}copyControl`]: copyControl,
    [`{${NS_COPY_CONTROL}}anonymize`]: isAnonymized === undefined ? undefined : String(isAnonymized),
  };
  return element('entry', NS, attributes, ...nameElements(displayNames));
}

function nameElements(names: Notes): Element[] {
  return Object.entries(names).map(([language, name]) =>
    element('display-name', NS, language === '' ? {} : { 'xml:lang': language }, name),
  );
}
