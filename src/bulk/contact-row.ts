/** One line of the contact list file: its columns, and what is wrong with them. Pure. */
import { isContactDomain } from './im-address.ts';

export const CONTACT_COLUMNS = [
  'User ID',
  'User Domain',
  'Contact ID',
  'Contact Domain',
  'Nickname',
  'Group Name',
  'State',
] as const;

/** Files of releases before 12.5 have no State. */
export const REQUIRED_CONTACT_COLUMNS = 6;

const LONGEST: readonly number[] = [132, 128, 132, 128, 255, 255, 10];
const NICKNAME = 4;

export interface ContactRow {
  readonly userName: string;
  readonly userDomain: string;
  readonly contactName: string;
  readonly contactDomain: string;
  readonly nickname: string;
  readonly group: string;
  readonly state: ListState;
}

/** What the State column says: 1 to, 2 from, 3 both, + 4 asked, + 8 was asked; 0 or anything else: not known. */
export interface ListState {
  readonly isKnown: boolean;
  readonly to: boolean;
  readonly from: boolean;
  readonly pendingOut: boolean;
  readonly pendingIn: boolean;
}

/** @returns the row, or why it is ignored */
export function readContactRow(cells: readonly string[]): ContactRow | { readonly reason: string } {
  const fault = formatFault(cells);
  if (fault !== undefined) return { reason: `Invalid format: ${fault}` };
  const [userName, userDomain, contactName, contactDomain, nickname, group, state = ''] = cells.map((cell) =>
    cell.trim(),
  ) as [string, string, string, string, string, string, string?];
  if (!isContactDomain(contactDomain)) return { reason: 'Invalid contact domain' };
  return { userName, userDomain, contactName, contactDomain, nickname, group, state: readState(state) };
}

function formatFault(cells: readonly string[]): string | undefined {
  if (cells.length < REQUIRED_CONTACT_COLUMNS) return `${cells.length} columns instead of ${REQUIRED_CONTACT_COLUMNS}`;
  if (cells.length > CONTACT_COLUMNS.length) return `${cells.length} columns instead of ${CONTACT_COLUMNS.length}`;
  for (const [i, cell] of cells.entries()) {
    const name = CONTACT_COLUMNS[i]!;
    const text = cell.trim();
    if (text === '' && i < REQUIRED_CONTACT_COLUMNS && i !== NICKNAME) return `${name} is empty`;
    // A state is never longer; what is, is not known.
    if (text.length > LONGEST[i]! && name !== 'State') return `${name} is longer than ${LONGEST[i]} characters`;
  }
  return undefined;
}

export function readState(text: string): ListState {
  const number = /^\d{1,2}$/.test(text) ? Number(text) : 0;
  const bits = number > 15 ? 0 : number;
  const has = (bit: number) => (bits & bit) !== 0;
  return { isKnown: bits > 0, to: has(1), from: has(2), pendingOut: has(4), pendingIn: has(8) };
}

export function writeState(contact: { subscription: string; pendingOut: boolean; pendingIn: boolean }): string {
  const { subscription, pendingOut, pendingIn } = contact;
  const base = ['none', 'to', 'from', 'both'].indexOf(subscription);
  return `${base + (pendingOut ? 4 : 0) + (pendingIn ? 8 : 0)}`;
}
