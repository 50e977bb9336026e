import { Failure } from '#base/failure.ts';
import { enforceUsernameCaseMapped } from './username.ts';

/** In octets, RFC 7622 §3.3. */
const MAX_OCTETS = 1023;
/** What UsernameCaseMapped allows and RFC 7622 §3.3.1 does not, since it divides addresses or stands around them. */
const EXCLUDED = /["&'/:<>@]/;

/**
 * Prepares what stands before the @ of an address. It may hold characters of any width and case, so the limit is
 * looked at twice: widely, before any work, and exactly, on what the work gives.
 * @throws {Failure} 'malformed'
 * @see RFC 7622 §3.3
 */
export function prepareLocal(text: string): string {
  if (text === '') throw new Failure('malformed', 'the localpart of the address is empty');
  if (text.length > 2 * MAX_OCTETS) throw tooLong();
  const local = enforceUsernameCaseMapped(text);
  if (EXCLUDED.test(local)) throw new Failure('malformed', `the localpart holds one of " & ' / : < > @`);
  if (Buffer.byteLength(local) > MAX_OCTETS) throw tooLong();
  return local;
}

function tooLong(): Failure {
  return new Failure('malformed', `the localpart is longer than ${MAX_OCTETS} octets`);
}
