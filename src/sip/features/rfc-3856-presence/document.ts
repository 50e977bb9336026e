import { hash } from 'node:crypto';
import type { Publication } from '#accounts/device.ts';
import type { Home } from '#accounts/home.ts';
import type { Part } from '#presence/composition.ts';
import type { Portion } from '#presence/rules/portion.ts';
import { portionFor } from '#presence/rules/rulebook.ts';
import { type Composed, mayWatch, presenceOf } from '#presence/watching.ts';
import { PIDF_TYPES, type Pidf, readPidf } from '../../bodies/pidf.ts';
import { composePidf, type PidfSource } from '../../bodies/pidf-compose.ts';
import { fromPublication } from '../../bodies/pidf-publication.ts';
import { writePidf } from '../../bodies/pidf-writer.ts';
import { provide } from '../../bodies/pres-rules-apply.ts';
import type { NotifyDocument } from '../../event-package.ts';
import { uriOf } from '../../wire/address.ts';

/** The documents of an account as it is now, by the URI that they are about. */
const documents = new WeakMap<Composed, Map<string, NotifyDocument>>();
const forCallManagers: typeof documents = new WeakMap();
const models = new WeakMap<Composed, Pidf>();
/** The same for whom rules show only portions: each portion is one object. */
const portions = new WeakMap<Composed, Map<Portion, Portioned>>();
/** What was published, parsed. */
const published = new WeakMap<Publication, Pidf>();
/** So many spellings of one account's URI are kept. */
const MAX_SPELLINGS = 16;
/** So many portions. */
const MAX_PORTIONS = 64;

interface Portioned {
  readonly pidf: Pidf;
  document: NotifyDocument | undefined;
}

/** What rules let a watcher see: undefined is all there is, 'nothing' somebody who is not there. */
export type Shown = Portion | 'nothing' | undefined;

export function shownTo(home: Home, watcher: string): Shown {
  return mayWatch(home, watcher) === 'allowed' ? portionFor(home, watcher) : 'nothing';
}

/**
 * What a watcher is shown: one document for all who subscribed to the same URI, made once for each change.
 * @param entity    the URI that was subscribed to: a byte string
 */
export function presenceDocument(home: Home, entity: string, shown: Shown): NotifyDocument {
  if (shown === 'nothing') return nobody(home, entity);
  if (shown !== undefined) return documentOfPortion(portionOf(home, entity, shown));
  return shared(documents, home, entity, (composed) => pidfFor(home, composed, entity));
}

/** What a call manager's phones understand: the person, and one tuple for whether it is there. */
export function callManagerDocument(home: Home, entity: string): NotifyDocument {
  return shared(forCallManagers, home, entity, (composed) => {
    const { availability, activities, notes, since } = composed;
    const isOpen = availability !== 'unavailable';
    const whole = {
      device: 'person',
      availability: isOpen ? availability : 'available',
      activities: isOpen ? activities : [],
      priority: 0,
      notes,
      at: since,
      isOpen,
    } as const;
    return composePidf(entity, fromPublication(whole, { id: 'person', contact: entity, isForCallManager: true }));
  });
}

/** One document for all who ask the same until something changes. */
function shared(
  cache: typeof documents,
  home: Home,
  entity: string,
  make: (composed: Composed) => Pidf,
): NotifyDocument {
  const composed = presenceOf(home);
  let byEntity = cache.get(composed);
  if (byEntity === undefined) {
    byEntity = new Map();
    cache.set(composed, byEntity);
  }
  let document = byEntity.get(entity);
  if (document === undefined) {
    document = write(make(composed), String(composed.version));
    if (byEntity.size < MAX_SPELLINGS) byEntity.set(entity, document);
  }
  return document;
}

/** The same as a model: for filters and for what is told in parts. One object for all who ask the same, as above. */
export function presencePidf(home: Home, entity: string, shown: Shown): Pidf {
  if (shown === 'nothing') return closed(home, entity);
  if (shown !== undefined) return portionOf(home, entity, shown).pidf;
  const composed = presenceOf(home);
  const last = models.get(composed);
  if (last?.entity === entity) return last;
  const model = pidfFor(home, composed, entity);
  models.set(composed, model);
  return model;
}

/** RFC 5025 §3.3. */
function portionOf(home: Home, entity: string, portion: Portion): Portioned {
  const composed = presenceOf(home);
  let byPortion = portions.get(composed);
  if (byPortion === undefined) {
    byPortion = new Map();
    portions.set(composed, byPortion);
  }
  const known = byPortion.get(portion);
  if (known?.pidf.entity === entity) return known;
  const made = { pidf: provide(presencePidf(home, entity, undefined), portion), document: undefined };
  if (byPortion.size < MAX_PORTIONS) byPortion.set(portion, made);
  return made;
}

function documentOfPortion(portioned: Portioned): NotifyDocument {
  if (portioned.document === undefined) {
    const body = writePidf(portioned.pidf);
    portioned.document = { contentType: PIDF_TYPES[0], body, entityTag: hash('sha1', body, 'hex').slice(0, 20) };
  }
  return portioned.document;
}

function nobody(home: Home, entity: string): NotifyDocument {
  return write(closed(home, entity), '0');
}

function closed(home: Home, entity: string): Pidf {
  const { tuples } = fromPublication(
    { device: 'nobody', availability: 'available', priority: 0, notes: {}, at: 0, isOpen: false },
    { id: 'nobody', contact: uriOf(home.address) },
  );
  return composePidf(entity, { tuples: tuples.map(({ timestamp: _, ...tuple }) => tuple) });
}

function write(pidf: Pidf, entityTag: string): NotifyDocument {
  return { contentType: PIDF_TYPES[0], body: writePidf(pidf), entityTag };
}

/** RFC 4479 §3: the person as a whole, then a tuple for everything that tells of it. */
function pidfFor(home: Home, composed: Composed, entity: string): Pidf {
  const parts = composed.parts.map((part) => documentOf(part, home)).filter((part) => part !== undefined);
  if (parts.every(({ tuples = [] }) => tuples.length === 0)) parts.push(closed(home, entity));
  return composePidf(entity, person(composed), ...parts);
}

/** What the person is on the whole; it comes first, for watchers that look at no more. */
function person({ availability, activities, notes, since }: Composed): PidfSource {
  if (availability === 'unavailable') return {};
  const { persons } = fromPublication(
    { device: 'person', availability, activities, priority: 0, notes, at: since },
    { id: 'person' },
  );
  return { persons };
}

/** What a client published goes on as it came, unless something else is shown in its place. */
function documentOf({ id, kind, says, shown }: Part, home: Home): PidfSource | undefined {
  if (kind === 'event-publication' && says.native?.edge === 'sip' && !shown?.isOverlaid) {
    const { entity: _, ...rest } = parsed(says);
    return rest;
  }
  if (shown === undefined) return undefined;
  return fromPublication(shown, { id, contact: uriOf(home.address) });
}

function parsed(publication: Publication): Pidf {
  let pidf = published.get(publication);
  if (pidf === undefined) {
    pidf = readPidf(publication.native!.payload);
    published.set(publication, pidf);
  }
  return pidf;
}
