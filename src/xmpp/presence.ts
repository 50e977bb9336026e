import type { PresenceNotice } from '#accounts/device.ts';
import type { SubscriptionRequest } from '#accounts/homes.ts';
import { Failure } from '#base/failure.ts';
import { isSubscribedFrom } from '#contacts/contact-list.ts';
import { say } from '#contacts/subscribing.ts';
import type { Farewell } from '#presence/notices.ts';
import { publish, publishTo } from '#presence/publishing.ts';
import { Element } from '#xml/element.ts';
import { escapeAttribute, serialize } from '#xml/serializer.ts';
import {
  readNative,
  readNotes,
  readPublication,
  renderContent,
  renderNotes,
  renderOverlaid,
} from './presence-content.ts';
import type { Session } from './session.ts';
import { Jid } from './wire/jid.ts';
import { NS_CLIENT } from './wire/namespaces.ts';
import { StanzaError } from './wire/stanza-error.ts';

/** To so many addresses a session may show itself without their being its contacts. */
const MAX_DIRECTED = 1000;

/** Whom a session has shown itself to by directed presence, and has to tell when it goes (RFC 6121 §4.6.3). */
const directed = new WeakMap<Session, Map<string, Jid>>();

/**
 * A presence stanza from a signed-in client. RFC 6121 §3, §4.
 * @throws {StanzaError | Failure} what the client is to be answered; nothing was done
 */
export function handlePresence(session: Session, stanza: Element): void | Promise<void> {
  const { type, to } = stanza.attributes;
  // RFC 6120 §8.1.5: what names no language has that of the stream.
  if (session.stream?.lang) stanza.attributes['xml:lang'] ??= session.stream.lang;
  switch (type) {
    case undefined:
      return to === undefined ? becomeAvailable(session, stanza) : direct(session, stanza, addressee(session, to));
    case 'unavailable':
      return to === undefined ? becomeUnavailable(session, stanza) : direct(session, stanza, addressee(session, to));
    case 'subscribe':
    case 'subscribed':
    case 'unsubscribe':
    case 'unsubscribed':
      return handleSubscription(session, stanza, type, addressee(session, to));
    case 'error':
      return to === undefined ? undefined : passError(session, stanza, Jid.parse(to));
    case 'probe':
      throw new StanzaError('not-allowed', { text: 'Servers probe for presence, clients do not (RFC 6121, 4.3).' });
    default:
      throw new StanzaError('bad-request', { text: 'There is no such type of presence (RFC 6121, 4.7.1).' });
  }
}

/** The session is over, whether or not its client took leave (RFC 6121 §4.5.2). Never throws. */
export function sessionGone(session: Session): void {
  const before = session.publication;
  session.publication = undefined;
  try {
    if (before !== undefined) publish(session, before);
    leaveDirected(session, {});
  } catch (error) {
    session.home.homes.log.error({ err: error, account: session.home.address }, 'presence could not be withdrawn');
  }
}

/** Whether somebody may know that this session is there: by a subscription, or by directed presence. @param full a JID */
export function showsItselfTo(session: Session, full: string): boolean {
  const slash = full.indexOf('/');
  const bare = slash < 0 ? full : full.slice(0, slash);
  if (bare === session.home.address || isSubscribedFrom(session.home, bare)) return true;
  const known = directed.get(session);
  return known !== undefined && (known.has(full) || known.has(bare));
}

function becomeAvailable(session: Session, stanza: Element): void {
  const before = session.publication;
  session.publication = readPublication(stanza, session.id, session.home.homes.clock.now());
  try {
    publish(session, before);
  } catch (error) {
    session.publication = before;
    throw error;
  }
}

function becomeUnavailable(session: Session, stanza: Element): void {
  const farewell = readFarewell(stanza);
  const before = session.publication;
  session.publication = undefined;
  if (before !== undefined) {
    const notice = publish(session, before, farewell);
    // The session that said it hears it too, though it is no longer available (§4.5.2).
    session.takePresence(notice);
  }
  leaveDirected(session, farewell);
}

/** RFC 6121 §4.6. */
function direct(session: Session, stanza: Element, to: Jid): void {
  // What somebody tells the server itself is of no interest to anyone.
  if (to.local === '') return;
  const known = directed.get(session) ?? new Map<string, Jid>();
  const toDevice = to.resource === '' ? undefined : to.resource;
  if (stanza.attributes.type === 'unavailable') {
    known.delete(to.full);
    publishTo(session, to.bare, toDevice, undefined, readFarewell(stanza));
    return;
  }
  if (!known.has(to.full) && known.size >= MAX_DIRECTED) {
    throw new Failure('over-limit', `a session shows itself to ${MAX_DIRECTED} addresses besides its contacts at most`);
  }
  const publication = readPublication(stanza, session.id, session.home.homes.clock.now());
  directed.set(session, known.set(to.full, to));
  publishTo(session, to.bare, toDevice, publication);
}

