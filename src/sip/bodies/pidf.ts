/**
 * Presence documents: PIDF (RFC 3863) with the data model (RFC 4479) and RPID (RFC 4480). What is of no interest to the
 * server (RFC 4481, 4482, 5196, and whatever comes) is kept word for word, and handed on. `application/cpim-pidf+xml` is
 * the same by an older name.
 */
import type { Element } from '#xml/element.ts';
import { type Activities, isActivities, isRpid, readActivities } from './activities.ts';
import { readInstant } from './instant.ts';
import { NS_CISCO_RPID, NS_DATA_MODEL, NS_PIDF, NS_XMPP } from './namespaces.ts';
import { addNote, NO_NOTES, type Notes } from './notes.ts';
import { badBody, readXml, token } from './xml-body.ts';

export const PIDF_TYPES = ['application/pidf+xml', 'application/cpim-pidf+xml'] as const;

/** RFC 4480 §3.16. */
export interface UserInput {
  readonly state: 'active' | 'idle';
  /** Epoch milliseconds. */
  readonly lastInputAt?: number;
  readonly idleThresholdSeconds?: number;
}

/** What tuples, persons and devices have in common. */
export interface PidfPart {
  /** '' where none was given; the writer makes one. */
  readonly id: string;
  readonly activities?: Activities;
  readonly userInput?: UserInput;
  readonly notes: Notes;
  /** Epoch milliseconds. */
  readonly timestamp?: number;
  /** Everything else, word for word. */
  readonly extra: readonly Element[];
}

/** RFC 4479 §3.2: a service. */
export interface Tuple extends PidfPart {
  /** RFC 3863 §4.1.4: whether it is ready for messages; undefined where it does not say. */
  readonly basic?: 'open' | 'closed';
  /** RFC 8048 §5.2: away, chat, dnd or xa. */
  readonly show?: string;
  /** @param priority 0 to 1 */
  readonly contact?: { readonly uri: string; readonly priority?: number };
  readonly deviceId?: string;
  /** What else stands in its status. */
  readonly statusExtra: readonly Element[];
}

export type Person = PidfPart;

export interface PresenceDevice extends PidfPart {
  readonly deviceId?: string;
}

export interface Pidf {
  /** The presentity's URI. */
  readonly entity: string;
  readonly tuples: readonly Tuple[];
  readonly persons: readonly Person[];
  readonly devices: readonly PresenceDevice[];
  readonly notes: Notes;
  /** Of the presentity as a whole: where the activities stand directly below the root. */
  readonly activities?: Activities;
  readonly extra: readonly Element[];
}

const MAX_PARTS = 500;

/**
 * @param body a byte string
 * @throws {SipError} 400
 */
export function readPidf(body: string): Pidf {
  return pidfOf(readXml(body, 'PIDF', 'presence', NS_PIDF));
}

/** @throws {SipError} 400 */
export function pidfOf(root: Element): Pidf {
  const tuples: Tuple[] = [];
  const persons: Person[] = [];
  const devices: PresenceDevice[] = [];
  const extra: Element[] = [];
  let notes: Record<string, string> | undefined;
  let activities: Activities | undefined;
  for (const child of root.children) {
    if (typeof child === 'string') continue;
    const { name, ns } = child;
    if (ns === NS_PIDF && name === 'tuple') tuples.push(readTuple(child, tuples));
    else if (ns === NS_PIDF && name === 'note') notes = addNote(notes, child);
    else if (name === 'person' && isDataModel(ns)) persons.push(readPart(child));
    else if (name === 'device' && isDataModel(ns)) devices.push(readPart(child));
    else if (isActivities(child)) activities = readActivities(child, activities);
    else extra.push(child);
  }
  if (tuples.length + persons.length + devices.length > MAX_PARTS) {
    throw badBody('PIDF', `it has more than ${MAX_PARTS} parts`);
  }
  const pidf = { entity: entityOf(root), tuples, persons, devices, notes: notes ?? NO_NOTES, extra };
  return activities === undefined ? pidf : { ...pidf, activities };
}

/** RFC 3863 §4.1.1. */
function entityOf(root: Element): string {
  const entity = root.attribute('entity')?.trim();
  if (entity === undefined || entity === '') throw badBody('PIDF', 'presence has no entity');
  return entity;
}

