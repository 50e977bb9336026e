/** What a real Unified CM refuses of users, redundancy groups and templates. Pure. */
import type { CheckedFields, Plain } from './check-fields.ts';
import { badValue } from './directory-error.ts';

type State = Readonly<Record<string, Plain>>;

/** What LDAP says of a user that it owns; only the synchronisation changes it. */
export const synchronisedFields: ReadonlySet<string> = new Set([
  'userid',
  'firstName',
  'middleName',
  'lastName',
  'displayName',
  'mailid',
  'directoryUri',
  'department',
  'manager',
  'telephoneNumber',
  'title',
  'mobileNumber',
  'homeNumber',
  'pagerNumber',
  'password',
]);

const ADDRESS = /^[^\s@]+@[^\s@]+$/;

/** @throws {DirectoryError} 5003 */
export function checkUser(state: State): void {
  for (const name of ['mailid', 'directoryUri']) {
    const address = state[name];
    if (address !== undefined && !ADDRESS.test(String(address))) {
      throw badValue(`User: ${name} is written local@domain`);
    }
  }
  if (state.imAndPresenceEnable === true && state.homeCluster !== true) {
    throw badValue('User: imAndPresenceEnable needs homeCluster: set homeCluster to true as well');
  }
  if (state.calendarPresence === true && state.imAndPresenceEnable !== true) {
    throw badValue('User: calendarPresence needs imAndPresenceEnable: set that to true as well');
  }
}

/** A user who is not enabled any more shows no calendar either, unless somebody asks for it in the same breath. */
export function withoutCalendar(state: State, { given, plain }: CheckedFields): State {
  const asked = given.has('calendarPresence') && plain.calendarPresence === true;
  if (state.imAndPresenceEnable === true || state.calendarPresence !== true || asked) return state;
  return { ...state, calendarPresence: false };
}

/** @throws {DirectoryError} 5003 */
export function checkTemplate(state: State): void {
  if (state.imAndUcPresenceEnable === true && state.homeCluster !== true) {
    throw badValue('FeatureGroupTemplate: imAndUcPresenceEnable needs homeCluster: set homeCluster to true as well');
  }
  if (state.meetingInformation === true && state.imAndUcPresenceEnable !== true) {
    throw badValue('FeatureGroupTemplate: meetingInformation needs imAndUcPresenceEnable: set that to true as well');
  }
}

/**
 * @param changed names of fields whose value is another one now, and of secrets that are given
 * @throws {DirectoryError} 5003
 */
export function checkSynchronised(changed: Iterable<string>): void {
  for (const name of changed) {
    if (synchronisedFields.has(name)) {
      throw badValue(
        `User: ${name} comes from LDAP and is changed there; empty ldapDirectoryName to own the user here`,
      );
    }
  }
}