/** The session leaves some of those whom it has shown itself to by directed presence, before it is hidden from them. */
export function leaveSome(session: Session, isOne: (to: Jid) => boolean): void {
  const known = directed.get(session);
  for (const to of known?.values() ?? []) {
    if (!isOne(to)) continue;
    known!.delete(to.full);
    const isTold = session.publication !== undefined && isSubscribedFrom(session.home, to.bare);
    if (!isTold) publishTo(session, to.bare, to.resource === '' ? undefined : to.resource, undefined);
  }
}

function leaveDirected(session: Session, farewell: Farewell): void {
  const known = directed.get(session);
  if (known === undefined) return;
  directed.delete(session);
  for (const to of known.values()) {
    // Watchers were told with all others.
    if (isSubscribedFrom(session.home, to.bare)) continue;
    publishTo(session, to.bare, to.resource === '' ? undefined : to.resource, undefined, farewell);
  }
}

function readFarewell(stanza: Element): Farewell {
  return { notes: readNotes(stanza), native: readNative(stanza) };
}

/** RFC 6121 §3.1.2, §3.1.5, §3.2.2, §3.3.2: from bare JID to bare JID. */
function handleSubscription(session: Session, stanza: Element, type: SubscriptionRequest, to: Jid): Promise<void> {
  if (to.local === '') throw new StanzaError('item-not-found', { text: 'A server has no presence to watch.' });
  const { home } = session;
  if (to.bare === home.address) throw new StanzaError('not-allowed', { text: 'An account always sees itself.' });
  readNative(stanza); // For its limit.
  const { id, 'xml:lang': lang } = stanza.attributes;
  const attributes = { type, from: home.address, to: to.bare, ...(id && { id }), ...(lang && { 'xml:lang': lang }) };
  const stamped = new Element('presence', NS_CLIENT, attributes, stanza.children);
  return say(home, type, to.bare, serialize(stamped, NS_CLIENT)).catch((error: unknown) => {
    // RFC 6121 §8.5.1: what is for nobody is silently ignored. That the list goes back to what it was tells enough.
    if (!(error instanceof Failure && error.kind === 'not-found')) throw error;
  });
}

/** What a client could not do with somebody's presence goes back to that device; an error is never answered. */
function passError(session: Session, stanza: Element, to: Jid): void {
  if (to.resource === '' || !session.xmpp.isLocal(to.domain)) return;
  const from = session.jid.full;
  const stamped = new Element('presence', NS_CLIENT, { ...stanza.attributes, from }, stanza.children);
  void session.home.homes.offer(to.bare, to.resource, 'xmpp', serialize(stamped, NS_CLIENT), from);
}

/** @throws {StanzaError} where there is nobody who could be told */
function addressee(session: Session, to: string | undefined): Jid {
  if (to === undefined) throw new StanzaError('bad-request', { text: 'Whose presence is it about? There is no to.' });
  const jid = Jid.parse(to);
  if (!session.xmpp.isLocal(jid.domain)) throw new StanzaError('remote-server-not-found');
  return jid;
}

let last: PresenceNotice | undefined;
let head = '';
let tail = '';

/**
 * The stanza that tells a device what a notice says. The same notice goes to many devices one after the other, so all
 * but the address is kept from one call to the next.
 * @param to a JID, prepared
 */
export function renderPresence(notice: PresenceNotice, to: string): string {
  if (notice !== last) {
    const content = contentOf(notice);
    const type = notice.publication === undefined ? " type='unavailable'" : '';
    head = `<presence from='${escapeAttribute(`${notice.from}/${notice.device}`)}'${type} to='`;
    tail = content === '' ? "'/>" : `'>${content}</presence>`;
    last = notice;
  }
  return head + escapeAttribute(to) + tail;
}

function contentOf({ publication, native = publication?.native, notes = {} }: PresenceNotice): string {
  if (native?.edge === 'xmpp')
    return publication?.isOverlaid ? renderOverlaid(publication, native.payload) : native.payload;
  return publication === undefined ? renderNotes(notes) : renderContent(publication);
}
