import type { Row, Value } from '#store/database.ts';
import type { Standing, Subscription } from './subscription.ts';

/** One person on an account's contact list, or one who asks to be. Never changed: a change makes a new one. */
export interface Contact extends Standing {
  /** Whom it is about: 'local@domain', or a domain alone. Prepared. */
  readonly address: string;
  /** What the owner calls it; '' where it has no name. */
  readonly name: string;
  readonly groups: readonly string[];
  /**
   * Whether the owner sees it on the list. Somebody who only asks to be admitted is not listed (RFC 6121 §3.1.3), but
   * must be remembered.
   */
  readonly listed: boolean;
  /** While `pendingIn`: the request as it came, to be handed to devices that sign in later; '' where it said nothing. */
  readonly request: string;
  /** The version of the list in which it became as it is now. */
  readonly version: number;
}

/** A contact as somebody wants it; the list gives it a version. */
export type Wanted = Omit<Contact, 'version'>;

/** A contact of whom only the address is known. */
export function newContact(address: string): Wanted {
  return {
    address,
    name: '',
    groups: [],
    subscription: 'none',
    pendingOut: false,
    pendingIn: false,
    approved: false,
    listed: false,
    request: '',
  };
}

const COLUMNS = [
  'account',
  'address',
  'name',
  'group_names',
  'subscription',
  'pending_out',
  'pending_in',
  'approved',
  'listed',
  'request',
  'version',
];

export const SELECT_CONTACTS = `select ${COLUMNS.join(', ')} from contacts where account = ?`;

export const PUT_CONTACT = `insert into contacts (${COLUMNS.join(', ')})
  values (${COLUMNS.map(() => '?').join(', ')})
  on conflict (account, address) do update set
  ${COLUMNS.slice(2)
    .map((column) => `${column} = excluded.${column}`)
    .join(', ')}`;

export function toValues(accountId: number, contact: Contact): Value[] {
  return [
    accountId,
    contact.address,
    contact.name,
    JSON.stringify(contact.groups),
    contact.subscription,
    Number(contact.pendingOut),
    Number(contact.pendingIn),
    Number(contact.approved),
    Number(contact.listed),
    contact.request,
    contact.version,
  ];
}

export function fromRow(row: Row): Contact {
  return {
    address: row.address as string,
    name: row.name as string,
    groups: JSON.parse(row.group_names as string),
    subscription: row.subscription as Subscription,
    pendingOut: row.pending_out === 1,
    pendingIn: row.pending_in === 1,
    approved: row.approved === 1,
    listed: row.listed === 1,
    request: row.request as string,
    version: row.version as number,
  };
}
