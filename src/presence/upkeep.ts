import type { Home } from '#accounts/home.ts';
import type { Homes } from '#accounts/homes.ts';
import { Deadlines } from '#base/deadlines.ts';
import { SlicedQueue } from '#base/sliced-queue.ts';
import { spreadOf } from '#base/wide-map.ts';
import type { Scene } from './scene.ts';
import { defaultPresenceSettings, type PresenceSettings } from './settings.ts';
import { SourceWriter } from './source-writer.ts';
import { tellSome } from './tell-watchers.ts';

export interface PresenceOptions {
  /** Read each time, so that a changed setting holds at once. */
  settings?: PresenceSettings;
  /** The domains of this server; of others nobody is seen unasked. */
  domains?: readonly string[];
}

/**
 * Told that it may be another now whether some may watch an account.
 * @param watchers   all at once, for there may be ten thousand
 * @param isRefused  the owner has just turned a request down: whoever asked is to hear that
 */
export type AuthorizationListener = (home: Home, watchers: ReadonlySet<string>, isRefused: boolean) => void;

/** What presence keeps for a server as a whole. */
export class Upkeep {
  settings: PresenceSettings = defaultPresenceSettings;
  domains: ReadonlySet<string> = new Set();
  /** When the next source of a home ends. */
  readonly endings: Deadlines<Home>;
  readonly writer: SourceWriter;
  readonly authorizations = new Set<AuthorizationListener>();
  /** Scenes whose watchers have to be told that something has changed. */
  readonly changes: SlicedQueue<Scene>;
  /** Homes one of whose sources has ended: thousands may in one second, when a call manager is gone. */
  readonly ended: SlicedQueue<Home>;
  /** When time makes other rules of a home hold. */
  readonly ruleTurns: Deadlines<Home>;
  whenRulesTurn: (home: Home) => void = () => {};
  /** What is to be done with such a home. */
  whenEnded: (home: Home) => void = () => {};
  /** Homes to be looked at anew because a setting has changed: all of them. */
  readonly reviews: SlicedQueue<Home>;
  /** What is to be done with such a home. */
  whenReviewed: (home: Home) => void = () => {};

  constructor(homes: Homes) {
    this.changes = new SlicedQueue<Scene>(tellSome);
    this.writer = new SourceWriter(homes.clock);
    this.ended = new SlicedQueue<Home>((home) => {
      this.whenEnded(home);
      return undefined;
    });
    this.ruleTurns = new Deadlines<Home>(homes.clock, (home) => this.whenRulesTurn(home), undefined, spread);
    this.reviews = new SlicedQueue<Home>((home) => {
      if (homes.loaded(home.address) === home) this.whenReviewed(home);
      return undefined;
    });
    this.endings = new Deadlines<Home>(homes.clock, (home) => this.ended.push(home), undefined, spread);
  }

  /** The server stops: nothing ends any more, and what is not written yet is written when the homes are closed. */
  stop(): void {
    this.whenEnded = () => {};
    this.whenReviewed = () => {};
    this.endings.stop();
    this.ruleTurns.stop();
    this.writer.stop();
  }
}

const all = new WeakMap<Homes, Upkeep>();

export function upkeepOf(homes: Homes): Upkeep {
  let upkeep = all.get(homes);
  if (upkeep === undefined) {
    upkeep = new Upkeep(homes);
    all.set(homes, upkeep);
  }
  return upkeep;
}

function spread({ address }: Home): number {
  return spreadOf(address);
}
