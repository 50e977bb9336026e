/** What a run changes, decided before anything is changed. Pure. */
import { Failure } from '#base/failure.ts';
import type { mappedFields } from './agreement.ts';
import { comparableDn, type NoPerson, type Person } from './person.ts';

export type UserFields = Record<(typeof mappedFields)[number], string>;

/** A user as it is here. */
export interface KnownUser {
  readonly uuid: string;
  readonly userid: string;
  /** uuid of the agreement that it is from; undefined for one that is made and kept here. */
  readonly agreement: string | undefined;
  readonly active: boolean;
  readonly fields: Readonly<UserFields>;
}

export interface Aside {
  readonly who: string;
  readonly reason: string;
}

export interface Plan {
  readonly added: readonly { readonly userid: string; readonly fields: UserFields }[];
  readonly updated: readonly {
    readonly uuid: string;
    readonly userid: string;
    readonly fields: Partial<UserFields>;
    readonly activated: boolean;
  }[];
  /** Not in LDAP any more: they may not sign in, and nothing of them is deleted. */
  readonly deactivated: readonly { readonly uuid: string; readonly userid: string }[];
  readonly unchanged: number;
  readonly aside: readonly Aside[];
}

export interface PlanInput {
  readonly agreement: string;
  readonly people: readonly (Person | NoPerson)[];
  readonly known: readonly KnownUser[];
  /** Whether `people` are all there are; of a part nobody is missed. */
  readonly whole: boolean;
  /** Take away however many are missing. */
  readonly force: boolean;
}

/** More than so many missing at once, and more than a part of all, look like a mistake. */
const FEW_MISSING = 10;
const MOST_MISSING = 0.2;

/**
 * @throws {Failure} 'not-acceptable' where LDAP has nobody, or far fewer than before: then nothing is to be changed
 */
export function plan({ agreement, people, known, whole, force }: PlanInput): Plan {
  const byUserid = new Map(known.map((user) => [user.userid.toLowerCase(), user]));
  const aside: Aside[] = [];
  const taken = takeEachOnce(people, aside);
  const useridOfDn = new Map(taken.map(({ dn, userid }) => [comparableDn(dn), userid]));
  const uris = new Map(
    known
      .filter(({ fields }) => fields.directoryUri !== '')
      .map((user) => [user.fields.directoryUri.toLowerCase(), user.userid.toLowerCase()]),
  );
  const made = { added: [] as Plan['added'][number][], updated: [] as Plan['updated'][number][] };
  let unchanged = 0;
  for (const person of taken) {
    const fields = wanted(person, useridOfDn);
    keepUriUnique(person.userid, fields, uris, aside);
    const user = byUserid.get(person.userid.toLowerCase());
    if (user === undefined) made.added.push({ userid: person.userid, fields });
    else if (user.agreement !== undefined && user.agreement !== agreement) {
      aside.push({ who: person.dn, reason: `${user.userid} comes from another LDAP directory` });
    } else {
      const changed = changes(user, fields, agreement);
      if (changed === undefined) unchanged++;
      else made.updated.push({ uuid: user.uuid, userid: user.userid, fields: changed, activated: !user.active });
    }
  }
  const deactivated = whole ? missing(agreement, taken, known) : [];
  if (whole) refuseMistakes(taken.length, deactivated.length, known, agreement, force);
  return { ...made, deactivated, unchanged, aside };
}

/** Whose userid somebody before has, and who is nobody, is put aside. */
function takeEachOnce(people: PlanInput['people'], aside: Aside[]): Person[] {
  const seen = new Map<string, string>();
  const taken: Person[] = [];
  for (const person of people) {
    if ('reason' in person) {
      aside.push({ who: person.dn, reason: person.reason });
      continue;
    }
    const key = person.userid.toLowerCase();
    const first = seen.get(key);
    if (first === undefined) {
      seen.set(key, person.dn);
      taken.push(person);
    } else aside.push({ who: person.dn, reason: `${person.userid} is the userid of ${first} already` });
  }
  return taken;
}

function wanted({ fields }: Person, useridOfDn: ReadonlyMap<string, string>): UserFields {
  return { ...fields, manager: useridOfDn.get(comparableDn(fields.manager)) ?? '' };
}

function keepUriUnique(userid: string, fields: UserFields, uris: Map<string, string>, aside: Aside[]): void {
  const uri = fields.directoryUri.toLowerCase();
  if (uri === '') return;
  const owner = uris.get(uri);
  if (owner === undefined || owner === userid.toLowerCase()) uris.set(uri, userid.toLowerCase());
  else {
    aside.push({ who: userid, reason: `the directory URI ${fields.directoryUri} is that of ${owner}; it is left out` });
    fields.directoryUri = '';
  }
}

/** Undefined where nothing is. */
function changes(user: KnownUser, fields: UserFields, agreement: string): Partial<UserFields> | undefined {
  const changed = Object.entries(fields).filter(([name, value]) => user.fields[name as keyof UserFields] !== value);
  if (changed.length === 0 && user.active && user.agreement === agreement) return undefined;
  return Object.fromEntries(changed);
}

function missing(agreement: string, taken: readonly Person[], known: readonly KnownUser[]): Plan['deactivated'] {
  const there = new Set(taken.map(({ userid }) => userid.toLowerCase()));
  return known
    .filter((user) => user.agreement === agreement && user.active && !there.has(user.userid.toLowerCase()))
    .map(({ uuid, userid }) => ({ uuid, userid }));
}

function refuseMistakes(
  found: number,
  gone: number,
  known: readonly KnownUser[],
  agreement: string,
  force: boolean,
): void {
  const before = known.filter((user) => user.agreement === agreement && user.active).length;
  if (found === 0 && before > 0) {
    throw new Failure(
      'not-acceptable',
      `LDAP has nobody who fits, and ${before} users are from there: nothing was changed; check the search base and the filters`,
    );
  }
  if (force || gone <= FEW_MISSING || gone <= before * MOST_MISSING) return;
  throw new Failure(
    'not-acceptable',
    `${gone} of ${before} users are not in LDAP any more: nothing was changed; if that is right, run it again with force`,
  );
}
