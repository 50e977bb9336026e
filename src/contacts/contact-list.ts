import { accountTable } from '#accounts/account-tables.ts';
import { type Home, homePart } from '#accounts/home.ts';
import type { Row, Statement } from '#store/database.ts';
import { type Contact, fromRow, PUT_CONTACT, SELECT_CONTACTS, toValues, type Wanted } from './contact.ts';
import { type ContactChange, contactChanged } from './hooks.ts';
import { isFrom, isTo } from './subscription.ts';

accountTable('contacts', 'account');
accountTable('contact_lists', 'account');
accountTable('contact_removals', 'account');

/** What is to become of one address; without `wanted` it is taken out. */
export interface Edit {
  readonly address: string;
  readonly wanted: Wanted | undefined;
}

/** So many removals are remembered; a device that knows only what was before them is told the whole list. */
const KEPT_REMOVALS = 500;

const PUT_LIST = `insert into contact_lists (account, version, complete_since) values (?, ?, ?)
  on conflict (account) do update set version = excluded.version, complete_since = excluded.complete_since`;
const PUT_REMOVAL = `insert into contact_removals (account, address, version) values (?, ?, ?)
  on conflict (account, address) do update set version = excluded.version`;
const DELETE_CONTACT = 'delete from contacts where account = ? and address = ?';
const DELETE_REMOVAL = 'delete from contact_removals where account = ? and address = ?';
const FORGET_REMOVALS = 'delete from contact_removals where account = ? and version <= ?';

/**
 * An account's contact list: the one truth for who may watch it and whom it watches. What is in memory is what is on
 * disk: changes are made one after the other, and show only when they are committed, so a failing store leaves nothing
 * to take back. Lists change rarely and are read with every presence; who watches is kept ready in arrays.
 */
export class ContactList {
  readonly #home: Home;
  readonly #contacts = new Map<string, Contact>();
  readonly #removals = new Map<string, number>();
  #version = 0;
  /** From this version on it is known what was removed since. */
  #completeSince = 0;
  #watchers: readonly string[] = [];
  #watched: readonly string[] = [];
  #turn: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** @param rows the contacts, the removals, and the versions */
  constructor(home: Home, [contacts = [], removals = [], versions = []]: Row[][]) {
    this.#home = home;
    const list = versions[0];
    for (const row of contacts) this.#contacts.set(row.address as string, fromRow(row));
    for (const row of removals) this.#removals.set(row.address as string, row.version as number);
    this.#version = (list?.version as number | undefined) ?? 0;
    this.#completeSince = (list?.complete_since as number | undefined) ?? 0;
    this.#index();
  }

  /** Moves on with every change that the owner can see. */
  get version(): number {
    return this.#version;
  }

  /** Addresses of those who may see the account. */
  get watchers(): readonly string[] {
    return this.#watchers;
  }

  /** Addresses of those whom the account may see. */
  get watched(): readonly string[] {
    return this.#watched;
  }

  /** Whether changes are under way. */
  get busy(): boolean {
    return this.#waiting > 0;
  }

  get(address: string): Contact | undefined {
    return this.#contacts.get(address);
  }

  /** Those on the list and those who ask to be admitted; `listed` tells them apart. */
  all(): IterableIterator<Contact> {
    return this.#contacts.values();
  }

