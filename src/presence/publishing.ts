import type { Device, PresenceNotice, Publication } from '#accounts/device.ts';
import type { Home } from '#accounts/home.ts';
import type { Homes } from '#accounts/homes.ts';
import { accountDisabled, accountRemoved } from '#accounts/hooks.ts';
import { watcherJoined, watcherLeft } from '#contacts/hooks.ts';
import { askAgain } from '#contacts/subscribing.ts';
import { reviewOne, startAuthorization } from './authorization.ts';
import { type PresenceChange, presencePublished } from './hooks.ts';
import { rememberLast } from './last-unavailable.ts';
import { type Farewell, goneNotice, noticeOf, receiveNotices, tellOne, tellShown } from './notices.ts';
import { answerProbe, probe } from './probes.ts';
import { startRules } from './rules/enforcing.ts';
import { forEachSeen, forEachShown, rearrange, shownAs, tellSaid } from './shown.ts';
import { removeSources, startEndings } from './sources.ts';
import { type PresenceOptions, upkeepOf } from './upkeep.ts';

/** Sets presence up for the homes of a server. Done once, after `startContacts`. */
export function startPresence(homes: Homes, { settings, domains }: PresenceOptions = {}): void {
  const upkeep = upkeepOf(homes);
  if (settings !== undefined) upkeep.settings = settings;
  if (domains !== undefined) upkeep.domains = new Set(domains);
  startEndings(homes);
  startAuthorization(homes);
  startRules(homes);
  receiveNotices(homes);
  homes.onItem('probe', answerProbe);
  homes.hooks.on(presencePublished, 'broadcast', broadcast);
  homes.hooks.on(presencePublished, 'broadcast', welcome);
  homes.hooks.on(presencePublished, 'observe', rememberLast);
  homes.hooks.on(accountDisabled, 'react', ({ address }) => withdraw(homes, address, true));
  homes.hooks.on(accountRemoved, 'farewell', ({ address }) => withdraw(homes, address, false));
  homes.hooks.on(watcherJoined, 'tell', ({ home, watcher }) => tellCurrent(home, watcher));
  homes.hooks.on(watcherLeft, 'tell', ({ home, watcher }) => tellGone(home, watcher));
}

/** Settings of presence have changed: what is shown may be something else, and to others. Of one home after the other. */
export function presenceSettingsChanged(homes: Homes): void {
  const upkeep = upkeepOf(homes);
  upkeep.whenReviewed = (home) => {
    try {
      rearrange(home);
      reviewOne(home);
    } catch (err) {
      homes.log.error({ err, account: home.address }, 'changed settings could not be applied to an account');
    }
  };
  for (const home of homes.all()) upkeep.reviews.push(home);
}

/** Nothing of an account is left that says it is there; its devices are ended by their edges. */
function withdraw(homes: Homes, address: string, isWritten: boolean): void {
  const home = homes.loaded(address);
  if (home !== undefined) removeSources(home, isWritten);
}

/**
 * A device has said what it says now: `device.publication` is it already, and undefined when it has become
 * unavailable. All who may see the account are told (RFC 6121 §4.2.2, §4.4.2, §4.5.2).
 * @param before what it said before
 * @param farewell with an unavailable device
 * @returns what they were told
 * @throws what a handler that guards has thrown; nobody was told
 */
export function publish(device: Device, before: Publication | undefined, farewell?: Farewell): PresenceNotice {
  const { home, publication } = device;
  const notice =
    publication === undefined ? goneNotice(home, device.id, farewell) : noticeOf(home, shownAs(home, publication));
  home.homes.hooks.run(presencePublished, { home, device, source: undefined, publication, before, notice });
  return notice;
}

/**
 * Directed presence: what a device says to one address only (RFC 6121 §4.6).
 * @param publication undefined: that it is unavailable
 * @param toDevice one device of the account addressed; undefined: all that are available
 */
export function publishTo(
  device: Device,
  to: string,
  toDevice: string | undefined,
  publication: Publication | undefined,
  farewell?: Farewell,
): void {
  const notice =
    publication === undefined ? goneNotice(device.home, device.id, farewell) : noticeOf(device.home, publication);
  tellOne(device.home, to, notice, toDevice);
}

/** Watchers, then the account's own devices, the one that said it included (RFC 6121 §4.2.2, §4.4.2). */
function broadcast({ home, device, notice }: PresenceChange): void {
  if (device === undefined) rearrange(home);
  else tellSaid(home, notice);
}

/** A device that has become available is told what it missed (RFC 6121 §4.2.2, §4.3.1). */
function welcome({ home, device, publication, before }: PresenceChange): void {
  if (device === undefined || publication === undefined || before !== undefined) return;
  forEachShown(home, (shown) => {
    if (shown.device !== device.id) device.takePresence(noticeOf(home, shown));
  });
  probe(device);
  if (!hasOther(home, device)) askAgain(home);
}

function hasOther(home: Home, device: Device): boolean {
  for (const other of home.devices.values()) if (other !== device && other.publication !== undefined) return true;
  return false;
}

/** RFC 6121 §3.1.5: who may see the account from now on is sent what its devices say. */
export function tellCurrent(home: Home, watcher: string, toDevice?: string): void {
  forEachSeen(home, (shown) => tellShown(home, watcher, shown, toDevice));
}

/** RFC 6121 §3.2.2, §3.3.3: to whoever may no longer see the account, all its devices leave. */
export function tellGone(home: Home, watcher: string, toDevice?: string): void {
  forEachSeen(home, ({ device }) => tellOne(home, watcher, goneNotice(home, device), toDevice));
}
