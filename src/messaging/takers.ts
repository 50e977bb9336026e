import type { Device } from '#accounts/device.ts';
import type { Home } from '#accounts/home.ts';

/** Whether a device takes messages to its account: an XMPP one that is available, a SIP one that is registered. */
export function isTaker({ takesMessages }: Device): boolean {
  return takesMessages;
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
    if (isTaker(device) && (best === undefined || heardAt(device) > heardAt(best))) best = device;
  }
  return best;
}

function heardAt({ publication, registration }: Device): number {
  return publication?.at ?? registration?.at ?? 0;
}
