/** From a name to its addresses, as the system knows them: hosts file, then DNS. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { Failure } from '#base/failure.ts';
import { Semaphore } from '#base/semaphore.ts';

/** The system's resolver holds a thread for as long as it waits; all that ask wait in turn for the one that they may have. */
const lookups = new Semaphore(1, 100);

/**
 * @param host a name or an IP address
 * @returns in the order in which they are to be tried, without repetitions
 * @throws {Failure} 'not-found' when there is none
 */
export async function resolveHost(host: string): Promise<string[]> {
  if (isIP(host) !== 0) return [host];
  try {
    const found = await lookups.run(() => lookup(host, { all: true }));
    return [...new Set(found.map(({ address }) => address))];
  } catch (error) {
    if (error instanceof Failure) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const cause = code === 'EAI_AGAIN' ? 'no DNS server answers' : `DNS does not know it (${code ?? 'no reason'})`;
    throw new Failure('not-found', `the name ${host} has no address: ${cause}`, { cause: error });
  }
}
