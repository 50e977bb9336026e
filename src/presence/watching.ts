import type { Home } from '#accounts/home.ts';
import { type Composition, compose } from './composition.ts';
import { clientsOf, sceneOf } from './shown.ts';
import type { Watcher } from './watcher.ts';

/** A composition, and which one of the account's it is. */
export interface Composed extends Composition {
  /** Moves on with each change, and never comes again. */
  readonly version: number;
}

/** Somebody watches an account from now on. @returns how to end it; the home stays loaded until then */
export function watch(home: Home, watcher: Watcher): () => void {
  const { watchers } = sceneOf(home);
  watchers.add(watcher);
  return () => {
    watchers.delete(watcher);
    home.usedAt = home.homes.clock.now();
  };
}

/** Who watches an account, XMPP contacts left out. */
export function watchersOf(home: Home): ReadonlySet<Watcher> {
  return sceneOf(home).watchers;
}

/** What all that is said of an account comes to; the same object until something changes. */
export function presenceOf(home: Home): Composed {
  const scene = sceneOf(home);
  const known = scene.composition;
  if (known !== undefined) return known;
  const { sources, overlay, isHidden, shown, version } = scene;
  const composition = { ...compose({ clients: clientsOf(home, scene), sources, overlay, isHidden, shown }), version };
  scene.composition = composition;
  return composition;
}

/** Moves on with each change of an account's presence. */
export function presenceVersion(home: Home): number {
  return sceneOf(home).version;
}
