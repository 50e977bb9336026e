import type { Device } from '#accounts/device.ts';
import type { Home } from '#accounts/home.ts';
import { parseElement } from '#xml/parse-element.ts';
import { escapeAttribute } from '#xml/serializer.ts';
import { keepReceived } from './archive.ts';
import { Delivery, type MessageType } from './delivery.ts';
import { inboxOf, messageReturned } from './inbox.ts';
import { mayKeep } from './may-keep.ts';
import { hasRefused, remember } from './refusals.ts';
import { isTaker } from './takers.ts';
import { giveToNext } from './waiting.ts';

/**
 * A device went away with messages that it never acknowledged. They wait for the account again, and another device that
 * is there gets them. One that was not kept, for its sender was promised nothing, is kept now: the account is owed it.
 * @param by the server's domain, for the note of the delay (XEP-0203)
 */
export function redeliver(home: Home, by: string, messages: readonly { archiveId: number; text: string }[]): void {
  // The account was removed meanwhile, and all that was its own with it.
  if (home.homes.loaded(home.address) !== home) return;
  // Copies of what is elsewhere anyway (XEP-0280, XEP-0313) are not messages to the account; there may be thousands.
  const copy = `<message from='${escapeAttribute(home.address)}' `;
  let waits = false;
  for (const { archiveId, text } of messages) {
    if (archiveId !== 0) waits = messageReturned(home, archiveId) || waits;
    else if (!text.startsWith(copy)) waits = keep(home, text) || waits;
  }
  if (waits) giveToNext(home, by);
}

/**
 * A device has said that it will never take a message: it is in no form that it knows, or too large for it. It is kept for
 * the account all the same, and waits for a device that takes it.
 */
export function messageRefused(device: Device, archiveId: number): void {
  const { home } = device;
  remember(device, archiveId, inboxOf.of(home).owed);
  if (!messageReturned(home, archiveId)) return;
  for (const other of home.devices.values()) {
    if (!isTaker(other) || hasRefused(other, archiveId)) continue;
    giveToNext(home, home.address.slice(home.address.indexOf('@') + 1), other);
    return;
  }
}

function keep(home: Home, text: string): boolean {
  const element = parseElement(text, 'jabber:client');
  if (element.attributes.from === undefined || element.attributes.from === home.address) return false;
  const [address = '', ...device] = element.attributes.from.split('/');
  const delivery = new Delivery({
    element,
    type: (element.attributes.type ?? 'normal') as MessageType,
    from: { address, device: device.join('/') },
    to: { address: home.address, device: '' },
    at: home.homes.clock.now(),
    sender: undefined,
    promised: false,
  });
  if (mayKeep(delivery) === 'no') return false;
  delivery.receiver = home;
  delivery.keepForReceiver = 'until-delivered';
  keepReceived(delivery, home, inboxOf.of(home));
  return true;
}
