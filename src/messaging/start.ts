import type { Hooks } from '#base/hook.ts';
import { archiveReceived, archiveSent, type MessagingSettings } from './archive.ts';
import { messageFromAccount, messageToAccount } from './hooks.ts';
import { deliverToDevices } from './to-account.ts';

/** Puts the middle's own handlers in their places. */
export function startMessaging(hooks: Hooks, settings: MessagingSettings): void {
  hooks.on(messageFromAccount, 'archive', (delivery) => archiveSent(delivery, settings));
  hooks.on(messageToAccount, 'archive', (delivery) => archiveReceived(delivery, settings));
  hooks.on(messageToAccount, 'deliver', deliverToDevices);
}
