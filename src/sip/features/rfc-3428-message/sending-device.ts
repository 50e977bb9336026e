import type { Home } from '#accounts/home.ts';
import { SipDevice } from '../../device.ts';
import type { Flow } from '../../transport/flow.ts';

/**
 * Which of the sender's contact bindings a request comes from: the one that was registered on the same flow, or else the
 * only one that is at the same address (a client may listen on another port than it sends from).
 */
export function sendingDevice(home: Home, flow: Flow): SipDevice | undefined {
  const near: SipDevice[] = [];
  for (const device of home.devices.values()) {
    if (!(device instanceof SipDevice)) continue;
    for (const { flow: own } of device.bindings) {
      if (own === flow || own?.id === flow.id) return device;
    }
    if (device.flow?.remoteAddress === flow.remoteAddress) near.push(device);
  }
  return near.length === 1 ? near[0] : undefined;
}
