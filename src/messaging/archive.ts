import type { Home } from '#accounts/home.ts';
import { Failure } from '#base/failure.ts';
import type { Values } from '#base/settings.ts';
import { isContact } from '#contacts/contact-list.ts';
import type { Element } from '#xml/element.ts';
import { archivePreferences } from './archive-preferences.ts';
import type { Delivery, End, Keep } from './delivery.ts';
import { INCOMING, type Inbox, inboxOf, OWED, UNTIL_DELIVERED, writeMarkSoon } from './inbox.ts';
import type { messagingSettings } from './settings.ts';

export type MessagingSettings = Readonly<Values<typeof messagingSettings.shape>>;

const NS_HINTS = 'urn:xmpp:hints';
const NS_CHAT_STATES = 'http://jabber.org/protocol/chatstates';

const APPEND = 'insert into archive (account, id, peer, flags, stanza) values (?, ?, ?, ?, ?)';

/**
 * Whether a message is of the kind that is kept at all (XEP-0313 §5.1.1, XEP-0334): something somebody said, or says
 * about what was said, and not a passing state of a chat.
 */
export function isStorable({ type, element }: Delivery): boolean {
  if (type !== 'chat' && type !== 'normal') return false;
  let hasContent = false;
  let storeHint = false;
  for (const child of element.children) {
    if (typeof child === 'string') continue;
    if (child.ns === NS_HINTS) {
      if (child.name === 'no-store' || child.name === 'no-permanent-store') return false;
      if (child.name === 'store') storeHint = true;
    } else if (isContent(child)) hasContent = true;
  }
  return hasContent || storeHint;
}

/** `<thread/>` and `<subject/>` alone say nothing; chat states pass. */
function isContent({ name, ns }: Element): boolean {
  return ns !== NS_CHAT_STATES && name !== 'thread';
}

/** How long the message is kept for one side, by the account's preferences (XEP-0441) or else the server's policy. */
export function keepFor(home: Home, peer: End, settings: MessagingSettings): Keep {
  const preferences = archivePreferences(home);
  if (preferences === undefined) {
    if (settings.archive === 'all') return 'archive';
    return settings.archive === 'contacts' && isContact(home, peer.address) ? 'archive' : 'until-delivered';
  }
  const full = `${peer.address}/${peer.device}`;
  const matches = (listed: string): boolean => listed === peer.address || listed === full;
  if (preferences.always.some(matches)) return 'archive';
  if (preferences.never.some(matches)) return 'until-delivered';
  if (preferences.default === 'always') return 'archive';
  return preferences.default === 'roster' && isContact(home, peer.address) ? 'archive' : 'until-delivered';
}

/** Phase 'archive' of `messageFromAccount`: the sender's own copy. */
export function archiveSent(delivery: Delivery, settings: MessagingSettings): void {
  const home = delivery.sender!;
  if (!isStorable(delivery) || keepFor(home, delivery.to, settings) !== 'archive') return;
  delivery.keepForSender = 'archive';
  const inbox = inboxOf.of(home);
  const id = inbox.takeId(delivery.at);
  delivery.senderArchiveId = id;
  append(delivery, home, id, delivery.to.address, 0);
  if (inbox.owed.size === 0) writeMarkSoon(home, inbox);
}

/**
 * Phase 'archive' of `messageToAccount`. With no archive the row is there for the promise alone: when nobody is there
 * to take the message, or when the sender will be told that it is safe.
 */
export function archiveReceived(delivery: Delivery, settings: MessagingSettings): void {
  const home = delivery.receiver!;
  if (!isStorable(delivery) || isRefused(delivery, home)) return;
  const keep = keepFor(home, delivery.from, settings);
  delivery.keepForReceiver = keep;
  if (inboxOf.of(home).owed.size >= settings.maxWaiting && !hasTaker(home)) {
    throw new Failure('over-limit', 'So many messages wait for this account that no more are taken. Try again later.');
  }
  if (keep === 'archive' || delivery.promised || !hasTaker(home)) keepReceived(delivery, home, inboxOf.of(home));
}

/** RFC 6121 §8.5.3.2.1: what is for one device alone, which is not there, and is no chat, will be refused. */
function isRefused({ type, to }: Delivery, home: Home): boolean {
  return type !== 'chat' && to.device !== '' && !home.devices.has(to.device);
}

/** Appends the receiver's row, owed to whoever signs in next until some device has it. */
export function keepReceived(delivery: Delivery, home: Home, inbox: Inbox): void {
  const id = inbox.takeId(delivery.at);
  delivery.receiverArchiveId = id;
  inbox.owed.set(id, 'waiting');
  const passing = delivery.keepForReceiver === 'archive' ? 0 : UNTIL_DELIVERED;
  if (passing !== 0) inbox.hasPassing = true;
  append(delivery, home, id, delivery.from.address, INCOMING | OWED | passing);
}

function append(delivery: Delivery, home: Home, id: number, peer: string, flags: number): void {
  const text = delivery.textFor(home.address, flags === 0 ? 0 : id);
  const commit = home.homes.database.append(APPEND, [home.account.id, id, peer, flags, text]);
  inboxOf.of(home).lastCommit = commit;
  delivery.joins(commit);
}

/** Whether a device would take a message to the account now (RFC 6121 §8.5.2.1). */
export function hasTaker(home: Home): boolean {
  for (const device of home.devices.values()) {
    if (device.publication !== undefined && device.publication.priority >= 0) return true;
  }
  return false;
}
