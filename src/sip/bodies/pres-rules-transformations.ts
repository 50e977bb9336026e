/** RFC 5025 §3.3: what of a presence document somebody is shown. */
import { NO_PORTION, type Portion, type Selection, USER_INPUTS, type UserInputLevel } from '#presence/rules/portion.ts';
import type { Element } from '#xml/element.ts';
import { NS_PRES_RULES as NS } from './namespaces.ts';
import { boolean } from './xml-body.ts';

const SELECTIONS = ['services', 'persons', 'devices'] as const;
const ALL = { services: 'all-services', persons: 'all-persons', devices: 'all-devices' } as const;
const SELECTORS: ReadonlySet<string> = new Set([
  'service-uri',
  'service-uri-scheme',
  'deviceID',
  'class',
  'occurrence-id',
]);
/** §3.3.2: all that are true or false. */
const ATTRIBUTES: ReadonlySet<string> = new Set([
  'activities',
  'class',
  'deviceID',
  'mood',
  'note',
  'place-is',
  'place-type',
  'privacy',
  'relationship',
  'sphere',
  'status-icon',
  'time-offset',
]);

type Writable<T> = { -readonly [K in keyof T]: T[K] };

export function readTransformations(transformations: Element | undefined): Portion {
  if (transformations === undefined) return NO_PORTION;
  const attributes: string[] = [];
  const unknownAttributes: { ns: string; name: string }[] = [];
  const found: Writable<Portion> = { attributes, unknownAttributes };
  for (const child of transformations.elements()) {
    if (child.ns !== NS || !child.name.startsWith('provide-')) continue;
    const what = child.name.slice('provide-'.length);
    const selection = SELECTIONS.find((known) => known === what);
    if (selection !== undefined) found[selection] = readSelection(child, ALL[selection]);
    else if (what === 'all-attributes') found.allAttributes = true;
    else if (what === 'user-input') found.userInput = readLevel(child);
    else if (what === 'unknown-attribute') unknownAttributes.push(...readUnknown(child));
    else if (ATTRIBUTES.has(what) && boolean(child.text()) === true) attributes.push(what);
  }
  return found;
}

function readSelection(element: Element, all: string): Selection {
  if (element.child(all) !== undefined) return 'all';
  return element
    .elements()
    .filter(({ name, ns }) => ns === NS && SELECTORS.has(name))
    .map((child) => ({ by: child.name, value: child.text().trim() }));
}

function readLevel(element: Element): UserInputLevel {
  const text = element.text().trim();
  return USER_INPUTS.find((level) => level === text) ?? 'false';
}

function readUnknown(element: Element): { ns: string; name: string }[] {
  const { ns, name } = element.attributes;
  return ns !== undefined && name !== undefined && boolean(element.text()) === true ? [{ ns, name }] : [];
}
