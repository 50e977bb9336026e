import { prepareAddress } from '#accounts/address.ts';
import type { Home } from '#accounts/home.ts';
import { Failure } from '#base/failure.ts';
import { readPidf } from '../../bodies/pidf.ts';
import type { IncomingRequest } from '../../incoming-request.ts';
import { readText } from '../../wire/byte-string.ts';
import { SipError } from '../../wire/sip-error.ts';
import { parseUri } from '../../wire/sip-uri.ts';
import type { TrunkContext } from './feature.ts';

/**
 * Whose line it is: the one whom the Request-URI names, at a domain of ours or at this node; else whose directory number
 * stands there, in From, or in the document's contact.
 */
export function findOwner(
  trunk: TrunkContext,
  incoming: IncomingRequest,
): Home | undefined | Promise<Home | undefined> {
  const { homes } = trunk.edge;
  const [first, ...others] = candidates(trunk, incoming);
  if (first === undefined) return undefined;
  const home = homes.loaded(first);
  return home ?? firstOf(trunk, [first, ...others]);
}

async function firstOf({ edge }: TrunkContext, addresses: readonly string[]): Promise<Home | undefined> {
  for (const address of addresses) {
    const home = await edge.homes.load(address);
    if (home !== undefined) return home;
  }
  return undefined;
}

function candidates(trunk: TrunkContext, incoming: IncomingRequest): string[] {
  const found: (string | undefined)[] = [addressNamed(trunk, incoming)];
  const { lines } = trunk.settings;
  if (lines.length > 0) for (const number of numbersIn(incoming)) found.push(ownerOf(lines, number));
  return found.filter((address) => address !== undefined);
}

function numbersIn({ uri, request }: IncomingRequest): string[] {
  const numbers = [uri.user, userOf(request.from.uri)];
  const tuples = attempt(() => readPidf(request.body).tuples) ?? [];
  for (const { contact } of tuples) if (contact !== undefined) numbers.push(userOf(contact.uri));
  return numbers;
}

function addressNamed({ edge }: TrunkContext, { uri }: IncomingRequest): string | undefined {
  return attempt(() => edge.accountOf(uri));
}

/** '' where there is none. */
function userOf(uri: string): string {
  return attempt(() => parseUri(uri).user) ?? '';
}

/** Of lines '4711=aruiz@example.com' the address of one number. */
function ownerOf(lines: readonly string[], number: string): string | undefined {
  if (number === '') return undefined;
  const line = lines.find((entry) => entry.slice(0, entry.indexOf('=')).trim() === readText(number));
  return line && attempt(() => prepareAddress(line.slice(line.indexOf('=') + 1).trim()));
}

/** What names nobody who can be there is nobody. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof SipError || error instanceof Failure) return undefined;
    throw error;
  }
}
