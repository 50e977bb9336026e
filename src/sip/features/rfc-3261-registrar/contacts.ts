import { hash } from 'node:crypto';
import { type NameAddress, parseContacts } from '../../wire/header-name-address.ts';
import type { SipRequest } from '../../wire/message.ts';
import { SipError } from '../../wire/sip-error.ts';
import { parseUri, type SipUri } from '../../wire/sip-uri.ts';

/** What a REGISTER asks for one contact. */
export interface ContactRequest {
  readonly uri: string;
  readonly parsed: SipUri;
  /** As they came, without those that the registrar writes itself. */
  readonly params: string;
  readonly q: number;
  /** Undefined: it leaves that to us. 0: to be taken away. */
  readonly seconds: number | undefined;
  /** '' for none. */
  readonly instance: string;
  /** 0 for none. Without an instance it means nothing (RFC 5626 §4.2). */
  readonly regId: number;
  readonly methods: string;
}

/** One that says nothing of it (RFC 3261 §16.6 treats them alike). */
const MOST_PREFERRED = 1000;
const Q = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/;
const MAX_REG_ID = 2 ** 31 - 1;
const MAX_SECONDS = 2 ** 32 - 1;
/** RFC 3261 §20.10: what cannot be read as a number means so many. */
const MALFORMED_SECONDS = 3600;
const MAX_LENGTH = 2048;
/** What no store and no header holds. */
const NOT_KEPT = /[\0\r\n]/;
/** Parameters that stand in our answer as we see them. */
const OURS: ReadonlySet<string> = new Set(['q', 'expires', 'pub-gruu', 'temp-gruu', 'temp-gruu-cookie']);
/** Names that stand in a GRUU, and are a device's in every protocol. */
const NAMING = /^urn:[a-z0-9][a-z0-9-]{0,31}:[!-~]{1,128}$/i;

/** @throws {SipError} 400 */
export function readContacts(request: SipRequest): ContactRequest[] | '*' {
  const contacts = parseContacts(request.values('contact'));
  if (contacts === '*') return contacts;
  const header = request.header('expires');
  const seconds = header === undefined ? undefined : readSeconds(header);
  return contacts.map((contact) => readContact(contact, seconds));
}

function readContact({ uri, params }: NameAddress, seconds: number | undefined): ContactRequest {
  // Others may stand there (RFC 3261 §10.2.1), and nobody could be reached by them.
  if (!/^sips?:/i.test(uri)) throw new SipError(400, 'Contact Is No SIP URI');
  const parsed = parseUri(uri);
  const own = params.get('expires');
  const instance = readInstance(params.get('+sip.instance') ?? '');
  const contact = {
    uri,
    parsed,
    params: othersOf(params.flat),
    q: readQ(params.get('q')),
    seconds: own === undefined ? seconds : readSeconds(own),
    instance,
    regId: instance === '' ? 0 : readRegId(params.get('reg-id')),
    methods: params.get('methods') ?? '',
  };
  const isTooLong = uri.length + contact.params.length > MAX_LENGTH;
  if (isTooLong || NOT_KEPT.test(contact.params)) throw new SipError(400, 'Bad Contact');
  return contact;
}

/** RFC 3261 §20.19: what is no number, or more than 32 bits, is no reason to refuse. */
export function readSeconds(text: string): number {
  return /^\d+$/.test(text) ? Math.min(Number(text), MAX_SECONDS) : MALFORMED_SECONDS;
}

function readQ(text: string | undefined): number {
  if (text === undefined) return MOST_PREFERRED;
  if (!Q.test(text)) throw new SipError(400, 'Bad q In Contact');
  return Math.round(Number(text) * 1000);
}

/** RFC 5626 §4.1: a URN between brackets. */
function readInstance(text: string): string {
  return text.startsWith('<') && text.endsWith('>') ? text.slice(1, -1) : '';
}

function readRegId(text: string | undefined): number {
  if (text === undefined) return 0;
  const regId = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (regId < 1 || regId > MAX_REG_ID) throw new SipError(400, 'Bad reg-id In Contact');
  return regId;
}

function othersOf(flat: readonly (string | undefined)[]): string {
  let text = '';
  for (let i = 0; i < flat.length; i += 2) {
    const [name, value] = [flat[i]!, flat[i + 1]];
    if (!OURS.has(name)) text += value === undefined ? `;${name}` : `;${name}=${value}`;
  }
  return text;
}

/** The device that a contact leads to: by the name of its instance, or one made of what is always the same of it. */
export function deviceNameOf({ instance, uri }: Pick<ContactRequest, 'instance' | 'uri'>): string {
  if (NAMING.test(instance)) return instance;
  return `sip-${hash('sha256', instance === '' ? uri : instance, 'base64url').slice(0, 12)}`;
}

/** The key of a binding: a flow of an instance (RFC 5626 §6), or a contact (RFC 3261 §10.3). */
export function bindingIdOf({ instance, regId, uri }: Pick<ContactRequest, 'instance' | 'regId' | 'uri'>): string {
  return regId === 0 ? `contact ${hash('sha256', uri, 'base64url')}` : `flow ${regId} ${instance}`;
}
