/** From an entry of LDAP to what a user is to be. Pure. */

import { kinds } from '../kinds.ts';
import type { MappedField } from './agreement.ts';
import { mappedFields } from './agreement.ts';

/** An entry as it was read: values by attribute, in lower case. */
export interface LdapEntry {
  readonly dn: string;
  readonly values: ReadonlyMap<string, readonly string[]>;
}

export interface Person {
  readonly dn: string;
  readonly userid: string;
  /** Every mapped field; '' where LDAP says nothing. The manager is a DN. */
  readonly fields: Readonly<Record<(typeof mappedFields)[number], string>>;
}

export interface NoPerson {
  readonly dn: string;
  readonly reason: string;
}

const ADDRESS = /^[^\s@]+@[^\s@]+$/;
const SIP = /^sips?:/i;

export function toPerson(
  { dn, values }: LdapEntry,
  attributes: Readonly<Record<MappedField, string>>,
): Person | NoPerson {
  const first = (field: MappedField): string => values.get(attributes[field].toLowerCase())?.[0]?.trim() ?? '';
  const userid = first('userid');
  if (userid === '') return { dn, reason: `the attribute ${attributes.userid} is empty` };
  const longest = longestOf('userid');
  if (userid.length > longest) return { dn, reason: `${attributes.userid} has more than ${longest} characters` };
  const read = mappedFields.map((field) => [field, cut(field, first(field))]);
  const fields = Object.fromEntries(read) as Record<(typeof mappedFields)[number], string>;
  // A user has a last name always; an entry without one is known by its userid.
  if (fields.lastName === '') fields.lastName = cut('lastName', userid);
  fields.directoryUri = fields.directoryUri.replace(SIP, '');
  for (const field of ['mailid', 'directoryUri'] as const) if (!ADDRESS.test(fields[field])) fields[field] = '';
  return { dn, userid, fields };
}

/** What is longer than a user's field may be is cut. */
function cut(field: MappedField, value: string): string {
  return field === 'manager' ? value : value.slice(0, longestOf(field));
}

function longestOf(name: MappedField): number {
  const field = kinds.User.fields[name]!;
  return field.type === 'string' ? field.maxLength : Number.POSITIVE_INFINITY;
}

/** A DN that compares as text: case and blanks around its parts do not count (RFC 4514 §2, RFC 4518 as far as that). */
export function comparableDn(dn: string): string {
  return dn
    .split(/(?<!\\),/)
    .map((part) => part.trim().replace(/\s*=\s*/, '='))
    .join(',')
    .toLowerCase();
}
