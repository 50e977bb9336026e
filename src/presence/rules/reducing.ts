import type { PresenceNotice, Publication } from '#accounts/device.ts';
import type { Portion, Selection } from './portion.ts';

/** Of one notice, by the portion; those who see the same are handed one object. */
const reduced = new WeakMap<PresenceNotice, Map<Portion, PresenceNotice | undefined>>();

/** What a contact is handed to whom only a portion is shown. @returns undefined where that is nothing */
export function reduceNotice(notice: PresenceNotice, portion: Portion): PresenceNotice | undefined {
  let byPortion = reduced.get(notice);
  if (byPortion === undefined) {
    byPortion = new Map();
    reduced.set(notice, byPortion);
  }
  if (!byPortion.has(portion)) byPortion.set(portion, make(notice, portion));
  return byPortion.get(portion);
}

/** Where no device is shown, nobody is there. What is said when leaving is a note, too. */
function make({ from, device, publication }: PresenceNotice, portion: Portion): PresenceNotice | undefined {
  if (publication === undefined) return { from, device, publication };
  if (!isSelected(portion.services, device)) return undefined;
  return { from, device, publication: reducePublication(publication, portion) };
}

/** A device is a service whose URI is the account's, in all protocols. */
const SCHEMES: ReadonlySet<string> = new Set(['sip', 'sips', 'pres', 'im', 'xmpp']);

function isSelected(services: Selection | undefined, device: string): boolean {
  if (services === undefined || services === 'all') return services === 'all';
  return services.some(({ by, value }) => {
    if (by === 'service-uri-scheme') return SCHEMES.has(value.toLowerCase());
    return by === 'occurrence-id' && value === device;
  });
}

/**
 * RFC 5025 §3.3.2: without its attributes there is a device that can be reached. Being away is an activity (RFC 4480).
 * What an edge would hand on word for word says more than may be shown.
 */
export function reducePublication(publication: Publication, portion: Portion): Publication {
  const { device, availability, priority, notes, at, isOpen, activities, moods, placeType, idleSince } = publication;
  const has = (attribute: string) => portion.allAttributes === true || portion.attributes.includes(attribute);
  const isPerson = portion.persons === 'all';
  return {
    device,
    availability: has('activities') ? availability : 'available',
    priority,
    notes: has('note') ? notes : {},
    at,
    ...(isOpen !== undefined && { isOpen }),
    ...(isPerson && has('activities') && activities && { activities }),
    ...(isPerson && has('mood') && moods && { moods }),
    ...(isPerson && has('place-type') && placeType && { placeType }),
    ...((portion.allAttributes || portion.userInput === 'full') && idleSince && { idleSince }),
    ...(portion.allAttributes && publication.media && { media: publication.media }),
  };
}
