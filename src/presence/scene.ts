import { accountTable } from '#accounts/account-tables.ts';
import type { Publication } from '#accounts/device.ts';
import { type Home, homePart } from '#accounts/home.ts';
import type { Overlay } from './overlay.ts';
import type { Source } from './source.ts';
import { readRow, SELECT_SOURCES } from './source-rows.ts';
import { upkeepOf } from './upkeep.ts';
import type { Watcher } from './watcher.ts';
import type { Composed } from './watching.ts';

accountTable('publications', 'account');

/** What a home keeps of presence beside its devices. Of an account with XMPP devices alone nearly all of it is empty. */
export class Scene {
  readonly home: Home;
  readonly sources = new Map<string, Source>();
  /** What contacts see, by resource; undefined: each device as it says itself. */
  shown: ReadonlyMap<string, Publication> | undefined;
  overlay: Overlay | undefined;
  /** What was read from the disk has not been looked at yet: `shown`, `overlay` and `isHidden` are to be made. */
  isFresh = false;
  /** Contacts see nothing at all. */
  isHidden = false;
  /** The call that counts now, and until when it does though it is over. */
  call: Source | undefined;
  heldUntil: number | undefined;
  stopHolding: (() => void) | undefined;
  /** Ids of sources that are not on disk as they are. */
  readonly unwritten = new Set<string>();
  readonly watchers = new Set<Watcher>();
  /** Those of them that have to be told of a change still, while they are being told. */
  telling: Iterator<Watcher> | undefined;
  composition: Composed | undefined;
  /** Moves on with each change; never one that this account has had before, also after the home was let go. */
  version: number;

  constructor(home: Home) {
    this.home = home;
    this.version = home.homes.clock.now() * 8;
  }
}

export const scenes = homePart<Scene>({
  queries: [SELECT_SOURCES],
  load(home, [rows = []]) {
    const scene = new Scene(home);
    const { writer } = upkeepOf(home.homes);
    const now = home.homes.clock.now();
    for (const row of rows) {
      const source = readRow(row);
      if (source === undefined || source.expiresAt <= now) continue;
      scene.sources.set(source.id, source);
      writer.isOnDisk(source);
    }
    scene.isFresh = scene.sources.size > 0;
    setEnding(scene);
    return scene;
  },
  busy: ({ sources, watchers, unwritten, heldUntil }) =>
    sources.size > 0 || watchers.size > 0 || unwritten.size > 0 || heldUntil !== undefined,
  flush: (scene) => upkeepOf(scene.home.homes).writer.write(scene),
});

/** Says when the scene's next source ends. */
export function setEnding(scene: Scene): void {
  const { endings } = upkeepOf(scene.home.homes);
  let next = Number.POSITIVE_INFINITY;
  for (const { expiresAt } of scene.sources.values()) if (expiresAt < next) next = expiresAt;
  if (next < Number.MAX_SAFE_INTEGER) endings.set(scene.home, next);
  else endings.delete(scene.home);
}
