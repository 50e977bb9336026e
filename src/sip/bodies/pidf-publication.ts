/**
 * Between presence documents and what the middle knows of presence: RFC 8048 §5.2 and §6.2, with the activities of
 * RFC 4480 in place of what it leaves out.
 */
import type { Availability, Medium, Publication } from '#accounts/device.ts';
import { Element } from '#xml/element.ts';
import { type Activities, isRpid } from './activities.ts';
import { NS_CAPS, NS_RPID, NS_SERVCAPS } from './namespaces.ts';
import { NO_NOTES, type Notes } from './notes.ts';
import type { Person, Pidf, PidfPart, Tuple } from './pidf.ts';
import { sphereOf } from './pidf-extensions.ts';

/** RFC 4589 §3. */
const NS_LOCATION_TYPE = 'urn:ietf:params:xml:ns:location-type';
const MEDIA: readonly Medium[] = ['audio', 'video', 'text'];

const SHOWN: Readonly<Record<string, Availability>> = {
  chat: 'chat',
  away: 'away',
  xa: 'extended-away',
  dnd: 'do-not-disturb',
};
const SHOWS: Readonly<Record<Availability, string | undefined>> = {
  chat: 'chat',
  available: undefined,
  away: 'away',
  'extended-away': 'xa',
  'do-not-disturb': 'dnd',
};
/** What somebody who speaks no XMPP says with an activity; the first that fits holds. */
const AVAILABILITIES: readonly (readonly [Availability, readonly string[]])[] = [
  ['do-not-disturb', ['dnd', 'busy']],
  ['extended-away', ['vacation', 'holiday', 'permanent-absence']],
  ['away', ['away', 'sleeping', 'meal', 'breakfast', 'lunch', 'dinner', 'in-transit', 'steering', 'travel']],
];
/** Activities that the availability says already, or that say nothing. */
const SAID_BY_AVAILABILITY: ReadonlySet<string> = new Set([
  'away',
  'busy',
  'dnd',
  'available',
  'unavailable',
  'alerting',
  'unknown',
  'other',
]);

/**
 * What a device says with a PUBLISH.
 * @param at epoch milliseconds
 * @returns undefined when it says that it cannot be reached and nothing else: it is unavailable
 */
export function toPublication(pidf: Pidf, device: string, at: number): Publication | undefined {
  const tuple = bestTuple(pidf.tuples);
  const isOpen = tuple?.basic !== 'closed';
  const parts = [tuple, ...pidf.persons, ...pidf.devices].filter((part) => part !== undefined);
  const doing = activityNames(pidf);
  if (!isOpen && !doing.some((name) => name !== 'unavailable' && name !== 'unknown')) return undefined;
  const activities = doing.filter((name) => !SAID_BY_AVAILABILITY.has(name) && !name.startsWith('{'));
  const moods = parts.flatMap(moodsOf);
  const media = tuple === undefined ? [] : mediaOf(tuple);
  const placeType = first(parts, placeTypeOf);
  const idleSince = first(parts, idleSinceOf);
  const sphere = sphereOf(pidf);
  return {
    device,
    availability: availabilityOf(tuple?.show, doing, otherWords(pidf)),
    priority: Math.round((tuple?.contact?.priority ?? 0) * 127),
    notes: notesOf(pidf, tuple),
    at,
    ...(!isOpen && { isOpen: false }),
    ...(activities.length > 0 && { activities }),
    ...(moods.length > 0 && { moods }),
    ...(placeType !== undefined && { placeType }),
    ...(sphere !== undefined && { sphere }),
    ...(idleSince !== undefined && { idleSince }),
    ...(media.length > 0 && { media }),
  };
}

/** What all parts of a document say that somebody is doing. */
export function activityNames(pidf: Pidf): string[] {
  const names = new Set(pidf.activities?.names);
  for (const parts of [pidf.tuples, pidf.persons, pidf.devices]) {
    for (const { activities } of parts) for (const name of activities?.names ?? []) names.add(name);
  }
  return [...names];
}

/** An open one, and of those the one that is to be contacted first (RFC 3863 §4.1.5). */
function bestTuple(tuples: readonly Tuple[]): Tuple | undefined {
  let best: Tuple | undefined;
  for (const tuple of tuples) if (best === undefined || rank(tuple) > rank(best)) best = tuple;
  return best;
}

function rank({ basic, contact }: Tuple): number {
  return (basic === 'open' ? 4 : basic === undefined ? 2 : 0) + (contact?.priority ?? 0);
}

function availabilityOf(show: string | undefined, doing: readonly string[], other: string): Availability {
  const shown = show !== undefined && Object.hasOwn(SHOWN, show) ? SHOWN[show] : undefined;
  if (shown !== undefined) return shown;
  // COMPAT(linphone, 5.1): RPID has no word for it, so it stands in `other`.
  if (/do\s*not\s*disturb/i.test(other)) return 'do-not-disturb';
  const found = AVAILABILITIES.find(([, names]) => names.some((name) => doing.includes(name)));
  return found === undefined ? 'available' : found[0];
}

function otherWords({ activities, tuples, persons }: Pidf): string {
  return [activities, ...tuples.map(activitiesOf), ...persons.map(activitiesOf)]
    .map((found) => found?.other ?? '')
    .join(' ');
}

function activitiesOf(part: PidfPart): Activities | undefined {
  return part.activities;
}