  /** How many contacts are of a kind. */
  count(kind: (contact: Contact) => boolean): number {
    let count = 0;
    for (const contact of this.#contacts.values()) if (kind(contact)) count++;
    return count;
  }

  /**
   * What a device that knows a version has missed, oldest first; removed contacts have only an address.
   * @returns undefined when that cannot be told any more, or when it never was a version of this list
   */
  since(version: number): { address: string; version: number; contact: Contact | undefined }[] | undefined {
    if (version < this.#completeSince || version > this.#version) return undefined;
    const missed: { address: string; version: number; contact: Contact | undefined }[] = [];
    for (const contact of this.#contacts.values()) {
      if (contact.listed && contact.version > version) missed.push({ ...contact, contact });
    }
    for (const [address, at] of this.#removals) {
      if (at > version) missed.push({ address, version: at, contact: undefined });
    }
    return missed.sort((a, b) => a.version - b.version);
  }

  /**
   * Changes the list, once it is this change's turn.
   * @param decide  what is to change, by the list as it is then; what it throws is thrown
   * @param first   done when the change is on disk, before the owner's devices are told of the new list
   * @returns what changed, when it is on disk and the devices were told
   * @throws {Failure} 'store-failing': nothing has changed
   */
  change(
    decide: () => readonly Edit[],
    first?: (changes: readonly ContactChange[]) => void,
  ): Promise<readonly ContactChange[]> {
    this.#waiting++;
    const turn = this.#turn.then(() => this.#change(decide, first)).finally(() => this.#waiting--);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async #change(
    decide: () => readonly Edit[],
    first: ((changes: readonly ContactChange[]) => void) | undefined,
  ): Promise<readonly ContactChange[]> {
    const changes = this.#plan(decide());
    if (changes.length > 0) {
      await this.#write(changes);
      this.#apply(changes);
    }
    first?.(changes);
    for (const change of changes) this.#home.homes.hooks.run(contactChanged, change);
    return changes;
  }

  #plan(edits: readonly Edit[]): ContactChange[] {
    let version = this.#version;
    const changes: ContactChange[] = [];
    for (const { address, wanted } of edits) {
      const before = this.#contacts.get(address);
      if (before === undefined && wanted === undefined) continue;
      if (before?.listed || wanted?.listed) version++;
      changes.push({ home: this.#home, address, before, after: wanted && { ...wanted, version }, version });
    }
    return changes;
  }

  async #write(changes: readonly ContactChange[]): Promise<void> {
    const { database } = this.#home.homes;
    const account = this.#home.account.id;
    const statements: Statement[] = [];
    for (const { address, before, after, version } of changes) {
      if (after !== undefined) statements.push({ sql: PUT_CONTACT, values: toValues(account, after) });
      else statements.push({ sql: DELETE_CONTACT, values: [account, address] });
      if (leftTheList(before, after)) statements.push({ sql: PUT_REMOVAL, values: [account, address, version] });
      else if (after?.listed && this.#removals.has(address))
        statements.push({ sql: DELETE_REMOVAL, values: [account, address] });
    }
    const completeSince = this.#forgottenAfter(changes);
    if (completeSince > this.#completeSince)
      statements.push({ sql: FORGET_REMOVALS, values: [account, completeSince] });
    statements.push({ sql: PUT_LIST, values: [account, changes.at(-1)!.version, completeSince] });
    await database.write(...statements);
  }

  #apply(changes: readonly ContactChange[]): void {
    const completeSince = this.#forgottenAfter(changes);
    for (const { address, before, after, version } of changes) {
      if (after !== undefined) this.#contacts.set(address, after);
      else this.#contacts.delete(address);
      if (leftTheList(before, after)) this.#removals.set(address, version);
      else if (after?.listed) this.#removals.delete(address);
    }
    for (const [address, version] of this.#removals) if (version <= completeSince) this.#removals.delete(address);
    this.#completeSince = completeSince;
    this.#version = changes.at(-1)!.version;
    this.#index();
  }

  /** The version up to which removals are forgotten once these changes are made. */
  #forgottenAfter(changes: readonly ContactChange[]): number {
    const removed = changes.filter(({ before, after }) => leftTheList(before, after));
    const tooMany = this.#removals.size + removed.length - KEPT_REMOVALS;
    if (tooMany <= 0) return this.#completeSince;
    const versions = [...this.#removals.values(), ...removed.map(({ version }) => version)].sort((a, b) => a - b);
    return versions[tooMany - 1]!;
  }

  #index(): void {
    const contacts = [...this.#contacts.values()];
    this.#watchers = contacts.filter(({ subscription }) => isFrom(subscription)).map(({ address }) => address);
    this.#watched = contacts.filter(({ subscription }) => isTo(subscription)).map(({ address }) => address);
  }
}

function leftTheList(before: Contact | undefined, after: Contact | undefined): boolean {
  return before?.listed === true && after?.listed !== true;
}

const lists = homePart<ContactList>({
  queries: [
    SELECT_CONTACTS,
    'select address, version from contact_removals where account = ?',
    'select version, complete_since from contact_lists where account = ?',
  ],
  load: (home, rows) => new ContactList(home, rows),
  busy: (list) => list.busy,
});

export function contactsOf(home: Home): ContactList {
  return lists.of(home);
}

/** Whether somebody is on the account's list, whatever may be seen. */
export function isContact(home: Home, address: string): boolean {
  return lists.of(home).get(address)?.listed === true;
}

/** Whether somebody may see the account. */
export function isSubscribedFrom(home: Home, address: string): boolean {
  const contact = lists.of(home).get(address);
  return contact !== undefined && isFrom(contact.subscription);
}

/** Whether the account may see somebody. */
export function isSubscribedTo(home: Home, address: string): boolean {
  const contact = lists.of(home).get(address);
  return contact !== undefined && isTo(contact.subscription);
}
