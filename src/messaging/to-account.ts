import type { Device } from '#accounts/device.ts';
import type { Home } from '#accounts/home.ts';
import { Failure } from '#base/failure.ts';
import { hasTaker, isStorable } from './archive.ts';
import type { Delivery } from './delivery.ts';
import { inboxOf } from './inbox.ts';
import { isCatchingUp } from './waiting.ts';

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
      handTo(device, delivery, home);
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
        for (const device of home.devices.values()) {
          if (device.publication !== undefined && device.publication.priority >= 0) handTo(device, delivery, home);
        }
        return;
      }
      // Kept, it waits (XEP-0160). A headline is dropped, and so is what says nothing, such as a chat state.
      if (delivery.type === 'headline' || delivery.receiverArchiveId !== 0) return;
      if (!isStorable(delivery) && delivery.element.child('body') === undefined) return;
      throw new Failure('unavailable', NOBODY);
  }
}

function handTo(device: Device, delivery: Delivery, home: Home): void {
  const archiveId = delivery.receiverArchiveId;
  if (archiveId !== 0) {
    // One that is being given what waited gets this in its turn.
    if (isCatchingUp(device)) return;
    inboxOf.of(home).owed.set(archiveId, 'with-device');
  }
  device.takeMessage({ element: delivery.element, text: delivery.textFor(home.address, archiveId), archiveId });
}
