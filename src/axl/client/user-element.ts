/** End users as AXL writes them. */
import type { EndUserFacts } from '#accounts/end-user.ts';
import { type Element, element } from '#xml/element.ts';
import { compareSchemas } from './schema.ts';
import type { UserFields } from './unified-cm.ts';

const TAGS = [
  'firstName',
  'lastName',
  'userid',
  'mailid',
  'department',
  'status',
  'homeCluster',
  'imAndPresenceEnable',
  'directoryUri',
  'telephoneNumber',
] as const;

/** Fields that may be written, in the order of the schema. */
const ORDER = [
  'firstName',
  'lastName',
  'newUserid',
  'userid',
  'password',
  'mailid',
  'presenceGroupName',
  'homeCluster',
  'imAndPresenceEnable',
  'directoryUri',
];

/** A child of no namespace, as all of AXL's are. */
export function field(name: string, ...children: (Element | string)[]): Element {
  return element(name, '', {}, ...children);
}

/** What is asked for of an end user. */
export function returnedTags(schema: string): Element {
  const tags = compareSchemas(schema, '10.0') >= 0 ? [...TAGS, 'title'] : TAGS;
  return field('returnedTags', ...tags.map((tag) => field(tag)));
}

export function writeFields(fields: UserFields): Element[] {
  const place = (name: string) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  return Object.keys(fields)
    .toSorted((a, b) => place(a) - place(b))
    .map((name) => field(name, String(fields[name])));
}

export function readUser(user: Element): EndUserFacts {
  const text = (name: string) => user.childText(name) ?? '';
  return {
    uuid: readUuid(user.attribute('uuid') ?? ''),
    userid: text('userid'),
    firstName: text('firstName'),
    lastName: text('lastName'),
    mail: text('mailid'),
    directoryUri: text('directoryUri'),
    telephone: text('telephoneNumber'),
    department: text('department'),
    title: text('title'),
    active: !INACTIVE.has(text('status').trim().toLowerCase()),
    homeCluster: readBoolean(text('homeCluster')),
    imAndPresence: readBoolean(text('imAndPresenceEnable')),
  };
}

/** 1 is active, 0 inactive, 2 waits to be deleted; who has no status is active. */
const INACTIVE: ReadonlySet<string> = new Set(['0', '2', 'f', 'false', 'inactive']);

export function readBoolean(text: string): boolean {
  return ['t', 'true', '1'].includes(text.trim().toLowerCase());
}

/** `{8-4-4-4-12}` in either case, with or without braces, as it is kept here. */
export function readUuid(text: string): string {
  return text
    .trim()
    .replace(/^\{|\}$/g, '')
    .toLowerCase();
}

export function writeUuid(uuid: string): string {
  return `{${uuid.toUpperCase()}}`;
}
