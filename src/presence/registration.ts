import type { Device } from '#accounts/device.ts';
import { rememberLeaving } from './last-unavailable.ts';
import { rearrange } from './shown.ts';
import { upkeepOf } from './upkeep.ts';

/**
 * A device that publishes nothing itself is in its home now, or has been taken out of it: its registration counts as
 * presence, or no longer does (RFC 3261 §10). Its edge says so after `addDevice` and after `removeDevice`.
 */
export function registrationChanged({ id, home }: Device): void {
  rearrange(home);
  const hasLeft = !home.devices.has(id);
  if (hasLeft && upkeepOf(home.homes).settings.registeredIsAvailable) rememberLeaving(home, '');
}
