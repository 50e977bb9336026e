import type { Home } from '#accounts/home.ts';
import type { Homes } from '#accounts/homes.ts';
import { Failure } from '#base/failure.ts';
import type { Commit } from '#store/database.ts';
import type { Delivery } from './delivery.ts';
import { messageEntered, messageFromAccount, messageToAccount } from './hooks.ts';
import { inboxOf } from './inbox.ts';
import { mayKeep } from './may-keep.ts';

/**
 * Takes a message from its sender's side to that of the account of ours that it is for. Devices have it when this
 * returns (or its promise resolves); the sender may be told that it is safe once the returned commit is done.
 * @throws {Failure} 'unavailable' when nobody is there to take it (also when there is no such account);
 *   'store-failing' when it could not be kept; what a guard of the hooks throws
 */
export function submit(homes: Homes, delivery: Delivery): Commit | undefined | Promise<Commit | undefined> {
  homes.hooks.run(messageEntered, delivery);
  if (homes.database.health().state === 'failing' && mayKeep(delivery) !== 'no') {
    throw new Failure('store-failing', 'The server cannot keep messages now. Try again in a minute.');
  }
  if (delivery.sender !== undefined && homes.hooks.run(messageFromAccount, delivery) === 'stop') return delivery.commit;
  const home = homes.loaded(delivery.to.address);
  return home !== undefined ? arrive(delivery, home) : homes.load(delivery.to.address).then((h) => arrive(delivery, h));
}

function arrive(delivery: Delivery, home: Home | undefined): Commit | undefined {
  if (home === undefined) throw nobody();
  delivery.receiver = home;
  home.usedAt = delivery.at;
  if (home.homes.hooks.run(messageToAccount, delivery) === 'stop') throw nobody();
  return delivery.commit;
}

/** Who is not there and who does not want to hear are the same to the sender (RFC 6121 §8.5.1, XEP-0191 §3.4). */
function nobody(): Failure {
  return new Failure('unavailable', 'Nobody of that address takes messages.');
}

/** The commit failed: nobody is owed the message any more, for the sender is told that it was not taken. */
export function forget(delivery: Delivery): void {
  if (delivery.receiver === undefined) return;
  const inbox = inboxOf.of(delivery.receiver);
  if (inbox.owed.delete(delivery.receiverArchiveId)) inbox.changed();
}
