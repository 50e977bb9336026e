import type { Home } from '#accounts/home.ts';
import type { Homes } from '#accounts/homes.ts';
import { covers } from '#contacts/block-list.ts';
import { type BlockListChange, blockListChanged, type ContactChange, contactChanged } from '#contacts/hooks.ts';
import { isFrom } from '#contacts/subscription.ts';
import { scenes } from './scene.ts';
import { upkeepOf } from './upkeep.ts';

/** Tells the edges, which hold subscriptions, what contact lists and block lists have become. */
export function startAuthorization(homes: Homes): void {
  homes.hooks.on(contactChanged, 'observe', byContact);
  homes.hooks.on(blockListChanged, 'tell', byBlockList);
}

/** Everybody's authorization to watch an account may be another. */
export function reviewOne(home: Home): void {
  reviewWatchers(home, () => true);
}

function byContact({ home, address, before, after }: ContactChange): void {
  const was = before !== undefined && isFrom(before.subscription);
  const is = after !== undefined && isFrom(after.subscription);
  // A request that was refused changes nothing of what may be seen, but whoever asked is told (RFC 6665 §4.1.3).
  const isRefused = before?.pendingIn === true && after?.pendingIn !== true && !is;
  if (was !== is || isRefused) tell(home, new Set([address]), isRefused);
}

/** Who is blocked, or no longer, of those who watch now. */
function byBlockList({ home, changed }: BlockListChange): void {
  const addresses = new Set(changed);
  reviewWatchers(home, (address) => covers(addresses, address, ''));
}

function reviewWatchers(home: Home, isConcerned: (address: string) => boolean): void {
  const { watchers } = scenes.of(home);
  if (watchers.size === 0) return;
  const concerned = new Set<string>();
  for (const { address } of watchers) if (isConcerned(address)) concerned.add(address);
  if (concerned.size > 0) tell(home, concerned, false);
}

function tell(home: Home, watchers: ReadonlySet<string>, isRefused: boolean): void {
  for (const listener of upkeepOf(home.homes).authorizations) {
    try {
      listener(home, watchers, isRefused);
    } catch (err) {
      home.homes.log.error({ err, account: home.address }, 'watchers could not be told what they may see');
    }
  }
}