/** Rich documents of the call manager's own presence server have a person of their own. */
function isDataModel(ns: string): boolean {
  return ns === NS_DATA_MODEL || ns === NS_CISCO_RPID;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

function readTuple(element: Element, before: readonly Tuple[]): Tuple {
  const id = element.attribute('id')?.trim() ?? '';
  if (id === '') throw badBody('PIDF', 'a tuple has no id');
  if (before.some((tuple) => tuple.id === id)) throw badBody('PIDF', 'two tuples have the same id');
  const statusExtra: Element[] = [];
  const tuple: Writable<Tuple> = { id, notes: NO_NOTES, extra: [], statusExtra };
  readChildren(tuple, element, (child) => {
    if (child.ns !== NS_PIDF) return false;
    if (child.name === 'status') readStatus(tuple, child, statusExtra);
    else if (child.name === 'contact') tuple.contact = readContact(child);
    else return false;
    return true;
  });
  return tuple;
}

/** RFC 3863 §4.1.3; activities stood here before RFC 4479 gave them to the person. */
function readStatus(tuple: Writable<Tuple>, status: Element, statusExtra: Element[]): void {
  for (const child of status.children) {
    if (typeof child === 'string') continue;
    if (child.is('basic', NS_PIDF)) {
      const basic = child.text().trim();
      // COMPAT(baresip, 1.0): says "unkown" where it knows nothing.
      if (basic === 'open' || basic === 'closed') tuple.basic = basic;
    } else if (child.is('show', NS_XMPP)) tuple.show = child.text().trim();
    else if (isActivities(child)) tuple.activities = readActivities(child, tuple.activities);
    else statusExtra.push(child);
  }
}

function readContact(element: Element): { uri: string; priority?: number } {
  const uri = element.text().trim();
  const priority = element.attribute('priority')?.trim();
  // RFC 3863 §4.1.5: a qvalue.
  return priority !== undefined && /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(priority)
    ? { uri, priority: Number(priority) }
    : { uri };
}

function readPart(element: Element): PresenceDevice {
  const part: Writable<PresenceDevice> = { id: element.attribute('id')?.trim() ?? '', notes: NO_NOTES, extra: [] };
  readChildren(part, element, () => false);
  return part;
}

/** @param take what this kind of part alone knows; tells whether it has taken the element */
function readChildren(part: Writable<PresenceDevice>, element: Element, take: (child: Element) => boolean): void {
  const extra: Element[] = [];
  let notes: Record<string, string> | undefined;
  for (const child of element.children) {
    if (typeof child === 'string' || take(child)) continue;
    const { name, ns } = child;
    if (isActivities(child)) part.activities = readActivities(child, part.activities);
    else if (name === 'user-input' && isRpid(ns)) part.userInput = readUserInput(child);
    else if (!isOfPresence(ns)) extra.push(child);
    else if (name === 'note') notes = addNote(notes, child);
    else if (name === 'timestamp') setTimestamp(part, child);
    else if (name === 'deviceID') part.deviceId = child.text().trim();
    else extra.push(child);
  }
  part.extra = extra;
  if (notes !== undefined) part.notes = notes;
}

/** Both have a note and a timestamp, for their own parts; and both are mixed up by clients. */
function isOfPresence(ns: string): boolean {
  return ns === NS_PIDF || ns === NS_DATA_MODEL;
}

/** A time that cannot be read is left out: a phone's clock is no reason to lose its presence. */
function setTimestamp(part: Writable<PidfPart>, element: Element): void {
  const at = readInstant(element.text());
  if (at !== undefined) part.timestamp = at;
}

function readUserInput(element: Element): UserInput {
  const lastInputAt = readInstant(element.attribute('last-input') ?? element.attribute('since'));
  const threshold = Number(element.attribute('idle-threshold') ?? Number.NaN);
  return {
    state: token(element) === 'idle' ? 'idle' : 'active',
    ...(lastInputAt !== undefined && { lastInputAt }),
    ...(Number.isSafeInteger(threshold) && threshold >= 0 && { idleThresholdSeconds: threshold }),
  };
}
