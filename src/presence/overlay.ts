import type { Availability, Publication } from '#accounts/device.ts';
import { ON_A_CALL, type Phone } from './phone.ts';
import type { Source } from './source.ts';

/** What is shown of a client in place of what it says, because of a phone, a calendar or an override. */
export interface Overlay {
  readonly availability: Availability;
  readonly notes: Readonly<Record<string, string>>;
  readonly activities: readonly string[];
  /** The source that it is because of. */
  readonly source: Source;
  /** Also over what somebody said by hand. */
  readonly isForced: boolean;
  readonly isOnACall: boolean;
  /** What is shown of an account that no client is there for; undefined: nothing. */
  readonly alone: Publication | undefined;
}

/** What an account is shown as by, when only its phone tells of it. */
export const PHONE = 'phone';

/** Of a resource that takes no messages (RFC 6121 §8.5.2). */
const TAKES_NOTHING = -1;

/** @param onTheCallShow how somebody on the phone is shown */
export function overlayOf(
  sources: ReadonlyMap<string, Source>,
  phone: Phone,
  onTheCallShow: 'away' | 'dnd',
): Overlay | undefined {
  const override = newest(sources, 'override');
  if (override !== undefined && override.publication.isOpen !== false) return forcedBy(override);
  const calendar = newest(sources, 'calendar');
  if (phone.busy !== undefined) return onACall(phone.busy, phone.doNotDisturb, calendar, onTheCallShow);
  if (phone.doNotDisturb !== undefined) return doNotDisturb(phone.doNotDisturb, calendar);
  return calendar && inAMeeting(calendar);
}

/** Whether an override hides the account from everybody else. */
export function isHiddenBy(sources: ReadonlyMap<string, Source>): boolean {
  return newest(sources, 'override')?.publication.isOpen === false;
}

/** The last said of one kind. */
export function newest(sources: ReadonlyMap<string, Source>, kind: Source['kind']): Source | undefined {
  let found: Source | undefined;
  for (const source of sources.values()) {
    if (source.kind !== kind) continue;
    if (found === undefined || source.publication.at >= found.publication.at) found = source;
  }
  return found;
}

function forcedBy(source: Source): Overlay {
  const { availability, notes, activities = [], at } = source.publication;
  const base = { availability, notes, activities };
  const alone = { device: source.id, ...base, priority: TAKES_NOTHING, at };
  return { ...base, source, isForced: true, isOnACall: false, alone };
}

/** The call gives the words, also in a meeting; a phone that is not to ring keeps its say about disturbing. */
function onACall(
  source: Source,
  quiet: Source | undefined,
  calendar: Source | undefined,
  show: 'away' | 'dnd',
): Overlay {
  const availability = quiet !== undefined || show === 'dnd' ? 'do-not-disturb' : 'away';
  const base = {
    availability,
    notes: { '': ON_A_CALL },
    activities: ['on-the-phone', ...activitiesOf(calendar)],
  } as const;
  const { at } = source.publication;
  const alone: Publication = { device: PHONE, ...base, priority: TAKES_NOTHING, at, media: ['audio'] };
  return { ...base, source, isForced: false, isOnACall: true, alone };
}

function doNotDisturb(source: Source, calendar: Source | undefined): Overlay {
  const activities = activitiesOf(calendar);
  return over(source, 'do-not-disturb', 'Do not disturb', activities);
}

function inAMeeting(source: Source): Overlay | undefined {
  const activities = activitiesOf(source);
  if (activities.includes('presentation')) return over(source, 'do-not-disturb', 'Presenting', activities);
  if (activities.includes('meeting')) return over(source, 'away', 'In a meeting', activities);
  return undefined;
}

function over(source: Source, availability: Availability, note: string, activities: readonly string[]): Overlay {
  return {
    availability,
    notes: { '': note },
    activities,
    source,
    isForced: false,
    isOnACall: false,
    alone: undefined,
  };
}

function activitiesOf(source: Source | undefined): readonly string[] {
  return source?.publication.activities ?? [];
}

/**
 * Whether the person has said so by hand. One who has only been idle, or whose client tells of a call by itself, has not.
 */
export function isByHand({ availability, idleSince, activities }: Publication): boolean {
  if (availability === 'available' || availability === 'chat') return false;
  if (availability === 'do-not-disturb') return activities?.includes('on-the-phone') !== true;
  return idleSince === undefined && activities?.includes('on-the-phone') !== true;
}

const overlaidOnce = new WeakMap<Publication, { overlay: Overlay; publication: Publication }>();

/** What is shown of a client's publication: the same object as long as both are the same. */
export function overlaid(said: Publication, overlay: Overlay | undefined): Publication {
  if (overlay === undefined || (!overlay.isForced && isByHand(said))) return said;
  const known = overlaidOnce.get(said);
  if (known !== undefined && (known.overlay === overlay || sameOverlay(known.overlay, overlay)))
    return known.publication;
  const { availability, activities } = overlay;
  const notes = isEmpty(overlay.notes) ? said.notes : overlay.notes;
  const publication: Publication = { ...said, availability, notes, activities, isOverlaid: true };
  overlaidOnce.set(said, { overlay, publication });
  return publication;
}

function isEmpty(notes: Readonly<Record<string, string>>): boolean {
  for (const _ in notes) return false;
  return true;
}

/** The newer of two overlays. Where both show the same nobody need be told, so what is shown stays the same object. */
export function nextOverlay(before: Overlay | undefined, now: Overlay | undefined): Overlay | undefined {
  if (before === undefined || now === undefined || !sameOverlay(before, now)) return now;
  return { ...now, alone: before.alone };
}

function sameOverlay(a: Overlay | undefined, b: Overlay | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    a.availability === b.availability &&
    a.isForced === b.isForced &&
    a.isOnACall === b.isOnACall &&
    a.alone?.device === b.alone?.device &&
    a.activities.join() === b.activities.join() &&
    JSON.stringify(a.notes) === JSON.stringify(b.notes)
  );
}
