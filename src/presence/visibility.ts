import type { Home } from '#accounts/home.ts';
import { upkeepOf } from './upkeep.ts';

/** Whether somebody sees an account without having asked: both are of this server, and that is how it is set. */
export function isSeenUnasked({ homes }: Home, address: string): boolean {
  const { settings, domains } = upkeepOf(homes);
  return settings.visibility === 'everyone' && domains.has(address.slice(address.indexOf('@') + 1));
}
