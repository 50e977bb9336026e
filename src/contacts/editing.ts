import type { Home } from '#accounts/home.ts';
import type { Homes } from '#accounts/homes.ts';
import { Failure } from '#base/failure.ts';
import { newContact } from './contact.ts';
import { contactsOf } from './contact-list.ts';
import { checkRoom, limitsOf } from './limits.ts';

/** What the owner of a list may say of a contact. */
export interface ContactDetails {
  readonly address: string;
  /** '' for none. */
  readonly name: string;
  readonly groups: readonly string[];
}

/**
 * Adds a contact or gives it another name and other groups (RFC 6121 §2.3, §2.4). Subscriptions stay as they are.
 * @throws {Failure} 'malformed' (a group twice), 'not-acceptable' (a name too long or empty), 'over-limit',
 *   'store-failing'
 */
export async function putContact(home: Home, { address, name, groups }: ContactDetails): Promise<void> {
  checkDetails(home, name, groups);
  const list = contactsOf(home);
  await list.change(() => {
    const before = list.get(address);
    if (!before?.listed) checkRoom(home);
    return [{ address, wanted: { ...(before ?? newContact(address)), name, groups, listed: true } }];
  });
}

/** RFC 6121 §2.3.3. @throws {Failure} 'malformed', 'not-acceptable' */
export function checkDetails(home: Home, name: string, groups: readonly string[]): void {
  const { maxNameLength, maxGroupLength, maxGroups } = limitsOf(home);
  if (name.length > maxNameLength) {
    throw new Failure('not-acceptable', `the name of a contact has ${maxNameLength} characters at most`);
  }
  if (groups.length > maxGroups) throw new Failure('not-acceptable', `a contact is in ${maxGroups} groups at most`);
  if (new Set(groups).size < groups.length) throw new Failure('malformed', 'a group is named twice');
  for (const group of groups) {
    if (group === '') throw new Failure('not-acceptable', 'a group has no name');
    if (group.length > maxGroupLength) {
      throw new Failure('not-acceptable', `the name of a group has ${maxGroupLength} characters at most`);
    }
  }
}

/**
 * Puts people on each other's lists, so that everybody sees everybody; whoever is there keeps name and groups. For
 * setting a server up: nobody is asked.
 * @param people addresses of accounts, and how the others are to see them; unknown addresses are left out
 */
export async function addMutualContacts(homes: Homes, people: readonly ContactDetails[]): Promise<void> {
  const found: { home: Home; details: ContactDetails }[] = [];
  for (const details of people) {
    const home = await homes.load(details.address);
    if (home !== undefined) found.push({ home, details });
  }
  for (const { home } of found) {
    const list = contactsOf(home);
    await list.change(() =>
      found
        .filter((other) => other.home !== home && list.get(other.details.address)?.subscription !== 'both')
        .map(({ details }) => {
          const before = list.get(details.address);
          const known = before?.listed ? before : { ...newContact(details.address), ...details };
          const both = {
            subscription: 'both',
            pendingOut: false,
            pendingIn: false,
            request: '',
            listed: true,
          } as const;
          return { address: details.address, wanted: { ...known, ...both } };
        }),
    );
  }
}
