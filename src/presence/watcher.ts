import type { Home } from '#accounts/home.ts';
import type { Scene } from './scene.ts';
import { upkeepOf } from './upkeep.ts';

/** Somebody who watches an account otherwise than as an XMPP contact; an edge holds the subscription. */
export interface Watcher {
  /** Who watches: 'local@domain', prepared. */
  readonly address: string;
  /** For the administrator. */
  describe(): WatcherFacts;
  /** Something has changed: once for all that changed in one turn of the event loop. It asks `presenceOf` then. */
  changed(home: Home): void;
}

export interface WatcherFacts {
  readonly edge: string;
  /** Epoch milliseconds. */
  readonly since: number;
  readonly expiresAt: number;
  /** What its program calls itself; '' where that is not known. */
  readonly userAgent: string;
}

/** Something of an account's presence is not as it was: what was composed no longer holds, and watchers have to know. */
export function changed(scene: Scene): void {
  scene.composition = undefined;
  scene.version++;
  if (scene.watchers.size === 0) return;
  // Those who were told already hear of this as well.
  scene.telling = undefined;
  upkeepOf(scene.home.homes).changes.push(scene);
}
