import type { Publication } from '#accounts/device.ts';
import type { Home } from '#accounts/home.ts';
import { contactsOf } from '#contacts/contact-list.ts';
import type { Part } from './composition.ts';
import type { Verdict } from './rules/judging.ts';
import { judgementOn } from './rules/rulebook.ts';
import { forEachSeen } from './shown.ts';
import { upkeepOf } from './upkeep.ts';
import { type Composed, mayWatch, presenceOf, watchersOf } from './watching.ts';

/** Who sees an account, by what stands between them and it. */
export interface Views {
  /** What an XMPP contact sees: one for each resource. */
  readonly contact: readonly Publication[];
  /** What a watcher of another protocol is shown of it: the whole. */
  readonly watcher: Pick<Composed, 'availability' | 'activities' | 'notes'>;
  /** Whether somebody who has not been admitted sees it as those who have. */
  readonly isSeenByStrangers: boolean;
}

/** Somebody who watches now. */
export interface WatchingNow {
  readonly address: string;
  readonly edge: string;
  /** The device, or what its program calls itself. */
  readonly program: string;
  /** Epoch milliseconds; undefined for an XMPP contact: as long as it is signed in and admitted. */
  readonly since: number | undefined;
  readonly expiresAt: number | undefined;
  readonly verdict: Verdict;
  /** Ids of the account's own rules that hold for them (RFC 5025). */
  readonly rules: readonly string[];
}

export interface Explanation {
  readonly composed: Composed;
  readonly parts: readonly Part[];
  readonly views: Views;
  readonly watching: readonly WatchingNow[];
}

/** Why an account is shown as it is: who says what, what came of it, who sees what, and who watches. */
export function explain(home: Home): Explanation {
  const composed = presenceOf(home);
  const contact: Publication[] = [];
  forEachSeen(home, (shown) => contact.push(shown));
  const isSeenByStrangers = upkeepOf(home.homes).settings.visibility === 'everyone';
  return {
    composed,
    parts: composed.parts,
    views: { contact, watcher: composed, isSeenByStrangers },
    watching: [...contactsWatching(home), ...otherWatchers(home)],
  };
}

/** RFC 6121 §4.2.2: contacts whom it has admitted, with each device that is available. */
function contactsWatching(home: Home): WatchingNow[] {
  const watching: WatchingNow[] = [];
  for (const address of contactsOf(home).watchers) {
    for (const { id, edge, publication } of home.homes.loaded(address)?.devices.values() ?? []) {
      if (publication === undefined) continue;
      watching.push({ address, edge, program: id, since: undefined, expiresAt: undefined, ...judged(home, address) });
    }
  }
  return watching;
}

function otherWatchers(home: Home): WatchingNow[] {
  return Array.from(watchersOf(home), (watcher) => {
    const { edge, since, expiresAt, userAgent } = watcher.describe();
    const { address } = watcher;
    return { address, edge, program: userAgent, since, expiresAt, ...judged(home, address) };
  });
}

function judged(home: Home, address: string): Pick<WatchingNow, 'verdict' | 'rules'> {
  return { verdict: mayWatch(home, address), rules: judgementOn(home, address)?.rules ?? [] };
}
