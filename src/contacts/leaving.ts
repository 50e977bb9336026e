import type { Account, Accounts } from '#accounts/accounts.ts';
import type { Home } from '#accounts/home.ts';
import type { Homes } from '#accounts/homes.ts';
import { contactsOf } from './contact-list.ts';

/**
 * An account is removed: whom it watched and who watched it is told that both are over (RFC 6121 §3.2, §3.3), and keeps
 * no subscription to nobody. Works on what the home has in memory, also after its rows are gone. Resolves when all have
 * it on disk; who cannot be told is logged, for nothing can be taken back.
 */
export async function leaveContacts(home: Home): Promise<void> {
  const { watched, watchers } = contactsOf(home);
  const say = async (to: string, type: 'unsubscribe' | 'unsubscribed'): Promise<void> => {
    try {
      await home.homes.tellSurely(to, { kind: 'subscription', type, from: home.address, stanza: '' });
    } catch (err) {
      home.homes.log.warn({ err, account: home.address }, 'a contact could not be told that an account is gone');
    }
  };
  const told = watched.map((address) => say(address, 'unsubscribe'));
  await Promise.all([...told, ...watchers.map((address) => say(address, 'unsubscribed'))]);
}

/**
 * Removes an account with all that is its own, and takes leave of its contacts.
 * @throws {Failure} 'not-found'
 */
export async function removeAccount(accounts: Accounts, homes: Homes, account: Account): Promise<void> {
  // Whom it knew is in its home, and nowhere else once its rows are gone.
  const home = await homes.open(account);
  await accounts.remove(account.address);
  if (home !== undefined) await leaveContacts(home);
}
