/** RFC 5025 §3.3: what of a presence document somebody is shown. */
import { Element, element } from '#xml/element.ts';
import { NS_PRES_RULES as NS } from './namespaces.ts';
import { boolean } from './xml-body.ts';

/** §3.3.1: which services, persons or devices. 'all', or those that one of these fits. */
export type Selection = 'all' | readonly Selector[];

export interface Selector {
  /** service-uri, service-uri-scheme, deviceID, class, occurrence-id. */
  readonly by: string;
  readonly value: string;
}

/** §3.3.2.11, in rising order. */
export const USER_INPUTS = ['false', 'bare', 'thresholds', 'full'] as const;
export type UserInputLevel = (typeof USER_INPUTS)[number];

export interface Transformations {
  readonly services?: Selection;
  readonly persons?: Selection;
  readonly devices?: Selection;
  readonly allAttributes?: boolean;
  readonly userInput?: UserInputLevel;
  /** §3.3.2: as `activities`, `note`. */
  readonly attributes: readonly string[];
  /** §3.3.2.15. */
  readonly unknownAttributes: readonly { readonly ns: string; readonly name: string }[];
}

export const NO_TRANSFORMATIONS: Transformations = { attributes: [], unknownAttributes: [] };

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

export function readTransformations(transformations: Element | undefined): Transformations {
  if (transformations === undefined) return NO_TRANSFORMATIONS;
  const attributes: string[] = [];
  const unknownAttributes: { ns: string; name: string }[] = [];
  const found: Writable<Transformations> = { attributes, unknownAttributes };
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

export function transformationsElements(transformations: Transformations): Element[] {
  const { allAttributes, userInput, attributes, unknownAttributes } = transformations;
  const found: Element[] = [];
  for (const what of SELECTIONS) {
    const selection = transformations[what];
    if (selection !== undefined) found.push(element(`provide-${what}`, NS, {}, ...selectors(selection, ALL[what])));
  }
  if (allAttributes) found.push(new Element('provide-all-attributes', NS));
  if (userInput !== undefined) found.push(element('provide-user-input', NS, {}, userInput));
  for (const name of attributes) found.push(element(`provide-${name}`, NS, {}, 'true'));
  for (const { ns, name } of unknownAttributes) {
    found.push(element('provide-unknown-attribute', NS, { name, ns }, 'true'));
  }
  return found;
}

function selectors(selection: Selection, all: string): Element[] {
  if (selection === 'all') return [new Element(all, NS)];
  return selection.map(({ by, value }) => element(by, NS, {}, value));
}

/** RFC 4745 §10.2: who is given something by one rule has it, whatever others say. */
export function combine(one: Transformations, other: Transformations): Transformations {
  const services = combineSelections(one.services, other.services);
  const persons = combineSelections(one.persons, other.persons);
  const devices = combineSelections(one.devices, other.devices);
  const level = Math.max(levelOf(one), levelOf(other));
  return {
    attributes: [...new Set([...one.attributes, ...other.attributes])],
    unknownAttributes: [...one.unknownAttributes, ...other.unknownAttributes],
    ...(services !== undefined && { services }),
    ...(persons !== undefined && { persons }),
    ...(devices !== undefined && { devices }),
    ...((one.allAttributes || other.allAttributes) && { allAttributes: true }),
    ...(level >= 0 && { userInput: USER_INPUTS[level]! }),
  };
}

function levelOf({ userInput }: Transformations): number {
  return userInput === undefined ? -1 : USER_INPUTS.indexOf(userInput);
}

function combineSelections(one: Selection | undefined, other: Selection | undefined): Selection | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one === 'all' || other === 'all' ? 'all' : [...one, ...other];
}
