import type { Home } from '#accounts/home.ts';
import { newContact } from './contact.ts';
import { contactsOf, type Edit } from './contact-list.ts';
import { type ContactDetails, checkDetails } from './editing.ts';
import { checkRoom } from './limits.ts';
import { takeLeave } from './subscribing.ts';

/** What is to become of several contacts. Those that are not named stay as they are. */
export interface ContactEdits {
  readonly put: readonly ContactDetails[];
  /** Those that are not on the list do not matter. */
  readonly removed: readonly string[];
}

/**
 * Puts and removes several contacts as one: all of it is on disk, or nothing. Whoever is removed is told, as by
 * `removeContact`.
 * @param decide what is to change, by the list as it is when its turn has come; what it throws is thrown
 * @throws {Failure} as `putContact`
 */
export async function editContacts(home: Home, decide: () => ContactEdits): Promise<void> {
  const list = contactsOf(home);
  const changes = await list.change(() => {
    const { put, removed } = decide();
    const isListed = (address: string) => list.get(address)?.listed === true;
    const leaving = removed.filter(isListed);
    for (const { name, groups } of put) checkDetails(home, name, groups);
    checkRoom(home, put.filter(({ address }) => !isListed(address)).length - leaving.length);
    return [
      ...put.map(({ address, name, groups }): Edit => {
        const before = list.get(address) ?? newContact(address);
        return { address, wanted: { ...before, name, groups, listed: true } };
      }),
      ...leaving.map((address) => ({ address, wanted: undefined })),
    ];
  });
  for (const { before, after } of changes) {
    if (after === undefined && before !== undefined) await takeLeave(home, before);
  }
}
