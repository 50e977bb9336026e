/**
 * What a REGISTER does to the bindings of an account. Pure: it says what is to be changed, all of it or nothing.
 * @see RFC 3261 §10.3, RFC 5626 §6
 */
import type { Registration } from '../../bindings.ts';
import { copy } from '../../wire/byte-string.ts';
import { SipError } from '../../wire/sip-error.ts';
import { parseUri } from '../../wire/sip-uri.ts';
import { sameUri } from '../../wire/uri-equality.ts';
import { bindingIdOf, type ContactRequest, deviceNameOf } from './contacts.ts';

export interface RegisterRequest {
  readonly contacts: readonly ContactRequest[] | '*';
  /** What the Expires header says; undefined for none. */
  readonly expires: number | undefined;
  readonly callId: string;
  readonly cseq: number;
  readonly path: string;
  readonly userAgent: string;
  /** Its Allow header. */
  readonly allow: string;
  /** Whether there are flows to speak of (RFC 5626 §6): else reg-ids mean nothing. */
  readonly isOutbound: boolean;
}

export interface RegisterLimits {
  readonly minSeconds: number;
  readonly maxSeconds: number;
  readonly defaultSeconds: number;
  readonly maxBindings: number;
}

export interface RegisterChanges {
  readonly put: readonly Registration[];
  readonly removed: readonly string[];
}

/** An hour: who asks for as much is never told that it is too brief (RFC 3261 §10.3). */
const NEVER_TOO_BRIEF_SECONDS = 3600;

/**
 * @param current of the account, in any order; those that have expired are left out
 * @throws {SipError} 400, 403, 423; 500 for what comes out of order
 */
export function register(
  current: readonly Registration[],
  request: RegisterRequest,
  now: number,
  limits: RegisterLimits,
): RegisterChanges {
  const { contacts } = request;
  if (contacts === '*') return removeAll(current, request);
  checkFlows(request, contacts);
  const put = new Map<string, Registration>();
  const removed = new Set<string>();
  for (const contact of contacts) {
    const before = findBinding(current, contact, request.isOutbound);
    if (before !== undefined) requireOrder(before, request);
    const seconds = secondsFor(contact, limits);
    const said = toRegistration(contact, before, request, now, seconds);
    if (seconds > 0) put.set(said.id, said);
    else if (before !== undefined) removed.add(before.id);
  }
  checkNumber(current, put, removed, limits.maxBindings);
  return { put: [...put.values()], removed: [...removed] };
}

/** RFC 3261 §10.3 step 6. */
function removeAll(current: readonly Registration[], request: RegisterRequest): RegisterChanges {
  if (request.expires !== 0) throw new SipError(400, 'Contact * Without Expires 0');
  for (const before of current) requireOrder(before, request);
  return { put: [], removed: current.map(({ id }) => id) };
}

/** RFC 5626 §6: a flow is one contact's. */
function checkFlows({ isOutbound }: RegisterRequest, contacts: readonly ContactRequest[]): void {
  if (!isOutbound || contacts.length < 2) return;
  const lasting = contacts.filter(({ seconds }) => seconds !== 0);
  if (lasting.length > 1 && lasting.some(({ regId }) => regId !== 0)) {
    throw new SipError(400, 'Several Contacts With reg-id');
  }
}

/** The same flow of the same instance, or the same contact. */
function findBinding(
  current: readonly Registration[],
  { uri, parsed, instance, regId }: ContactRequest,
  isOutbound: boolean,
): Registration | undefined {
  if (isOutbound && regId !== 0) return current.find((one) => one.regId === regId && one.instance === instance);
  return current.find((one) => one.regId === 0 && (one.uri === uri || sameUri(one.parsed, parsed)));
}

/** RFC 3261 §10.3 step 7: what a client has said later holds. */
function requireOrder(before: Registration, { callId, cseq }: RegisterRequest): void {
  if (before.callId === callId && cseq <= before.cseq) throw new SipError(500, 'REGISTER Out Of Order');
}

function secondsFor({ seconds }: ContactRequest, limits: RegisterLimits): number {
  if (seconds === 0) return 0;
  const { minSeconds, maxSeconds, defaultSeconds } = limits;
  const wanted = seconds ?? defaultSeconds;
  if (wanted < minSeconds && wanted < NEVER_TOO_BRIEF_SECONDS && seconds !== undefined) {
    throw new SipError(423, undefined, `Min-Expires: ${minSeconds}\r\n`);
  }
  return Math.min(Math.max(wanted, minSeconds), Math.max(minSeconds, maxSeconds));
}

function toRegistration(
  contact: ContactRequest,
  before: Registration | undefined,
  request: RegisterRequest,
  now: number,
  seconds: number,
): Registration {
  const { q } = contact;
  const regId = request.isOutbound ? contact.regId : 0;
  const uri = kept(before?.uri, contact.uri);
  const instance = kept(before?.instance, contact.instance);
  return {
    id: before?.id ?? bindingIdOf({ instance, regId, uri }),
    device: before?.instance === instance ? before.device : deviceNameOf({ instance, uri }),
    uri,
    parsed: before?.uri === uri ? before.parsed : parseUri(uri),
    params: kept(before?.params, contact.params),
    q,
    expiresAt: now + seconds * 1000,
    registeredAt: now,
    callId: kept(before?.callId, request.callId),
    cseq: request.cseq,
    instance,
    regId,
    path: kept(before?.path, request.path),
    userAgent: kept(before?.userAgent, request.userAgent),
    methods: kept(before?.methods, contact.methods === '' ? request.allow : contact.methods),
  };
}

/** What is the same as before is the same string; what is new goes without the request that it was cut out of. */
function kept(before: string | undefined, now: string): string {
  return before === now ? before : copy(now);
}

function checkNumber(
  current: readonly Registration[],
  put: ReadonlyMap<string, Registration>,
  removed: ReadonlySet<string>,
  maxBindings: number,
): void {
  let count = put.size;
  for (const { id } of current) if (!put.has(id) && !removed.has(id)) count++;
  if (count > maxBindings && count > current.length) throw new SipError(403, 'Too Many Contacts Are Registered');
}
