import type { Device } from '#accounts/device.ts';
import type { Home } from '#accounts/home.ts';
import { Failure } from '#base/failure.ts';
import type { Values } from '#base/settings.ts';
import { isContact } from '#contacts/contact-list.ts';
import { INCOMING, OWED, UNTIL_DELIVERED } from './archive-flags.ts';
import { archivePreferences } from './archive-preferences.ts';
import type { Delivery, End, Keep } from './delivery.ts';
import { answersAtOnce, hold } from './holding.ts';
import { type Inbox, inboxOf, writeMarkSoon } from './inbox.ts';
import { mayKeep } from './may-keep.ts';
import type { messagingSettings } from './settings.ts';
import { hasTaker, isTaker } from './takers.ts';

export type MessagingSettings = Readonly<Values<typeof messagingSettings.shape>>;

const APPEND = 'insert into archive (account, id, peer, flags, stanza) values (?, ?, ?, ?, ?)';

/**
 * How long messages with a peer are kept for one side, by the account's preferences (XEP-0441 §2.3) or else the
 * server's policy. An address with a device weighs more than one without; where both lists have it, it is not archived.
 */
export function keepFor(home: Home, peer: End, settings: MessagingSettings): Exclude<Keep, 'no'> {
  const preferences = archivePreferences(home);
  const fallback = preferences?.default ?? POLICIES[settings.archive];
  if (preferences !== undefined && preferences.always.length + preferences.never.length > 0) {
    const full = `${peer.address}/${peer.device}`;
    if (preferences.never.includes(full)) return 'until-delivered';
    if (preferences.always.includes(full)) return 'archive';
    if (preferences.never.includes(peer.address)) return 'until-delivered';
    if (preferences.always.includes(peer.address)) return 'archive';
  }
  if (fallback === 'always') return 'archive';
  return fallback === 'roster' && isContact(home, peer.address) ? 'archive' : 'until-delivered';
}

/** The server's policy in the words of XEP-0441 §2.2. */
export const POLICIES = { all: 'always', contacts: 'roster', none: 'never' } as const;

/** Phase 'archive' of `messageFromAccount`: the sender's own copy. */
export function archiveSent(delivery: Delivery, settings: MessagingSettings): void {
  const home = delivery.sender!;
  // What people say to themselves is archived once, as received.
  if (delivery.to.address === home.address) return;
  if (mayKeep(delivery) !== 'archive' || keepFor(home, delivery.to, settings) !== 'archive') return;
  const inbox = inboxOf.of(home);
  const id = inbox.takeId(delivery.at);
  delivery.senderArchiveId = id;
  append(delivery, home, inbox, id, delivery.to.address, 0, delivery.textFor(home.address, 0));
  if (inbox.owed.size === 0) writeMarkSoon(home, inbox);
}

/**
 * Phase 'archive' of `messageToAccount`. With no archive the row is there for the promise alone: when nobody is there
 * to take the message, when the sender will be told that it is safe, or when it has to wait for older ones.
 */
export function archiveReceived(delivery: Delivery, settings: MessagingSettings): void {
  const home = delivery.receiver!;
  const longest = mayKeep(delivery);
  if (longest === 'no' || isRefused(delivery, home)) return;
  const keep = longest === 'archive' ? keepFor(home, delivery.from, settings) : longest;
  delivery.keepForReceiver = keep;
  const inbox = inboxOf.of(home);
  const taken = home.devices.has(delivery.to.device) || hasTaker(home);
  // XEP-0160 §2, RFC 6121 §8.5.2.2.1.
  if (!taken && inbox.owed.size >= settings.maxWaiting) {
    throw new Failure('unavailable', 'So many messages wait for this account that no more are taken. Try again later.');
  }
  if (keep === 'archive' || !taken || inbox.catchUps.size > 0) keepReceived(delivery, home, inbox);
  else if (delivery.promised) keepUnlessTaken(delivery, home, inbox);
}

/** Of what is not kept for history, only what its devices do not answer for themselves needs the disk. */
function keepUnlessTaken(delivery: Delivery, home: Home, inbox: Inbox): void {
  if (!takersOf(delivery, home).every(answersAtOnce)) {
    keepReceived(delivery, home, inbox);
    return;
  }
  const id = inbox.takeId(delivery.at);
  delivery.receiverArchiveId = id;
  inbox.owed.set(id, 0);
  delivery.joins(hold(home, inbox, id, delivery.from.address, delivery.textFor(home.address, id)));
}

/** Those that it will be handed to. */
function takersOf({ to }: Delivery, home: Home): Device[] {
  const one = home.devices.get(to.device);
  return one === undefined ? [...home.devices.values()].filter(isTaker) : [one];
}

/** RFC 6121 §8.5.3.2.1: what is for one device alone, which is not there, and is no chat, will be refused. */
function isRefused({ type, to }: Delivery, home: Home): boolean {
  return type !== 'chat' && to.device !== '' && !home.devices.has(to.device);
}

/** Appends the receiver's row, owed to whoever signs in next until some device has it. */
export function keepReceived(delivery: Delivery, home: Home, inbox: Inbox): void {
  const id = inbox.takeId(delivery.at);
  delivery.receiverArchiveId = id;
  inbox.owed.set(id, 0);
  inbox.changed();
  const passing = delivery.keepForReceiver === 'archive' ? 0 : UNTIL_DELIVERED;
  if (passing !== 0) inbox.hasPassing = true;
  const flags = INCOMING | OWED | passing;
  append(delivery, home, inbox, id, delivery.from.address, flags, delivery.textFor(home.address, id));
}

function append(
  delivery: Delivery,
  home: Home,
  inbox: Inbox,
  id: number,
  peer: string,
  flags: number,
  text: string,
): void {
  const commit = home.homes.database.append(APPEND, [home.account.id, id, peer, flags, text]);
  inbox.lastCommit = commit;
  delivery.joins(commit);
}
