import type { Device } from '#accounts/device.ts';
import type { Home } from '#accounts/home.ts';
import type { Homes } from '#accounts/homes.ts';
import { presencePublished } from '#presence/hooks.ts';
import { archiveReceived, archiveSent, type MessagingSettings } from './archive.ts';
import { messageFromAccount, messageToAccount } from './hooks.ts';
import { inboxOf } from './inbox.ts';
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
    inboxOf.of(home).catchUps.get(device)?.wake();
    giveWaiting(home, isTaker(device) ? device : undefined);
  });
  database.onHealth(({ state }) => {
    if (state === 'ok') for (const home of homes.all()) giveWaiting(home);
  });
}

function giveWaiting(home: Home, device?: Device): void {
  if (inboxOf.of(home).waiting) giveToNext(home, home.address.slice(home.address.indexOf('@') + 1), device);
}
