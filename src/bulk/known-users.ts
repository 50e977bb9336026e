import type { Account } from '#accounts/accounts.ts';
import type { Home } from '#accounts/home.ts';
import type { BulkWorld } from './transaction.ts';

/** Whom a line may be about: the account, or the reason why there is none to work on. */
export type Known = { readonly account: Account } | { readonly reason: string };

const NOT_LOCAL = 'User is not assigned to local node';
const UNKNOWN = 'User does not exist';
const NOT_ENABLED = 'User is not enabled for IM and Presence';

/** Looks users up as lines name them. @param address prepared; undefined where it is no address */
export async function knownUser({ accounts, domains }: BulkWorld, address: string | undefined): Promise<Known> {
  if (address === undefined) return { reason: UNKNOWN };
  if (!domains.includes(address.slice(address.indexOf('@') + 1))) return { reason: NOT_LOCAL };
  const account = await accounts.find(address);
  if (account === undefined) return { reason: UNKNOWN };
  return account.enabled ? { account } : { reason: NOT_ENABLED };
}

/** The home of somebody who was just found; undefined where the account is gone meanwhile. */
export function homeOf({ homes }: BulkWorld, account: Account): Promise<Home | undefined> {
  return homes.open(account);
}
