import type { PresenceNotice, Publication } from '#accounts/device.ts';
import type { Home } from '#accounts/home.ts';
import { contactsOf } from '#contacts/contact-list.ts';
import type { Client } from './composition.ts';
import { goneNotice, noticeOf, takeNotice, tellAll } from './notices.ts';
import { isHiddenBy, newest, nextOverlay, overlaid, overlayOf } from './overlay.ts';
import { holdUntil, phoneOf, saysOnACall } from './phone.ts';
import { followSphere } from './rules/rulebook.ts';
import { type Scene, scenes } from './scene.ts';
import type { Source } from './source.ts';
import { upkeepOf } from './upkeep.ts';
import { changed } from './watcher.ts';

type Shown = ReadonlyMap<string, Publication>;

const NOTHING: Shown = new Map();

/** The scene of a home, with what was read from the disk looked at. */
export function sceneOf(home: Home): Scene {
  const scene = scenes.of(home);
  if (scene.isFresh) arrange(scene);
  return scene;
}

/** Those who are there for the account: devices that say so, clients that publish, and, where none does, registered ones. */
export function clientsOf(home: Home, { sources }: Scene = sceneOf(home)): Client[] {
  const clients: Client[] = [];
  for (const { id, publication } of home.devices.values()) {
    if (publication !== undefined) clients.push({ id, kind: 'device', publication });
  }
  let publishes = false;
  for (const { id, kind, publication } of sources.values()) {
    if (kind !== 'event-publication') continue;
    publishes = true;
    if (publication.isOpen === false || home.devices.get(id)?.publication !== undefined) continue;
    clients.push({ id, kind, publication });
  }
  if (publishes || !upkeepOf(home.homes).settings.registeredIsAvailable) return clients;
  for (const { id, publication, registration } of home.devices.values()) {
    if (publication === undefined && registration !== undefined) {
      clients.push({ id, kind: 'registration', publication: registration });
    }
  }
  return clients;
}

/** What others see, one publication for each resource; nothing while the account is hidden. */
export function forEachSeen(home: Home, run: (publication: Publication) => void): void {
  if (!sceneOf(home).isHidden) forEachShown(home, run);
}

/** What the account's own devices see, which nothing is hidden from. */
export function forEachShown(home: Home, run: (publication: Publication) => void): void {
  const { shown } = sceneOf(home);
  if (shown !== undefined) for (const publication of shown.values()) run(publication);
  else for (const { publication } of home.devices.values()) if (publication !== undefined) run(publication);
}

/** What is shown of a device's publication. */
export function shownAs(home: Home, publication: Publication): Publication {
  return overlaid(publication, sceneOf(home).overlay);
}

/** A device has said something, and all who see it have to be told. Of an account without other sources that is all. */
export function tellSaid(home: Home, notice: PresenceNotice): void {
  const scene = sceneOf(home);
  tell(home, notice, scene.isHidden);
  if (scene.shown === undefined && !isMoreThanDevices(home, scene)) {
    changed(scene);
    return;
  }
  const shown = new Map(scene.shown ?? ownSayings(home));
  if (notice.publication === undefined) shown.delete(notice.device);
  else shown.set(notice.device, notice.publication);
  scene.shown = shown;
  rearrange(home);
}

/** Something has changed that is not said by a device: all who see a difference are told of it. */
export function rearrange(home: Home): void {
  const scene = sceneOf(home);
  const before = scene.shown ?? ownSayings(home);
  const wasHidden = scene.isHidden;
  arrange(scene);
  const after = scene.shown ?? ownSayings(home);
  const { watchers } = contactsOf(home);
  tellDifference(home, wasHidden ? NOTHING : before, scene.isHidden ? NOTHING : after, (notice) =>
    tellAll(home, watchers, notice),
  );
  tellDifference(home, before, after, (notice) => takeNotice(home, notice, undefined));
  changed(scene);
  if (followSphere(home)) upkeepOf(home.homes).whenRulesTurn(home);
}

function tell(home: Home, notice: PresenceNotice, isHidden: boolean): void {
  if (!isHidden) tellAll(home, contactsOf(home).watchers, notice);
  takeNotice(home, notice, undefined);
}

/** Who comes is told before who goes, so that nobody seems to be away in between. */
function tellDifference(home: Home, before: Shown, after: Shown, run: (notice: PresenceNotice) => void): void {
  if (before === after) return;
  for (const [id, publication] of after) if (before.get(id) !== publication) run(noticeOf(home, publication));
  for (const id of before.keys()) if (!after.has(id)) run(goneNotice(home, id));
}

/** Makes what is shown of what is said. */
function arrange(scene: Scene): void {
  const { home, sources } = scene;
  scene.isFresh = false;
  const clients = clientsOf(home, scene);
  const phone = phoneOf(sources.values());
  hold(scene, phone.busy, clients);
  const { onTheCallShow } = upkeepOf(home.homes).settings;
  scene.overlay = nextOverlay(scene.overlay, overlayOf(sources, { ...phone, busy: scene.call }, onTheCallShow));
  scene.isHidden = isHiddenBy(sources);
  scene.shown = isMoreThanDevices(home, scene) ? shownOf(scene, clients) : undefined;
}

function shownOf({ sources, overlay }: Scene, clients: readonly Client[]): Shown {
  const shown = new Map<string, Publication>();
  for (const { id, publication } of clients) shown.set(id, overlaid(publication, overlay));
  if (shown.size > 0) return shown;
  const alone = overlay?.alone ?? hardState(sources);
  if (alone !== undefined) shown.set(alone.device, alone);
  return shown;
}

function hardState(sources: ReadonlyMap<string, Source>): Publication | undefined {
  const publication = newest(sources, 'hard-state')?.publication;
  return publication?.isOpen === false ? undefined : publication;
}

/** Settles which call counts: one that is over may for a moment more. */
function hold(scene: Scene, busy: Source | undefined, clients: readonly Client[]): void {
  const { clock } = scene.home.homes;
  const clientSays = scene.call !== undefined && clients.some(({ publication }) => saysOnACall(publication));
  const until = holdUntil(scene.call, busy, clientSays, scene.heldUntil, clock.now());
  if (until === undefined) scene.call = busy;
  if (until === scene.heldUntil) return;
  scene.stopHolding?.();
  scene.heldUntil = until;
  scene.stopHolding = until === undefined ? undefined : clock.after(until - clock.now(), () => release(scene));
}

function release(scene: Scene): void {
  scene.stopHolding = undefined;
  if (scene.home.homes.loaded(scene.home.address) === scene.home) rearrange(scene.home);
}

/** Whether there is anything but devices that say for themselves what they are. */
function isMoreThanDevices(home: Home, { sources, heldUntil }: Scene): boolean {
  if (sources.size > 0 || heldUntil !== undefined) return true;
  for (const { publication, registration } of home.devices.values()) {
    if (publication === undefined && registration !== undefined) return true;
  }
  return false;
}

function ownSayings(home: Home): Map<string, Publication> {
  const shown = new Map<string, Publication>();
  for (const { id, publication } of home.devices.values()) if (publication !== undefined) shown.set(id, publication);
  return shown;
}
