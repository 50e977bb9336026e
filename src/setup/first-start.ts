/** The people that a first start makes, so that somebody can sign in. */
import type { Accounts } from '#accounts/accounts.ts';
import { demoPassword, newPassword } from './passwords.ts';

/** What a person needs to sign in. */
export interface SignIn {
  address: string;
  password: string;
}

/**
 * Makes the first administrator of a server that has no account.
 * @returns undefined where there are accounts
 */
export async function firstAdministrator(accounts: Accounts, domain: string): Promise<SignIn | undefined> {
  if ((await accounts.list()).length > 0) return undefined;
  const administrator = { address: `admin@${domain}`, password: newPassword() };
  await accounts.add({ ...administrator, admin: true });
  return administrator;
}

const PEOPLE = ['romeo', 'juliet', 'mercutio', 'benvolio', 'nurse'];

/**
 * Makes the five people of the demo, each of whom has the other four as contacts; what is there already stays as it is.
 * @param befriendAll makes accounts each other's contacts
 */
export async function demoPeople(
  accounts: Accounts,
  domain: string,
  secret: Uint8Array,
  befriendAll: (addresses: readonly string[]) => Promise<void>,
): Promise<SignIn[]> {
  const people = PEOPLE.map((name) => ({ address: `${name}@${domain}`, password: demoPassword(secret, name) }));
  for (const person of people) {
    if ((await accounts.find(person.address)) === undefined) await accounts.add(person);
  }
  await befriendAll(people.map(({ address }) => address));
  return people;
}
