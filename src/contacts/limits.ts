import type { Home } from '#accounts/home.ts';
import type { Homes } from '#accounts/homes.ts';
import { Failure } from '#base/failure.ts';
import { contactsOf } from './contact-list.ts';
import { type ContactLimits, defaultContactLimits } from './settings.ts';

const limits = new WeakMap<Homes, ContactLimits>();

/** @param values read each time, so that a changed setting holds at once */
export function setLimits(homes: Homes, values: ContactLimits): void {
  limits.set(homes, values);
}

export function limitsOf(home: Home): ContactLimits {
  return limits.get(home.homes) ?? defaultContactLimits;
}

/**
 * @param more how many contacts are to be added
 * @throws {Failure} 'over-limit' when the account's list does not take them
 */
export function checkRoom(home: Home, more = 1): void {
  const { maxContacts } = limitsOf(home);
  if (more <= 0 || contactsOf(home).count((contact) => contact.listed) + more <= maxContacts) return;
  throw new Failure('over-limit', `a contact list holds ${maxContacts} contacts at most; remove one to add another`);
}
