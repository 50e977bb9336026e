/**
 * RFC 3862: Common Presence and Instant Messaging: Message Format.
 * Messages in an envelope that holds what a MESSAGE has no header for: when it was said, what its sender wants to hear.
 */
import { readDelay } from '#messaging/delay.ts';
import type { Element } from '#xml/element.ts';
import {
  CPIM_HEADERS,
  CPIM_TYPE,
  type Cpim,
  type CpimContent,
  type CpimHeader,
  cpimContentType,
  cpimHeader,
  readCpim,
  unknownRequired,
  writeCpim,
} from '../bodies/cpim.ts';
import { dateTimeHeader, IMDN_HEADERS, IMDN_PREFIXES } from '../bodies/imdn.ts';
import { readInstant } from '../bodies/instant.ts';
import { decodeContent } from '../bodies/mime.ts';
import type { SipDevice } from '../device.ts';
import { sipFeature } from '../feature.ts';
import { uriOf, uriOfJid } from '../wire/address.ts';
import { readText } from '../wire/byte-string.ts';
import { SipError } from '../wire/sip-error.ts';
import { type Arriving, type Content, type Contents, contentsOf, type Written } from './rfc-3428-message/contents.ts';

/** §3.6: what a sender may insist on. */
const KNOWN: ReadonlySet<string> = new Set([
  ...['From', 'To', 'cc', 'DateTime', 'Subject', 'NS', 'Require'],
  ...['Message-ID', 'Disposition-Notification'].map((name) => `{${IMDN_HEADERS}}${name}`),
]);

export const cpim = sipFeature({
  spec: 'RFC 3862',
  title: 'CPIM Message Format',
  version: '',
  status: 'complete',
  note: 'To clients that use it themselves. Who a message is from, the sender has proved, and not From of the envelope.',
  setup(sip) {
    const contents = contentsOf(sip.edge);
    sip.onStop(contents.onRead(CPIM_TYPE, (body, _type, arriving) => read(contents, body, arriving)));
  },
});

/** @throws {SipError} 400, 415 */
function read(contents: Contents, body: string, arriving: Arriving): Content | undefined {
  const envelope = readCpim(body);
  const type = cpimContentType(envelope);
  const unknown = unknownRequired(envelope, KNOWN);
  if (unknown.length > 0) throw new SipError(400, 'Bad CPIM: it requires headers that are not known');
  // Envelopes are not put into envelopes, or there would be no end of it.
  if (type.toLowerCase().startsWith(CPIM_TYPE)) throw new SipError(415, 'CPIM In CPIM');
  const inside = contents.read(decodeContent(envelope.content), type, arriving);
  if (inside?.text === undefined) return inside;
  const saidAt = readInstant(cpimHeader(envelope, 'DateTime'));
  return {
    ...inside,
    subjects: subjectsOf(envelope),
    ...(saidAt !== undefined && { saidAt }),
    ...readHeaders(contents, envelope, arriving, inside.extensions ?? []),
  };
}

function subjectsOf({ headers }: Cpim): NonNullable<Content['subjects']> {
  return headers
    .filter(({ ns, name }) => ns === CPIM_HEADERS && name === 'Subject')
    .map(({ language, value }) => ({ language, text: value }));
}

function readHeaders(
  contents: Contents,
  envelope: Cpim,
  arriving: Arriving,
  inside: readonly Element[],
): Pick<Content, 'id' | 'extensions'> {
  let found: Pick<Content, 'id' | 'extensions'> = {};
  let extensions = inside;
  for (const readEnvelope of contents.envelopes) {
    found = { ...found, ...readEnvelope(envelope, arriving) };
    extensions = [...extensions, ...(found.extensions ?? [])];
  }
  return { ...found, extensions };
}

/** @param headers after those of CPIM itself @param content its body is a byte string */
export function putIntoEnvelope(
  message: Element,
  device: SipDevice,
  headers: readonly CpimHeader[],
  content: CpimContent,
): Written {
  const { home } = device;
  const at = readDelay(message)?.at ?? home.homes.clock.now();
  const own = [
    header('From', `<${readText(uriOfJid(message.attributes.from ?? home.address))}>`),
    header('To', `<${readText(uriOf(home.address))}>`),
    dateTimeHeader(at),
    ...subjectHeaders(message),
  ];
  return { type: CPIM_TYPE, body: writeCpim([...own, ...headers], content, IMDN_PREFIXES) };
}

function subjectHeaders(message: Element): CpimHeader[] {
  return message
    .elements()
    .filter((child) => child.is('subject', message.ns))
    .map((child) => ({ ...header('Subject', child.text()), language: child.attributes['xml:lang'] ?? '' }));
}

function header(name: string, value: string): CpimHeader {
  return { ns: CPIM_HEADERS, name, language: '', value };
}
