/** RFC 3680: `application/reginfo+xml`, what is registered of an address. */
import { Element, element } from '#xml/element.ts';
import { NS_REGINFO as NS } from './namespaces.ts';
import { writeXml } from './xml-body.ts';

export const REGINFO_TYPE = 'application/reginfo+xml';

/** §5.2: what brought a contact into its state. */
export type ContactEvent =
  | 'registered'
  | 'created'
  | 'refreshed'
  | 'shortened'
  | 'expired'
  | 'deactivated'
  | 'probation'
  | 'unregistered'
  | 'rejected';

export interface RegisteredContact {
  readonly id: string;
  readonly uri: string;
  readonly state: 'active' | 'terminated';
  readonly event: ContactEvent;
  readonly displayName?: string;
  readonly expiresSeconds?: number;
  readonly durationSeconds?: number;
  /** 0 to 1. */
  readonly q?: number;
  readonly callId?: string;
  readonly cseq?: number;
  readonly retryAfterSeconds?: number;
  /** §5.2.4: parameters of the Contact header that nobody knows; name and value. */
  readonly parameters?: readonly (readonly [name: string, value: string])[];
}

export interface Registration {
  readonly addressOfRecord: string;
  readonly id: string;
  readonly state: 'init' | 'active' | 'terminated';
  readonly contacts: readonly RegisteredContact[];
}

export interface Reginfo {
  /** One more with each document of a subscription, from 0 (§5.1). */
  readonly version: number;
  readonly isFull: boolean;
  readonly registrations: readonly Registration[];
}

/** @returns a byte string */
export function writeReginfo({ version, isFull, registrations }: Reginfo): string {
  const attributes = { version: String(version), state: isFull ? 'full' : 'partial' };
  return writeXml(new Element('reginfo', NS, attributes, registrations.map(registrationElement)));
}

function registrationElement({ addressOfRecord, id, state, contacts }: Registration): Element {
  return new Element('registration', NS, { aor: addressOfRecord, id, state }, contacts.map(contactElement));
}

function contactElement(contact: RegisteredContact): Element {
  const number = (value: number | undefined) => (value === undefined ? undefined : String(value));
  return element(
    'contact',
    NS,
    {
      id: contact.id,
      state: contact.state,
      event: contact.event,
      'duration-registered': number(contact.durationSeconds),
      expires: number(contact.expiresSeconds),
      'retry-after': number(contact.retryAfterSeconds),
      q: number(contact.q),
      callid: contact.callId,
      cseq: number(contact.cseq),
    },
    element('uri', NS, {}, contact.uri),
    contact.displayName === undefined ? undefined : element('display-name', NS, {}, contact.displayName),
    ...(contact.parameters ?? []).map(([name, value]) => element('unknown-param', NS, { name }, value)),
  );
}
