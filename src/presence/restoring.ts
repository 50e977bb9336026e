import type { Homes } from '#accounts/homes.ts';
import { contactsOf } from '#contacts/contact-list.ts';
import { noticeOf, tellAll } from './notices.ts';
import { forEachSeen } from './shown.ts';
import { DELETE_ENDED, SELECT_PUBLISHING } from './source-rows.ts';
import { upkeepOf } from './upkeep.ts';

/** So many homes are loaded at a time, so that people who sign in meanwhile need not wait for all of them. */
const AT_ONCE = 20;

/**
 * Brings back what was published before the server was stopped: the homes of those accounts are loaded, for contacts ask
 * only those that are. Not waited for: whoever publishes again meanwhile loads the home, too.
 * @returns how to stop: this, and the upkeep of sources; what is not written yet is when the homes are closed
 */
export function restoreSources(homes: Homes): () => void {
  const stopping = new AbortController();
  restoreAll(homes, stopping.signal).catch((err: unknown) => {
    if (!stopping.signal.aborted) homes.log.error({ err }, 'what was published before could not be brought back');
  });
  return () => {
    stopping.abort();
    upkeepOf(homes).stop();
  };
}

async function restoreAll(homes: Homes, signal: AbortSignal): Promise<void> {
  const now = homes.clock.now();
  await homes.database.write({ sql: DELETE_ENDED, values: [now] });
  for (let after = ''; ; ) {
    const rows = await homes.database.read(SELECT_PUBLISHING, [now, after]);
    const addresses = rows.map(({ address }) => address as string);
    for (let i = 0; i < addresses.length; i += AT_ONCE) {
      if (signal.aborted) return;
      await Promise.all(addresses.slice(i, i + AT_ONCE).map((address) => restore(homes, address)));
    }
    if (addresses.length === 0) return;
    after = addresses.at(-1)!;
  }
}

/** Contacts who signed in before the home was there have asked in vain. */
async function restore(homes: Homes, address: string): Promise<void> {
  if (homes.loaded(address) !== undefined) return;
  const home = await homes.load(address);
  if (home === undefined) return;
  const { watchers } = contactsOf(home);
  forEachSeen(home, (shown) => tellAll(home, watchers, noticeOf(home, shown)));
}
