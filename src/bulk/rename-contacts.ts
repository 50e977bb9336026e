/** Contacts that have another address, in all contact lists of this server (a migration from elsewhere). */
import { contactsOf } from '#contacts/contact-list.ts';
import { renameContact } from '#contacts/renaming.ts';
import { probeOne } from '#presence/probes.ts';
import { isHeader } from './header.ts';
import { isContactDomain, readAddress } from './im-address.ts';
import { noOptions } from './options.ts';
import { type BulkWorld, contactWords, type Outcome, type RowWork, type Run, type Transaction } from './transaction.ts';

const COLUMNS = ['Contact ID', 'New Contact ID'] as const;
/** So many lists are changed side by side. */
const AT_ONCE = 32;
const SELECT_OWNERS = `select accounts.address as owner from contacts join accounts on accounts.id = contacts.account
  where contacts.address = ? and accounts.address > ? order by accounts.address limit ${AT_ONCE}`;

export const renameContacts: Transaction = {
  name: 'rename-contacts',
  target: 'Contacts',
  title: 'Rename Contacts - Custom File',
  help: `Gives contacts another address in every list that has them. Columns: ${COLUMNS.join(', ')}, with a header.`,
  words: contactWords('renamed'),
  checkOptions: noOptions,
  work: { kind: 'file', begin: (run) => new ContactRename(run) },
};

class ContactRename implements RowWork {
  readonly #world: BulkWorld;
  readonly #isDryRun: boolean;

  constructor({ world, isDryRun }: Run) {
    this.#world = world;
    this.#isDryRun = isDryRun;
  }

  header(cells: readonly string[]): boolean {
    return isHeader(cells, COLUMNS, COLUMNS.length);
  }

  /** One after the other: a row may rename what another has renamed. */
  lane(): string {
    return '';
  }

  async row(cells: readonly string[], isRepeated: boolean): Promise<Outcome> {
    const [from = '', to = ''] = cells.map((cell) => cell.trim());
    const reason = await this.#rename(cells.length, from, to, isRepeated);
    return reason === undefined ? undefined : { user: from.slice(0, 300), other: to.slice(0, 300), reason };
  }

  async #rename(columns: number, from: string, to: string, isRepeated: boolean): Promise<string | undefined> {
    if (columns !== COLUMNS.length) return `Invalid format: ${columns} columns instead of ${COLUMNS.length}`;
    const [oldAddress, newAddress] = [readAddress(from), readAddress(to)];
    if (oldAddress === undefined) return 'Invalid format: Contact ID is no address';
    if (newAddress === undefined) return 'Invalid format: New Contact ID is no address';
    if (!isContactDomain(newAddress.slice(newAddress.indexOf('@') + 1))) return 'Invalid contact domain';
    if (oldAddress === newAddress) return 'Invalid format: both addresses are the same';
    const lists = await this.#inAllLists(oldAddress, newAddress);
    return lists > 0 || isRepeated ? undefined : 'Contact is in no contact list';
  }

  /** @returns how many lists had the contact */
  async #inAllLists(from: string, to: string): Promise<number> {
    let count = 0;
    for (let last = ''; ; ) {
      const owners = await this.#world.database.read(SELECT_OWNERS, [from, last]);
      count += owners.length;
      if (!this.#isDryRun)
        await Promise.all(owners.map(({ owner }) => renameIn(this.#world, owner as string, from, to)));
      if (owners.length < AT_ONCE) return count;
      last = owners.at(-1)!.owner as string;
    }
  }
}

/** Also in the lists of accounts that may not sign in now. */
async function renameIn({ accounts, homes }: BulkWorld, owner: string, from: string, to: string): Promise<void> {
  const account = await accounts.find(owner);
  const home = account && (await homes.open(account));
  if (home === undefined || !(await renameContact(home, from, to))) return;
  if (!contactsOf(home).watched.includes(to)) return;
  for (const device of home.devices.values()) if (device.publication !== undefined) probeOne(device, to);
}
