import type { Availability, Publication } from '#accounts/device.ts';
import { isByHand, newest, type Overlay, overlaid } from './overlay.ts';
import type { Composite, Source, SourceKind } from './source.ts';

/** Somebody who is there for the account: a signed-in device, one that is only registered, a client that publishes. */
export interface Client {
  readonly id: string;
  readonly kind: 'device' | 'registration' | 'event-publication';
  readonly publication: Publication;
}

/** Why an account is shown as it is. */
export type RuleName = keyof typeof RULES;

/** In the order in which they are asked, each in words for the administrator. */
export const RULES = {
  'hidden-by-override': 'The override hides the account from everybody else.',
  override: 'The override holds, whatever the others say.',
  'by-hand': 'What the person set by hand wins over phone and calendar.',
  'call-in-meeting': 'A call during a meeting: the call gives the text, both are shown in rich form.',
  'on-a-call': 'The phone is busy and a client is there: on a call.',
  'phone-only': 'The phone is busy and no client is signed in: on a call, by the phone alone.',
  'phone-dnd': 'The phone is set to do not disturb and a client is there.',
  calendar: 'The calendar has something now and a client is there.',
  'do-not-disturb': 'A client is set to do not disturb, which wins over all other clients.',
  'most-available': 'The most available client decides; among equals, the one last heard of.',
  registered: 'A client is registered and nothing is published: available.',
  'hard-state': 'Nobody says anything now, and there is a state for that time.',
  nobody: 'No client is there and the phone is not in use: unavailable.',
} as const;

/** One of those who say something of an account, and what becomes of it. */
export interface Part {
  readonly id: string;
  readonly kind: Client['kind'] | SourceKind;
  /** What it says itself. */
  readonly says: Publication;
  /** What is shown of it; undefined: nothing by itself. */
  readonly shown: Publication | undefined;
  /** Of what is no signed-in device. */
  readonly source: Source | undefined;
}

/** What all that is said of an account comes to, by the model of RFC 4479: the person, and what tells of it. */
export interface Composition {
  readonly availability: Composite;
  readonly activities: readonly string[];
  /** By language tag. */
  readonly notes: Readonly<Record<string, string>>;
  /** When who decided said so, epoch milliseconds; 0: nobody ever did. */
  readonly since: number;
  /** The id of the device or source that decided; '' for none. */
  readonly decidedBy: string;
  readonly rule: RuleName;
  /** Clients, then all other sources. */
  readonly parts: readonly Part[];
}

export interface Said {
  readonly clients: readonly Client[];
  /** All of them, expired ones left out. */
  readonly sources: ReadonlyMap<string, Source>;
  readonly overlay: Overlay | undefined;
  readonly isHidden: boolean;
  /** What contacts are shown, by the id of who says it; undefined: just what each says. */
  readonly shown: ReadonlyMap<string, Publication> | undefined;
}

const NOBODY = { activities: [], notes: {}, since: 0, decidedBy: '' } as const;

type Decision = Omit<Composition, 'parts'>;

export function compose(said: Said): Composition {
  return { ...decide(said), parts: partsOf(said) };
}

function decide({ clients, sources, overlay, isHidden }: Said): Decision {
  if (isHidden) {
    const override = newest(sources, 'override')!;
    const { at, device } = override.publication;
    return { availability: 'unavailable', ...NOBODY, since: at, decidedBy: device, rule: 'hidden-by-override' };
  }
  if (overlay?.isForced) return byOverlay(overlay, 'override');
  const client = leading(clients);
  if (client === undefined) return withoutClient(sources, overlay);
  if (overlay === undefined) return byClient(client, ruleOf(client));
  if (isByHand(client.publication)) return byClient(client, 'by-hand');
  return byOverlay(overlay, ruleOfOverlay(overlay), overlaid(client.publication, overlay));
}

function withoutClient(sources: ReadonlyMap<string, Source>, overlay: Overlay | undefined): Decision {
  if (overlay?.isOnACall) return byOverlay(overlay, 'phone-only');
  const hard = newest(sources, 'hard-state');
  if (hard === undefined || hard.publication.isOpen === false) {
    return { availability: 'unavailable', ...NOBODY, rule: 'nobody' };
  }
  return byPublication(hard.publication, 'hard-state');
}

function ruleOf({ kind, publication }: Client): RuleName {
  if (kind === 'registration') return 'registered';
  return publication.availability === 'do-not-disturb' ? 'do-not-disturb' : 'most-available';
}

function ruleOfOverlay({ isOnACall, activities, source }: Overlay): RuleName {
  if (isOnACall) return activities.length > 1 ? 'call-in-meeting' : 'on-a-call';
  return source.kind === 'calendar' ? 'calendar' : 'phone-dnd';
}

function byOverlay(
  { availability, activities, notes, source }: Overlay,
  rule: RuleName,
  shown?: Publication,
): Decision {
  const { at } = source.publication;
  return { availability, activities, notes: shown?.notes ?? notes, since: at, decidedBy: source.id, rule };
}

function byClient(client: Client, rule: RuleName): Decision {
  return byPublication(client.publication, rule);
}

function byPublication({ availability, activities = [], notes, at, device }: Publication, rule: RuleName): Decision {
  return { availability, activities, notes, since: at, decidedBy: device, rule };
}

/** Who is not to be disturbed on one device is not on any; else the most available one, then the one last heard of. */
const RANK: Readonly<Record<Availability, number>> = {
  'do-not-disturb': 5,
  chat: 4,
  available: 3,
  away: 2,
  'extended-away': 1,
};

export function leading(clients: readonly Client[]): Client | undefined {
  let best: Client | undefined;
  for (const client of clients) if (best === undefined || isBefore(client.publication, best.publication)) best = client;
  return best;
}

function isBefore(a: Publication, b: Publication): boolean {
  const difference = RANK[a.availability] - RANK[b.availability];
  return difference === 0 ? a.at >= b.at : difference > 0;
}

function partsOf({ clients, sources, overlay, isHidden, shown }: Said): Part[] {
  const parts: Part[] = clients.map(({ id, kind, publication }) => ({
    id,
    kind,
    says: publication,
    shown: isHidden ? undefined : shown === undefined ? publication : shown.get(id),
    source: kind === 'event-publication' ? sources.get(id) : undefined,
  }));
  const counted = new Set(parts.map(({ source }) => source));
  for (const source of sources.values()) {
    if (counted.has(source)) continue;
    const alone = source === overlay?.source ? overlay.alone : source.publication;
    const isShown = !isHidden && alone !== undefined && shown?.get(alone.device) === alone;
    parts.push({
      id: source.id,
      kind: source.kind,
      says: source.publication,
      shown: isShown ? alone : undefined,
      source,
    });
  }
  return parts;
}
