import type { Home } from '#accounts/home.ts';
import { judgementOn } from './rules/rulebook.ts';
import { upkeepOf } from './upkeep.ts';

/**
 * Whether somebody sees an account without having asked: both are of this server, and that is how it is set; or the
 * account's own rules allow it to many.
 */
export function isSeenUnasked(home: Home, address: string): boolean {
  if (isAllowedToMany(home, address)) return true;
  const { settings, domains } = upkeepOf(home.homes);
  return settings.visibility === 'everyone' && domains.has(address.slice(address.indexOf('@') + 1));
}

/** Whether rules of the account allow everybody, or a whole domain that somebody is of, to watch. */
export function isAllowedToMany(home: Home, address: string): boolean {
  const judgement = judgementOn(home, address);
  return judgement?.handling === 'allow' && judgement.isOfMany;
}
