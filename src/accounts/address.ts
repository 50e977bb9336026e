import { Failure } from '#base/failure.ts';
import { prepareDomain } from '#precis/domain.ts';
import { prepareLocal } from '#precis/localpart.ts';

/**
 * Prepares the address of an account, so that two spellings of one address become the same string.
 * @returns 'local@domain'
 * @throws {Failure} 'malformed', with what to do about it
 * @see RFC 7622 §3
 */
export function prepareAddress(text: string): string {
  const at = text.indexOf('@');
  if (at < 0) throw malformed(text, 'write it as name@domain');
  if (text.includes('/', at)) throw malformed(text, 'leave out what follows the domain, from the slash on');
  return `${prepareLocal(text.slice(0, at))}@${prepareDomain(text.slice(at + 1))}`;
}

function malformed(text: string, what: string): Failure {
  return new Failure('malformed', `not an address: ${JSON.stringify(text.slice(0, 80))}: ${what}`);
}
