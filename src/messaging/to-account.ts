import type { Device, Handover } from '#accounts/device.ts';
import type { Home } from '#accounts/home.ts';
import { Failure } from '#base/failure.ts';
import type { Delivery } from './delivery.ts';
import { inboxOf } from './inbox.ts';
import { mayKeep } from './may-keep.ts';
import { hasTaker, isTaker } from './takers.ts';
import { comesAfterWaiting } from './waiting.ts';

const NOBODY = 'Nobody is there to take it, and it is not of a kind that is kept.';

/**
 * Phase 'deliver' of `messageToAccount`: RFC 6121 §8.5.2 and §8.5.3, a row of its table §8.5.4 each.
 * @throws {Failure} 'unavailable' where the sender has to be told that nobody has it
 */
export function deliverToDevices(delivery: Delivery): void {
  const home = delivery.receiver!;
  if (delivery.to.device !== '') {
    const device = home.devices.get(delivery.to.device);
    if (device !== undefined) {
      handTo(device, handover(delivery, home));
      return;
    }
    // §8.5.3.2.1: only a chat goes on to the account; the rest was for that device alone.
    if (delivery.type === 'error' || delivery.type === 'headline') return;
    if (delivery.type !== 'chat') throw new Failure('unavailable', 'That device is not there (any more).');
  }
  toAccount(delivery, home);
}

/** §8.5.2: every device that has not asked, by a negative priority, to be left alone. */
function toAccount(delivery: Delivery, home: Home): void {
  switch (delivery.type) {
    case 'error':
      return;
    case 'groupchat':
      throw new Failure('unavailable', 'A message of type groupchat is for a room.');
    case 'headline':
    case 'chat':
    case 'normal':
      if (hasTaker(home)) {
        const message = handover(delivery, home);
        for (const device of home.devices.values()) if (isTaker(device)) handTo(device, message);
        return;
      }
      // Kept, it waits (XEP-0160). A headline is dropped, and so is what says nothing, such as a chat state.
      if (delivery.type === 'headline' || delivery.receiverArchiveId !== 0) return;
      if (mayKeep(delivery) === 'no' && delivery.element.child('body') === undefined) return;
      throw new Failure('unavailable', NOBODY);
  }
}

/** What each device is handed: one for all. */
function handover(delivery: Delivery, home: Home): Handover {
  const archiveId = delivery.receiverArchiveId;
  return { element: delivery.element, text: delivery.textFor(home.address, archiveId), archiveId };
}

function handTo(device: Device, message: Handover): void {
  if (message.archiveId !== 0) {
    const inbox = inboxOf.of(device.home);
    if (inbox.catchUps.size > 0 && comesAfterWaiting(inbox, device, message)) return;
    inbox.handed(message.archiveId);
  }
  device.takeMessage(message);
}
