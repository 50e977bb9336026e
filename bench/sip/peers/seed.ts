/**
 * Makes the users of the benchmark in the data folder of a server that does not run:
 * `node seed.ts DATA_FOLDER DOMAIN USERS PASSWORD`.
 */
import { openContext } from '#main.ts';

/** The fewest that RFC 7677 allows: it is SIP that is measured, and that has keys of its own. */
const ITERATIONS = 4096;
const AT_ONCE = 100;

const [data = '', domain = '', users = '', password = ''] = process.argv.slice(2);
const { context, close } = await openContext({ data, overrides: { 'accounts.passwords.iterations': ITERATIONS } });
let next = 0;
const lane = async (): Promise<void> => {
  while (next < Number(users)) await context.accounts.add({ address: `user${next++}@${domain}`, password });
};
await Promise.all(Array.from({ length: AT_ONCE }, lane));
await close();
