import { type Element, element } from '#xml/element.ts';

/** Free text by language tag, '' where none was given. */
export type Notes = Readonly<Record<string, string>>;

export const NO_NOTES: Notes = {};

/** Adds a note; of two in one language the first holds. */
export function addNote(notes: Record<string, string> | undefined, note: Element): Record<string, string> {
  const found = notes ?? {};
  const language = note.attribute('xml:lang') ?? '';
  // Assigning to "__proto__" would set no property, and no language is called so.
  if (language !== '__proto__' && !Object.hasOwn(found, language)) found[language] = note.text();
  return found;
}

export function noteElements(notes: Notes, ns: string): Element[] {
  const elements: Element[] = [];
  for (const language in notes) {
    elements.push(element('note', ns, language === '' ? {} : { 'xml:lang': language }, notes[language]!));
  }
  return elements;
}
