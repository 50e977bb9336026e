import type { Availability, Publication } from '#accounts/device.ts';
import { readDateTime } from '#xml/date-time.ts';
import { Element } from '#xml/element.ts';
import { parseElement } from '#xml/parse-element.ts';
import { escapeAttribute, escapeText, serializeChildren } from '#xml/serializer.ts';
import { NS_CLIENT } from './wire/namespaces.ts';
import { StanzaError } from './wire/stanza-error.ts';

const NS_IDLE = 'urn:xmpp:idle:1';

/** Presence goes to every contact, so it may be far smaller than other stanzas. In characters. */
const MAX_PAYLOAD_LENGTH = 32_768;

/** RFC 6121 §4.7.2.1. Without the element, a device is simply available. */
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

/**
 * What a client says with available presence.
 * @param at epoch milliseconds
 * @throws {StanzaError} 'bad-request' for a show or a priority that RFC 6121 §4.7.2 does not have
 */
export function readPublication(stanza: Element, device: string, at: number): Publication {
  const idleSince = readIdle(stanza);
  return {
    device,
    availability: readShow(stanza),
    priority: readPriority(stanza),
    notes: readNotes(stanza),
    at,
    ...(idleSince !== undefined && { idleSince }),
    native: readNative(stanza),
  };
}

/** XEP-0319: since when nobody has touched the client. What makes no sense is for other clients to make sense of. */
function readIdle(stanza: Element): number | undefined {
  const since = stanza.child('idle', NS_IDLE)?.attribute('since');
  try {
    return since === undefined ? undefined : readDateTime(since);
  } catch {
    return undefined;
  }
}

/** The children as they came, for watchers who speak XMPP. @throws {StanzaError} 'policy-violation' when too long */
export function readNative(stanza: Element): { edge: 'xmpp'; payload: string } {
  const payload = serializeChildren(withLanguage(stanza), NS_CLIENT);
  if (payload.length > MAX_PAYLOAD_LENGTH) {
    throw new StanzaError('policy-violation', { text: `Presence may have ${MAX_PAYLOAD_LENGTH} characters.` });
  }
  return { edge: 'xmpp', payload };
}

/** What the person says of it, by language; of two in one language the first holds. */
export function readNotes(stanza: Element): Record<string, string> {
  const notes: Record<string, string> = {};
  for (const status of childrenOf(stanza, 'status')) {
    const language = status.attribute('xml:lang') ?? stanza.attribute('xml:lang') ?? '';
    notes[language] ??= status.text();
  }
  return notes;
}

/** The children of a presence stanza, from what the middle knows: for a device that does not speak XMPP. */
export function renderContent({ availability, notes, priority }: Publication): string {
  const show = SHOWS[availability];
  let out = show === undefined ? '' : `<show>${show}</show>`;
  out += renderNotes(notes);
  if (priority !== 0) out += `<priority>${priority}</priority>`;
  return out;
}

/** What a client said, but for how ready it is and why: that is said in its place (a call, a meeting). */
export function renderOverlaid({ availability, notes }: Publication, payload: string): string {
  const said = parseElement(`<presence>${payload}</presence>`, NS_CLIENT);
  const rest = said.children.filter(
    (child) => typeof child === 'string' || !(child.is('show', NS_CLIENT) || child.is('status', NS_CLIENT)),
  );
  const show = SHOWS[availability];
  return `${show === undefined ? '' : `<show>${show}</show>`}${renderNotes(notes)}${serializeChildren(rest, NS_CLIENT)}`;
}

export function renderNotes(notes: Readonly<Record<string, string>>): string {
  let out = '';
  for (const [language, note] of Object.entries(notes)) {
    const lang = language === '' ? '' : ` xml:lang='${escapeAttribute(language)}'`;
    out += `<status${lang}>${escapeText(note)}</status>`;
  }
  return out;
}

function readShow(stanza: Element): Availability {
  const text = only(stanza, 'show')?.text();
  // COMPAT(go-sendxmpp, 0.5): sends an empty one when it is simply available.
  if (text === undefined || text === '') return 'available';
  const availability = Object.hasOwn(SHOWN, text) ? SHOWN[text] : undefined;
  if (availability === undefined) {
    throw new StanzaError('bad-request', { text: 'Show is chat, away, xa or dnd (RFC 6121 section 4.7.2.1).' });
  }
  return availability;
}

function readPriority(stanza: Element): number {
  const text = only(stanza, 'priority')?.text();
  if (text === undefined) return 0;
  // An xs:byte, around which XML Schema allows white space.
  const priority = /^\s*[+-]?\d+\s*$/.test(text) ? Number(text) : Number.NaN;
  if (priority >= -128 && priority <= 127) return priority === 0 ? 0 : priority;
  throw new StanzaError('bad-request', { text: 'Priority is -128 to 127 (RFC 6121 section 4.7.2.3).' });
}

/** RFC 6121 §4.7.2: there is one of these, or none. */
function only(stanza: Element, name: string): Element | undefined {
  const found = childrenOf(stanza, name);
  if (found.length > 1) throw new StanzaError('bad-request', { text: `Presence has more than one ${name}.` });
  return found[0];
}

function childrenOf(stanza: Element, name: string): Element[] {
  return stanza.elements().filter((child) => child.is(name, NS_CLIENT));
}

/** The stanza's own language stays behind with its start tag, so each note takes it along. */
function withLanguage(stanza: Element): Element['children'] {
  const language = stanza.attribute('xml:lang');
  if (language === undefined) return stanza.children;
  return stanza.children.map((child) =>
    typeof child === 'string' || !child.is('status', NS_CLIENT) || child.attribute('xml:lang') !== undefined
      ? child
      : new Element(child.name, child.ns, { ...child.attributes, 'xml:lang': language }, child.children),
  );
}
