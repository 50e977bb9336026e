import type { PresenceNotice, Publication } from '#accounts/device.ts';
import type { Home } from '#accounts/home.ts';
import type { Homes } from '#accounts/homes.ts';
import { type Passage, presenceArriving, presenceLeaving } from './hooks.ts';
import { reduceNotice } from './rules/reducing.ts';
import { hasRules, portionFor } from './rules/rulebook.ts';

const noticed = new WeakMap<Publication, PresenceNotice>();

/** The notice of a publication: one for all who are told of it, now and later. */
export function noticeOf(home: Home, publication: Publication): PresenceNotice {
  let notice = noticed.get(publication);
  if (notice === undefined) {
    notice = { from: home.address, device: publication.device, publication };
    noticed.set(publication, notice);
  }
  return notice;
}

/** What a device that becomes unavailable says when leaving. */
export type Farewell = Pick<PresenceNotice, 'notes' | 'native'>;

/** The notice that a device, or another source, has become unavailable. */
export function goneNotice(home: Home, device: string, farewell?: Farewell): PresenceNotice {
  return { from: home.address, device, publication: undefined, ...farewell };
}

/** Tells one of those whom an account has to tell, unless something stands between the two. */
export function tellOne(home: Home, other: string, notice: PresenceNotice, toDevice?: string): void {
  const passage: Passage = { home, other, otherDevice: toDevice ?? '', notice };
  if (home.homes.hooks.run(presenceLeaving, passage) === 'stop') return;
  home.homes.tell(
    other,
    toDevice === undefined ? { kind: 'presence', notice } : { kind: 'presence', notice, toDevice },
  );
}

/** As `tellOne`, what the account's rules let the other see of it. */
export function tellShown(home: Home, other: string, publication: Publication, toDevice?: string): void {
  const notice = noticeFor(home, other, noticeOf(home, publication));
  if (notice !== undefined) tellOne(home, other, notice, toDevice);
}

/** What is left of a notice for one watcher; undefined where that is nothing. */
export function noticeFor(home: Home, other: string, notice: PresenceNotice): PresenceNotice | undefined {
  const portion = portionFor(home, other);
  if (portion === undefined) return notice;
  return portion === 'nothing' ? undefined : reduceNotice(notice, portion);
}

/** The hot path: tells everybody on a list. Nothing is made for each of them. */
export function tellAll(home: Home, others: readonly string[], notice: PresenceNotice): void {
  const { homes } = home;
  const { hooks } = homes;
  if (hasRules(home)) {
    tellEach(home, others, notice);
    return;
  }
  const item = { kind: 'presence', notice } as const;
  const guarded = hooks.has(presenceLeaving);
  const passage: Passage = { home, other: '', otherDevice: '', notice };
  for (let i = 0; i < others.length; i++) {
    const other = others[i]!;
    if (guarded) {
      passage.other = other;
      if (hooks.run(presenceLeaving, passage) === 'stop') continue;
    }
    homes.tell(other, item);
  }
}

/** The same where rules may show each of them something else. */
function tellEach(home: Home, others: readonly string[], notice: PresenceNotice): void {
  for (const other of others) {
    const shown = noticeFor(home, other, notice);
    if (shown !== undefined) tellOne(home, other, shown);
  }
}

let arriving: Passage | undefined;

/** Whether an account's devices are shown a notice of somebody else. */
function isShown(home: Home, notice: PresenceNotice): boolean {
  const { hooks } = home.homes;
  if (!hooks.has(presenceArriving)) return true;
  arriving ??= { home, other: notice.from, otherDevice: notice.device, notice };
  arriving.home = home;
  arriving.other = notice.from;
  arriving.otherDevice = notice.device;
  arriving.notice = notice;
  return hooks.run(presenceArriving, arriving) !== 'stop';
}

/**
 * A home is told of somebody's presence. What is for the account goes to each device that is available, what is for one
 * device to that one, available or not (RFC 6121 §8.5.2.1.2, §8.5.3.1).
 */
export function takeNotice(home: Home, notice: PresenceNotice, toDevice: string | undefined): void {
  if (notice.from !== home.address && !isShown(home, notice)) return;
  if (toDevice !== undefined) {
    home.devices.get(toDevice)?.takePresence(notice);
    return;
  }
  const isForAccount = notice.from !== home.address;
  for (const device of home.devices.values()) {
    if (device.publication !== undefined) device.takePresence(notice, isForAccount);
  }
}

/** Lets the homes take what is said about presence. */
export function receiveNotices(homes: Homes): void {
  homes.onItem('presence', (home, { notice, toDevice }) => takeNotice(home, notice, toDevice));
}
