/** The people that a first start makes, so that somebody can sign in. */
import type { Accounts } from '#accounts/accounts.ts';
import { Failure } from '#base/failure.ts';
import { demoPassword, newPassword } from './passwords.ts';

/** What a person needs to sign in. */
export interface SignIn {
  address: string;
  password: string;
}

/** Has somebody sign in with a password: an end user of the embedded Unified CM, or an account that is here alone. */
export type AddPerson = (person: SignIn) => Promise<unknown>;

/**
 * Makes the first administrator of a server that has no account.
 * @returns undefined where there are accounts
 */
export async function firstAdministrator(
  accounts: Accounts,
  domain: string,
  add: AddPerson,
): Promise<SignIn | undefined> {
  const address = `admin@${domain}`;
  const [only, ...others] = await accounts.list();
  // A start that broke off half-way has left somebody whose password nobody was told.
  const isHalfMade = others.length === 0 && only?.address === address && only.endUser !== undefined && !only.admin;
  if (only !== undefined && !isHalfMade) return undefined;
  const administrator = { address, password: newPassword() };
  try {
    await add(administrator);
  } catch (error) {
    // A Unified CM that has an end user of that name was quicker.
    if (error instanceof Failure && error.kind === 'conflict') return undefined;
    throw error;
  }
  await accounts.setAdmin(address, true);
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
  add: AddPerson,
): Promise<SignIn[]> {
  const people = PEOPLE.map((name) => ({ address: `${name}@${domain}`, password: demoPassword(secret, name) }));
  for (const person of people) {
    if ((await accounts.find(person.address)) === undefined) await add(person);
  }
  await befriendAll(people.map(({ address }) => address));
  return people;
}
