import { NO_NOTES, type Notes } from './notes.ts';
import type { Person, Pidf, PidfPart, PresenceDevice, Tuple } from './pidf.ts';

/** What one source says of a presentity: a whole document, or some of its parts. */
export type PidfSource = Partial<Omit<Pidf, 'entity'>>;

/**
 * One document of what several sources say. Every part is kept, under an id that no other has (RFC 3863 §4.1.2: an xs:ID
 * is unique in its document); of two parts with one id the first keeps it, so ids stay as they are from one document to
 * the next as long as the sources come in the same order.
 */
export function composePidf(entity: string, ...sources: readonly PidfSource[]): Pidf {
  const tuples: Tuple[] = [];
  const persons: Person[] = [];
  const devices: PresenceDevice[] = [];
  const extra: Pidf['extra'][number][] = [];
  const ids = new Set<string>();
  let notes: Notes = NO_NOTES;
  for (const source of sources) {
    for (const tuple of source.tuples ?? []) tuples.push(withOwnId(tuple, ids, 't'));
    for (const person of personsOf(source)) persons.push(withOwnId(person, ids, 'p'));
    for (const device of source.devices ?? []) devices.push(withOwnId(device, ids, 'd'));
    if (source.extra !== undefined) extra.push(...source.extra);
    // Of two notes in one language the first holds.
    if (source.notes !== undefined && source.notes !== NO_NOTES) notes = { ...source.notes, ...notes };
  }
  return { entity, tuples, persons, devices, notes, extra };
}

/** Activities of the presentity as a whole are those of its person (RFC 4479 §3.1). */
function personsOf({ persons = [], activities }: PidfSource): readonly Person[] {
  if (activities === undefined) return persons;
  return [...persons, { id: '', activities, notes: NO_NOTES, extra: [] }];
}

function withOwnId<T extends PidfPart>(part: T, ids: Set<string>, prefix: string): T {
  const id = part.id !== '' && !ids.has(part.id) ? part.id : freshId(part.id === '' ? prefix : `${part.id}-`, ids);
  ids.add(id);
  return id === part.id ? part : { ...part, id };
}

function freshId(stem: string, ids: ReadonlySet<string>): string {
  for (let i = ids.size + 1; ; i++) if (!ids.has(`${stem}${i}`)) return `${stem}${i}`;
}
