/** Reads who is in LDAP: all of an agreement, or what has changed since a time. */
import { FilterParser } from 'ldapts';
import { Failure } from '#base/failure.ts';
import { type Agreement, type MappedField, mappedFields, personFilters, standardAttributes } from './agreement.ts';
import type { LdapConnection } from './ldap-connection.ts';
import { comparableDn, type LdapEntry, type NoPerson, type Person, toPerson } from './person.ts';

/** Of both kinds of directories; one that a directory does not know is not in its answers. */
const CHANGED = ['modifyTimestamp', 'whenChanged'];
const MEMBERS = ['member', 'uniquemember', 'memberuid'];
const GROUPS =
  '(|(objectClass=group)(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=posixGroup))';
/** Active Directory gives long lists in pieces: `member;range=0-1499`. */
const RANGE = /^(member|uniquemember);range=(\d+)-(\d+|\*)$/;

export interface ReadPeople {
  readonly people: readonly (Person | NoPerson)[];
  /** The newest change among them, as LDAP writes times; undefined where it tells none. */
  readonly newest: string | undefined;
}

/**
 * @param since only who was changed then or later, as LDAP writes times; undefined for all
 * @param progress told how many have been read, from time to time
 * @throws {Failure} 'unavailable' where it breaks off: then nothing is returned
 */
export async function readPeople(
  connection: LdapConnection,
  agreement: Agreement,
  since: string | undefined,
  progress: (read: number) => void,
): Promise<ReadPeople> {
  const kind = await connection.kind();
  const attributes: Record<MappedField, string> = { ...standardAttributes[kind], ...agreement.attributes };
  const members = agreement.groupFilter === '' ? undefined : await readMembers(connection, agreement);
  const changedBy = kind === 'Active Directory' ? 'whenChanged' : 'modifyTimestamp';
  const own = agreement.filter === '' ? '' : checkFilter(agreement.filter);
  const filters = [personFilters[kind], own, since === undefined ? '' : `(${changedBy}>=${since})`];
  const filter = `(&${filters.join('')})`;
  const asked = [...new Set([attributes.userid, ...mappedFields.map((field) => attributes[field]), ...CHANGED])];
  const people: (Person | NoPerson)[] = [];
  let newest: string | undefined;
  for await (const entries of connection.search(agreement.base, filter, asked)) {
    for (const entry of entries) {
      const changedAt = CHANGED.map((name) => entry.values.get(name.toLowerCase())?.[0]).find(
        (time) => time !== undefined,
      );
      if (changedAt !== undefined && (newest === undefined || changedAt > newest)) newest = changedAt;
      const person = toPerson(entry, attributes);
      if (members === undefined || isMember(person, members)) people.push(person);
    }
    progress(people.length);
  }
  return { people, newest };
}

function isMember(person: Person | NoPerson, members: ReadonlySet<string>): boolean {
  return (
    members.has(comparableDn(person.dn)) || ('userid' in person && members.has(`uid ${person.userid.toLowerCase()}`))
  );
}

/** Who is in the groups that are meant, or in a group in them; groups that are in each other end nothing and loop nowhere. */
async function readMembers(connection: LdapConnection, agreement: Agreement): Promise<Set<string>> {
  const groups = new Map<string, readonly string[]>();
  for await (const entries of connection.search(agreement.base, GROUPS, MEMBERS)) {
    for (const entry of entries) groups.set(comparableDn(entry.dn), await membersOf(connection, entry));
  }
  const members = new Set<string>();
  const waiting: string[] = [];
  for await (const entries of connection.search(agreement.base, checkFilter(agreement.groupFilter), ['1.1'])) {
    waiting.push(...entries.map(({ dn }) => comparableDn(dn)));
  }
  const seen = new Set<string>();
  for (let group = waiting.pop(); group !== undefined; group = waiting.pop()) {
    if (seen.has(group)) continue;
    seen.add(group);
    for (const member of groups.get(group) ?? []) {
      if (groups.has(member)) waiting.push(member);
      else members.add(member);
    }
  }
  return members;
}

async function membersOf(connection: LdapConnection, entry: LdapEntry): Promise<string[]> {
  const dns = [...(entry.values.get('member') ?? []), ...(entry.values.get('uniquemember') ?? [])];
  for (let next = rangeIn(entry); next !== undefined; ) {
    dns.push(...next.values);
    if (next.end === '*') break;
    const more: LdapEntry | undefined = await connection.read(entry.dn, [
      `${next.name};range=${Number(next.end) + 1}-*`,
    ]);
    next = more && rangeIn(more);
  }
  const uids = (entry.values.get('memberuid') ?? []).map((uid) => `uid ${uid.toLowerCase()}`);
  return [...dns.map(comparableDn), ...uids];
}

function rangeIn({ values }: LdapEntry): { name: string; end: string; values: readonly string[] } | undefined {
  for (const [attribute, dns] of values) {
    const [, name, , end] = RANGE.exec(attribute) ?? [];
    if (name !== undefined && end !== undefined && dns.length > 0) return { name, end, values: dns };
  }
  return undefined;
}

/** By itself, for within others a parenthesis too few would go unseen. @throws {Failure} 'malformed' (RFC 4515) */
function checkFilter(filter: string): string {
  try {
    return FilterParser.parseString(filter).toString();
  } catch (error) {
    throw new Failure('malformed', `${filter} is no LDAP filter: ${(error as Error).message}`);
  }
}
