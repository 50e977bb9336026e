import type { Device } from '#accounts/device.ts';
import type { Home } from '#accounts/home.ts';

/** Whether a device takes messages to its account: it has not asked, by a negative priority, to be left alone. */
export function isTaker({ publication }: Device): boolean {
  return publication !== undefined && publication.priority >= 0;
}

/** Whether a device would take a message to the account now (RFC 6121 §8.5.2.1). */
export function hasTaker(home: Home): boolean {
  for (const device of home.devices.values()) if (isTaker(device)) return true;
  return false;
}

/** The one that what waits is given to: of those that take messages, the last that was heard of. */
export function lastTaker(home: Home): Device | undefined {
  let best: Device | undefined;
  for (const device of home.devices.values()) {
    if (isTaker(device) && (best === undefined || device.publication!.at > best.publication!.at)) best = device;
  }
  return best;
}
