import type { Home } from '#accounts/home.ts';
import { contactsOf } from '#contacts/contact-list.ts';
import { type ListMember, RESOURCE_LISTS_TYPE, readResourceLists } from '../../bodies/resource-lists.ts';
import type { RlsService } from '../../bodies/rls-services.ts';
import { uriOf } from '../../wire/address.ts';
import { SipError } from '../../wire/sip-error.ts';
import { contactOf } from '../rfc-4825-xcap/contact-uris.ts';
import { listOfService, serviceOf } from '../rfc-4825-xcap/rls-services.ts';
import type { RequestBody } from '../rfc-6665-subscribe/request-bodies.ts';

/** One resource of a list. */
export interface Member {
  /** As it is told to the watcher: a byte string. */
  readonly uri: string;
  /** 'local@domain'; undefined: nobody whom we could know. */
  readonly address: string | undefined;
  /** By language, '' where none was given. */
  readonly names: Readonly<Record<string, string>>;
}

/** Where the members of a list come from: asked again when something may have changed. */
export type Source = () => readonly Member[] | Promise<readonly Member[]>;

const NO_NAMES = {};
const URI = /^[!-~]+$/;

/** An account's own contact list. */
export function contactList(home: Home): Source {
  return () =>
    [...contactsOf(home).all()]
      .filter(({ listed }) => listed)
      .map(({ address, name }) => ({ uri: uriOf(address), address, names: name === '' ? NO_NAMES : { '': name } }));
}

/** A list with a URI of its own (RFC 4826 §4). @returns undefined where the account has none of that URI */
export async function serviceList(home: Home, uri: string): Promise<Source | undefined> {
  const service = await serviceOf(home, uri);
  if (service === undefined) return undefined;
  if (service.packages !== undefined && !service.packages.includes('presence')) throw new SipError(489);
  return async () => membersOfService(home, await serviceOf(home, uri));
}

async function membersOfService(home: Home, service: RlsService | undefined): Promise<readonly Member[]> {
  const list = service && (await listOfService(home, service));
  return list === undefined ? [] : membersOf(list.members);
}

/**
 * The list that a request brings along (RFC 5367 §4, RFC 5363 §4).
 * @returns undefined where it brings none
 * @throws {SipError} 400, 403 for one that is too long
 */
export function recipientList(bodies: readonly RequestBody[], maxMembers: number): Source | undefined {
  const found = bodies.find(({ type }) => type === RESOURCE_LISTS_TYPE);
  if (found === undefined) return undefined;
  const members = membersOf(readResourceLists(found.body));
  if (members.length === 0) throw new SipError(400, 'The List Is Empty');
  if (members.length > maxMembers) throw new SipError(403, `A List Has At Most ${maxMembers} Members`);
  return () => members;
}

/** Each once, nested lists opened. What would have to be fetched elsewhere is passed over. */
function membersOf(list: readonly ListMember[], found = new Map<string, Member>()): Member[] {
  for (const member of list) {
    if (member.kind === 'list') membersOf(member.members, found);
    else if (member.kind === 'entry' && URI.test(member.uri) && !found.has(member.uri)) {
      found.set(member.uri, { uri: member.uri, address: contactOf(member.uri), names: member.displayNames });
    }
  }
  return [...found.values()];
}
