import type { Device, Publication } from '#accounts/device.ts';
import type { Home } from '#accounts/home.ts';
import { contactsOf, isSubscribedFrom } from '#contacts/contact-list.ts';
import { probeArriving, probeLeaving } from './hooks.ts';
import { tellShown } from './notices.ts';
import { portionFor } from './rules/rulebook.ts';
import { forEachSeen, forEachShown } from './shown.ts';
import { isSeenUnasked } from './visibility.ts';

/**
 * Asks, for a device that has just become available, what all those say whom its account watches (RFC 6121 §4.3.1). The
 * homes that are not loaded have no device, and are not asked.
 */
export function probe(device: Device): void {
  for (const address of contactsOf(device.home).watched) probeOne(device, address);
}

/** The same of one of those whom it watches. */
export function probeOne(device: Device, to: string): void {
  const { home } = device;
  const { hooks } = home.homes;
  if (hooks.has(probeLeaving) && hooks.run(probeLeaving, { home, to }) === 'stop') return;
  home.homes.tell(to, { kind: 'probe', from: home.address, fromDevice: device.id });
}

/** Whether somebody may see what an account's devices say: it has admitted them, and nothing stands between the two. */
export function maySee(home: Home, address: string, fromDevice = ''): boolean {
  if (!isSubscribedFrom(home, address) && !isSeenUnasked(home, address)) return false;
  if (portionFor(home, address) === 'nothing') return false;
  return home.homes.hooks.run(probeArriving, { home, from: address, fromDevice }) !== 'stop';
}

/**
 * RFC 6121 §4.3.2. An account without an available device stays silent, as the RFC allows: a device that signs in takes
 * for unavailable whom it does not hear of. Who may not see the account is told so, for its list believes that it may.
 */
export function answerProbe(home: Home, { from, fromDevice }: { from: string; fromDevice: string }): void {
  if (home.homes.hooks.run(probeArriving, { home, from, fromDevice }) === 'stop') return;
  const isOwn = from === home.address;
  if (!isOwn && !isSubscribedFrom(home, from) && !isSeenUnasked(home, from)) {
    refuse(home, from);
    return;
  }
  const tell = (shown: Publication) => tellShown(home, from, shown, fromDevice);
  if (isOwn) forEachShown(home, tell);
  else forEachSeen(home, tell);
}

function refuse(home: Home, from: string): void {
  const refusal = { kind: 'subscription', type: 'unsubscribed', from: home.address, stanza: '' } as const;
  home.homes.tellSurely(from, refusal).catch((error: unknown) => {
    home.homes.log.warn({ err: error, account: home.address }, 'a watcher could not be told that it is none');
  });
}
