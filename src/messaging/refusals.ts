import type { Device } from '#accounts/device.ts';

/** Of so many it is looked at which are still owed. */
const CROWD = 100;

const refused = new WeakMap<Device, Set<number>>();

/** Whether a device has said of a message that it will never take it. It is not given it again, until it is a new one. */
export function hasRefused(device: Device, archiveId: number): boolean {
  return refused.get(device)?.has(archiveId) ?? false;
}

/** @param owed what is owed to its account: the rest need not be known */
export function remember(device: Device, archiveId: number, owed: ReadonlyMap<number, unknown>): void {
  const known = refused.get(device) ?? new Set();
  if (known.size % CROWD === CROWD - 1) for (const id of known) if (!owed.has(id)) known.delete(id);
  refused.set(device, known.add(archiveId));
}
