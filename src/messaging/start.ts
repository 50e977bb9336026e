import type { Device } from '#accounts/device.ts';
import type { Home } from '#accounts/home.ts';
import type { Homes } from '#accounts/homes.ts';
import { presencePublished } from '#presence/hooks.ts';
import { archiveReceived, archiveSent, type MessagingSettings } from './archive.ts';
import { messageFromAccount, messageToAccount } from './hooks.ts';
import { inboxOf } from './inbox.ts';
import { tellStanding } from './standing-messages.ts';
import { isTaker } from './takers.ts';
import { deliverToDevices } from './to-account.ts';
import { giveToNext } from './waiting.ts';

/** Puts the middle's own handlers in their places. */
export function startMessaging(homes: Homes, settings: MessagingSettings): void {
  const { hooks, database } = homes;
  hooks.on(messageFromAccount, 'archive', (delivery) => archiveSent(delivery, settings));
  hooks.on(messageToAccount, 'archive', (delivery) => archiveReceived(delivery, settings));
  hooks.on(messageToAccount, 'deliver', deliverToDevices);
  // XEP-0160 §2: what waits goes to a device that says that it takes messages.
  hooks.on(presencePublished, 'observe', ({ home, device }) => {
    if (device !== undefined) giveWaiting(home, device);
  });
  database.onHealth(({ state }) => {
    if (state === 'ok') for (const home of homes.all()) giveWaiting(home);
  });
}

/** What waits goes to a device that takes messages now, or else to another. Also for one that has just registered. */
export function giveWaiting(home: Home, device?: Device): void {
  const inbox = inboxOf.of(home);
  if (device !== undefined) inbox.catchUps.get(device)?.wake();
  if (device !== undefined && isTaker(device)) tellStanding(home);
  if (!inbox.waiting) return;
  const next = device !== undefined && isTaker(device) ? device : undefined;
  giveToNext(home, home.address.slice(home.address.indexOf('@') + 1), next);
}