/** The tuple's own, then the person's, then the document's; a note beside an activity is a note of the person. */
function notesOf(pidf: Pidf, tuple: Tuple | undefined): Notes {
  const candidates = [tuple?.notes, ...pidf.persons.flatMap((one) => [one.notes, one.activities?.notes]), pidf.notes];
  return candidates.find((notes) => notes !== undefined && Object.keys(notes).length > 0) ?? NO_NOTES;
}

function first<T>(parts: readonly PidfPart[], find: (part: PidfPart) => T | undefined): T | undefined {
  for (const part of parts) {
    const found = find(part);
    if (found !== undefined) return found;
  }
  return undefined;
}

function idleSinceOf({ userInput, timestamp }: PidfPart): number | undefined {
  return userInput?.state === 'idle' ? (userInput.lastInputAt ?? timestamp) : undefined;
}

/** RFC 4480 §3.6. */
function moodsOf({ extra }: PidfPart): string[] {
  const mood = extra.find(({ name, ns }) => name === 'mood' && isRpid(ns));
  return mood === undefined ? [] : namesIn(mood).slice(0, 8);
}

/** RFC 4480 §3.8, with the words of RFC 4589. */
function placeTypeOf({ extra }: PidfPart): string | undefined {
  const place = extra.find(({ name, ns }) => name === 'place-type' && isRpid(ns));
  return place === undefined ? undefined : namesIn(place)[0];
}

function namesIn(element: Element): string[] {
  return element
    .elements()
    .filter(({ name }) => name !== 'note' && name !== 'other')
    .map(({ name }) => name);
}

/** RFC 5196 §3.1.1, and what it was called as a draft. */
export function mediaOf({ extra }: PidfPart): Medium[] {
  const capabilities = extra.find(({ name, ns }) => name === 'servcaps' && (ns === NS_CAPS || ns === NS_SERVCAPS));
  if (capabilities === undefined) return [];
  return MEDIA.filter((medium) => capabilities.childText(medium)?.trim() === 'true');
}

export interface RenderOptions {
  /** Of the tuple, and part of the person's; made fit for an xs:ID. */
  readonly id: string;
  /** Where the device is reached, or the presentity's own address. */
  readonly contact?: string;
  /** Call managers show that somebody does not want to be disturbed when they find their own word for it. */
  readonly isForCallManager?: boolean;
}

/** What a source says, as parts of a document: to be handed to `composePidf`. */
export function fromPublication(
  publication: Publication,
  options: RenderOptions,
): { tuples: readonly Tuple[]; persons: readonly Person[] } {
  const person = personFrom(publication, options);
  return { tuples: [tupleFrom(publication, options)], persons: person === undefined ? [] : [person] };
}

function tupleFrom(publication: Publication, { id, contact }: RenderOptions): Tuple {
  const { availability, priority, notes, at, isOpen = true, media } = publication;
  const show = SHOWS[availability];
  return {
    id: asXmlId(id),
    basic: isOpen ? 'open' : 'closed',
    ...(show !== undefined && { show }),
    // RFC 8048 §5.2: PIDF has no number below zero.
    ...(contact !== undefined && { contact: { uri: contact, ...(priority > 0 && { priority: priority / 127 }) } }),
    notes,
    timestamp: at,
    statusExtra: [],
    extra: media === undefined || media.length === 0 ? [] : [servcaps(media)],
  };
}

function personFrom(publication: Publication, { id, isForCallManager = false }: RenderOptions): Person | undefined {
  const { idleSince, moods, placeType } = publication;
  const names = activitiesFrom(publication, isForCallManager);
  const extra: Element[] = [];
  if (moods !== undefined && moods.length > 0) extra.push(listOf('mood', NS_RPID, moods));
  if (placeType !== undefined) extra.push(listOf('place-type', NS_LOCATION_TYPE, [placeType]));
  if (names.length === 0 && extra.length === 0 && idleSince === undefined) return undefined;
  return {
    id: asXmlId(`p-${id}`),
    notes: NO_NOTES,
    extra,
    ...(names.length > 0 && { activities: { names, notes: NO_NOTES } }),
    ...(idleSince !== undefined && { userInput: { state: 'idle' as const, lastInputAt: idleSince } }),
  };
}

/** Clients that read only RPID see what others read from `show`. */
function activitiesFrom({ availability, activities = [] }: Publication, isForCallManager: boolean): string[] {
  const names = new Set(activities.filter(isName));
  if (availability === 'away' || availability === 'extended-away') names.add('away');
  if (availability === 'do-not-disturb') {
    names.add('busy');
    if (isForCallManager) names.add('dnd');
  }
  return [...names];
}

function listOf(name: string, ns: string, words: readonly string[]): Element {
  return new Element(
    name,
    NS_RPID,
    {},
    words.filter(isName).map((word) => new Element(word, ns)),
  );
}

function servcaps(media: readonly Medium[]): Element {
  const children = MEDIA.map((medium) => new Element(medium, NS_CAPS, {}, [String(media.includes(medium))]));
  return new Element('servcaps', NS_CAPS, {}, children);
}

function isName(word: string): boolean {
  return /^[A-Za-z_][\w.-]*$/.test(word);
}

/** RFC 3863 §4.1.2: an xs:ID begins with a letter or an underscore, and has no white space. Two ids stay two. */
export function asXmlId(text: string): string {
  const id = text.replace(/[^A-Za-z0-9.-]/g, (character) =>
    character === '_' ? '__' : `_${character.charCodeAt(0).toString(16)}.`,
  );
  return /^[A-Za-z_]/.test(id) ? id : `_${id}`;
}
