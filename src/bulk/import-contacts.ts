/** Contact lists from a file: adds contacts and groups to what is there, and removes nothing. */
import type { Home } from '#accounts/home.ts';
import { Failure } from '#base/failure.ts';
import { contactsOf } from '#contacts/contact-list.ts';
import { requestArriving } from '#contacts/hooks.ts';
import { editContacts } from '#contacts/several.ts';
import { say } from '#contacts/subscribing.ts';
import { isFrom, isTo } from '#contacts/subscription.ts';
import {
  CONTACT_COLUMNS,
  type ContactRow,
  type ListState,
  REQUIRED_CONTACT_COLUMNS,
  readContactRow,
} from './contact-row.ts';
import { isHeader } from './header.ts';
import { joinAddress, shownAddress } from './im-address.ts';
import { homeOf, knownUser } from './known-users.ts';
import { noOptions } from './options.ts';
import { type BulkWorld, contactWords, type Outcome, type RowWork, type Run, type Transaction } from './transaction.ts';

const OVER_LIMIT = "User's contact list is over limit";

export const importContacts: Transaction = {
  name: 'import-contacts',
  target: 'Contact Lists',
  title: "Import Users' Contacts - Custom File",
  help: `Adds contacts to contact lists. Columns: ${CONTACT_COLUMNS.join(', ')}; State may be left out.`,
  words: contactWords('imported'),
  checkOptions: noOptions,
  work: { kind: 'file', begin: (run) => new ContactImport(run) },
};

class ContactImport implements RowWork {
  readonly #world: BulkWorld;
  readonly #isDryRun: boolean;
  /** What a run would have added, by user, for one that adds nothing. A user has as many as a list holds at most. */
  readonly #wouldAdd = new Map<string, Set<string>>();

  constructor({ world, isDryRun }: Run) {
    this.#world = world;
    this.#isDryRun = isDryRun;
  }

  header(cells: readonly string[]): boolean {
    return isHeader(cells, CONTACT_COLUMNS, REQUIRED_CONTACT_COLUMNS);
  }

  lane([name = '', domain = '']: readonly string[]): string {
    return `${name.trim()}@${domain.trim()}`.toLowerCase();
  }

  async row(cells: readonly string[]): Promise<Outcome> {
    const row = readContactRow(cells);
    const [user, other] = [named(cells, 0), named(cells, 2)];
    if ('reason' in row) return { user, other, reason: row.reason };
    const reason = await this.#import(row);
    return reason === undefined ? undefined : { user, other, reason };
  }

  /** @returns why it was ignored */
  async #import(row: ContactRow): Promise<string | undefined> {
    const contact = joinAddress(row.contactName, row.contactDomain);
    if (contact === undefined) return 'Invalid format: Contact ID and Contact Domain are no address';
    const user = joinAddress(row.userName, row.userDomain);
    if (contact === user) return 'Cannot add self as a contact';
    const known = await knownUser(this.#world, user);
    if ('reason' in known) return known.reason;
    const home = await homeOf(this.#world, known.account);
    if (home === undefined) return 'User does not exist';
    try {
      if (this.#isDryRun) return this.#tryOut(home, contact);
      await this.#put(home, contact, row);
      await this.#subscribe(home, contact, row.state);
      return undefined;
    } catch (error) {
      return reasonOf(error);
    }
  }

  #tryOut(home: Home, contact: string): string | undefined {
    const list = contactsOf(home);
    if (list.get(contact)?.listed) return undefined;
    const added = this.#wouldAdd.get(home.address) ?? new Set();
    this.#wouldAdd.set(home.address, added);
    if (added.has(contact)) return undefined;
    if (list.count(({ listed }) => listed) + added.size >= this.#world.maxContacts()) return OVER_LIMIT;
    added.add(contact);
    return undefined;
  }

  /** Adds the contact, or what the line knows more of it. What is there stays. */
  #put(home: Home, address: string, { nickname, group }: ContactRow): Promise<void> {
    const wanted = group === this.#world.defaultGroup() ? [] : [group];
    return editContacts(home, () => {
      const before = contactsOf(home).get(address);
      const known = before?.listed ? before : undefined;
      const groups = [...new Set([...(known?.groups ?? []), ...wanted])];
      const name = nickname === '' ? (known?.name ?? '') : nickname;
      const isSame = known !== undefined && name === known.name && groups.length === known.groups.length;
      return { put: isSame ? [] : [{ address, name, groups }], removed: [] };
    });
  }

  /** Whom the user is to see is asked; nobody is prompted where people see each other without. */
  async #subscribe(home: Home, contact: string, state: ListState): Promise<void> {
    if (!this.#world.domains.includes(contact.slice(contact.indexOf('@') + 1))) return;
    const before = contactsOf(home).get(contact);
    if (before === undefined) return;
    if (state.from && !isFrom(before.subscription) && !before.approved) await say(home, 'subscribed', contact, '');
    const isWanted = !state.isKnown || state.to || state.pendingOut;
    if (!isWanted || isTo(before.subscription) || before.pendingOut) return;
    await this.#ask(home, contact);
  }

  async #ask(home: Home, contact: string): Promise<void> {
    const { hooks } = this.#world.homes;
    const withdraw = this.#world.isVisibleToAll()
      ? hooks.on(requestArriving, 'decide', (request) => {
          if (request.from === home.address && request.home.address === contact) request.isApproved = true;
        })
      : undefined;
    try {
      await say(home, 'subscribe', contact, '');
    } catch (error) {
      // A contact without an account is kept on the list, as one that a user adds by hand.
      if (!(error instanceof Failure) || error.kind !== 'not-found') throw error;
    } finally {
      withdraw?.();
    }
  }
}

/** What a failure means for a line; what is no fault of the line is thrown on. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Failure)) throw error;
  if (error.kind === 'over-limit') return OVER_LIMIT;
  if (error.kind === 'not-acceptable' || error.kind === 'malformed') return `Invalid format: ${error.message}`;
  throw error;
}

function named(cells: readonly string[], at: number): string {
  const [name = '', domain = ''] = cells.slice(at, at + 2).map((cell) => cell.trim());
  return shownAddress(`${name}@${domain}`).slice(0, 300);
}
