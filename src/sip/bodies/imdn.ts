/** RFC 5438: what became of a message; as a document, and as headers of the message that asks for it. */
import { Element, element } from '#xml/element.ts';
import { CPIM_HEADERS, type Cpim, type CpimHeader, cpimHeader, cpimHeaders } from './cpim.ts';
import { writeInstant } from './instant.ts';
import { NS_IMDN } from './namespaces.ts';
import { badBody, readXml, token, writeXml } from './xml-body.ts';

export const IMDN_TYPE = 'message/imdn+xml';
/** §6: the namespace of its headers in Message/CPIM. */
export const IMDN_HEADERS = 'urn:ietf:params:imdn';
export const IMDN_PREFIXES: ReadonlyMap<string, string> = new Map([[IMDN_HEADERS, 'imdn']]);

/** §7.1.1: what a sender asks to be told. */
export type Disposition = 'positive-delivery' | 'negative-delivery' | 'processing' | 'display';

const DISPOSITIONS: readonly Disposition[] = ['positive-delivery', 'negative-delivery', 'processing', 'display'];

/** §7.2.1: of each kind of notification, what may have become of the message. */
const STATUSES = {
  delivery: ['delivered', 'failed', 'forbidden', 'error'],
  processing: ['processed', 'stored', 'forbidden', 'error'],
  display: ['displayed', 'forbidden', 'error'],
} as const;

export type ImdnKind = keyof typeof STATUSES;
export type ImdnStatus = (typeof STATUSES)[ImdnKind][number];

export interface Imdn {
  /** Of the message it is about. */
  readonly messageId: string;
  /** When that was sent, as its sender wrote it: it is to come back the same (§7.2.1.2). */
  readonly dateTime: string;
  readonly recipientUri?: string;
  readonly originalRecipientUri?: string;
  readonly subject?: string;
  readonly kind: ImdnKind;
  readonly status: ImdnStatus;
}

/** @param body a byte string @throws {SipError} 400 */
export function readImdn(body: string): Imdn {
  const root = readXml(body, 'IMDN', 'imdn', NS_IMDN);
  const messageId = token(root.child('message-id'));
  if (!messageId) throw badBody('IMDN', 'it has no message-id');
  const recipientUri = token(root.child('recipient-uri'));
  const originalRecipientUri = token(root.child('original-recipient-uri'));
  const subject = root.childText('subject');
  return {
    messageId,
    dateTime: token(root.child('datetime')) ?? '',
    ...(recipientUri && { recipientUri }),
    ...(originalRecipientUri && { originalRecipientUri }),
    ...(subject && { subject }),
    ...readStatus(root),
  };
}

function readStatus(root: Element): Pick<Imdn, 'kind' | 'status'> {
  for (const kind of Object.keys(STATUSES) as ImdnKind[]) {
    const notification = root.child(`${kind}-notification`);
    if (notification === undefined) continue;
    const name = notification.child('status')?.firstChild(NS_IMDN)?.name;
    const status = STATUSES[kind].find((known) => known === name);
    if (status === undefined) throw badBody('IMDN', 'its status is none of the notification');
    return { kind, status };
  }
  throw badBody('IMDN', 'it has no notification');
}

/** @returns a byte string */
export function writeImdn(imdn: Imdn): string {
  const field = (name: string, value: string | undefined) =>
    value === undefined ? undefined : element(name, NS_IMDN, {}, value);
  const status = element('status', NS_IMDN, {}, new Element(imdn.status, NS_IMDN));
  return writeXml(
    element(
      'imdn',
      NS_IMDN,
      {},
      field('message-id', imdn.messageId),
      field('datetime', imdn.dateTime),
      field('recipient-uri', imdn.recipientUri),
      field('original-recipient-uri', imdn.originalRecipientUri),
      field('subject', imdn.subject),
      element(`${imdn.kind}-notification`, NS_IMDN, {}, status),
    ),
  );
}

/** §6.3: what a message is known by to those who tell of it. */
export function imdnMessageId(cpim: Cpim): string | undefined {
  const id = cpimHeader(cpim, 'Message-ID', IMDN_HEADERS)?.trim();
  return id === '' ? undefined : id;
}

/** §6.4: what its sender asks for; words that do not exist are passed over. */
export function requestedDispositions(cpim: Cpim): Set<Disposition> {
  const found = new Set<Disposition>();
  for (const value of cpimHeaders(cpim, 'Disposition-Notification', IMDN_HEADERS)) {
    for (const word of value.split(',')) {
      // Each may have parameters.
      const name = word.split(';')[0]!.trim().toLowerCase();
      const known = DISPOSITIONS.find((disposition) => disposition === name);
      if (known !== undefined) found.add(known);
    }
  }
  return found;
}

/** Headers for a message that asks for notifications; to be written with `IMDN_PREFIXES`. */
export function imdnHeaders(messageId: string, dispositions: Iterable<Disposition>): CpimHeader[] {
  const asked = DISPOSITIONS.filter((one) => new Set(dispositions).has(one));
  const headers = [{ ns: IMDN_HEADERS, name: 'Message-ID', language: '', value: messageId }];
  if (asked.length === 0) return headers;
  return [...headers, { ns: IMDN_HEADERS, name: 'Disposition-Notification', language: '', value: asked.join(', ') }];
}

/** §7.2.1.2: a notification needs the time of the message, which so has to be there (§7.1.1.1). */
export function dateTimeHeader(at: number): CpimHeader {
  return { ns: CPIM_HEADERS, name: 'DateTime', language: '', value: writeInstant(at) };
}
