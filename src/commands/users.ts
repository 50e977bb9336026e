/** Who may sign in. */
import { z } from 'zod';
import type { Account } from '#accounts/accounts.ts';
import { prepareAddress } from '#accounts/address.ts';
import { rolesOf } from '#accounts/roles.ts';
import { Failure } from '#base/failure.ts';
import { removeAccount } from '#contacts/leaving.ts';
import { type CommandContext, command, withDomain } from './command.ts';
import { standsAs } from './standing.ts';

/** Long enough for any passphrase, short enough that deriving keys from it costs nothing to speak of. */
const MAX_PASSWORD_BYTES = 1024;

export const address = z.string().min(1).max(3071).describe('local@domain; the domain may be left out');
const password = z
  .string()
  .min(1, 'the password is empty')
  .refine((text) => Buffer.byteLength(text) <= MAX_PASSWORD_BYTES, `longer than ${MAX_PASSWORD_BYTES} bytes`)
  .meta({ secret: true });
const one = z.strictObject({ address });
const user = z.object({ address: z.string(), admin: z.boolean(), enabled: z.boolean() });

export type User = z.infer<typeof user>;

export const userAdd = command({
  name: 'user.add',
  help: 'Adds somebody who may sign in at once: an end user of Unified CM, where there is one, with an account here.',
  role: 'administrator',
  changes: true,
  input: z.strictObject({ address, password, admin: z.boolean().default(false) }),
  output: user,
  async run(context, input) {
    const full = inFull(context, input.address);
    const domain = full.slice(full.indexOf('@') + 1);
    if (!context.domains.includes(domain)) {
      throw new Failure(
        'not-acceptable',
        `this server does not serve ${domain}; it serves ${context.domains.join(', ')}`,
      );
    }
    const account = await add(context, full, input.password, input.admin);
    return { address: account.address, admin: account.admin, enabled: account.enabled };
  },
});

export const userList = command({
  name: 'user.list',
  help: 'Lists the accounts, all or those of one kind.',
  role: 'monitor',
  changes: false,
  input: z.strictObject({ state: z.enum(['all', 'disabled', 'online', 'active', 'idle']).default('all') }),
  output: z.array(user),
  async run({ accounts, homes }, { state }) {
    const all = await accounts.list();
    if (state === 'all') return all;
    if (state === 'disabled') return all.filter(({ enabled }) => !enabled);
    return all.filter(({ address }) => standsAs(homes.loaded(address), state));
  },
});

export const userPasswd = command({
  name: 'user.passwd',
  help: 'Sets the password of an account and signs its devices out.',
  role: 'help-desk',
  changes: true,
  input: z.strictObject({ address, password }),
  output: z.object({ address: z.string() }),
  async run(context, input) {
    const account = await existing(context, input.address);
    const full = account.address;
    await checkRank(context, account);
    const { unifiedCm, accounts } = context;
    if (unifiedCm !== undefined && account.endUser !== undefined) {
      await unifiedCm.setPassword(account.endUser, input.password);
    } else await accounts.setPassword(full, input.password);
    return { address: full };
  },
});

export const userRemove = command({
  name: 'user.remove',
  help: 'Removes an account with all that is its own, signs its devices out, and takes leave of its contacts.',
  role: 'administrator',
  changes: true,
  input: one,
  output: z.object({ address: z.string() }),
  async run(context, input) {
    const account = await existing(context, input.address);
    const { unifiedCm, accounts, homes } = context;
    const { address: full, endUser } = account;
    if (unifiedCm !== undefined && endUser !== undefined) await unifiedCm.remove(endUser);
    await removeAccount(accounts, homes, account);
    if (unifiedCm !== undefined && endUser !== undefined) await unifiedCm.forget(endUser);
    return { address: full };
  },
});

export const userEnable = command({
  name: 'user.enable',
  help: 'Lets an account sign in again.',
  role: 'administrator',
  changes: true,
  input: one,
  output: user,
  run: (context, input) => setEnabled(context, input.address, true),
});

export const userDisable = command({
  name: 'user.disable',
  help: 'Keeps an account, but lets nobody sign in with it, and signs its devices out.',
  role: 'administrator',
  changes: true,
  input: one,
  output: user,
  run: (context, input) => setEnabled(context, input.address, false),
});

async function setEnabled(context: CommandContext, given: string, enabled: boolean): Promise<User> {
  const { address: full, endUser } = await existing(context, given);
  const { accounts, unifiedCm } = context;
  if (unifiedCm !== undefined && endUser !== undefined) await unifiedCm.setEnabled(endUser, enabled);
  else await accounts.setEnabled(full, enabled);
  const account = await accounts.find(full);
  return { address: full, admin: account?.admin ?? false, enabled: account?.enabled ?? false };
}

/** In Unified CM, where one is followed; else here alone. */
async function add({ accounts, unifiedCm }: CommandContext, full: string, password: string, admin: boolean) {
  if (unifiedCm === undefined) return accounts.add({ address: full, password, admin });
  if ((await accounts.find(full)) !== undefined) throw new Failure('conflict', `${full} exists already`);
  const account = await unifiedCm.add(full, password);
  if (admin) await accounts.setAdmin(full, true);
  return { ...account, admin };
}

/**
 * Whoever has the password of somebody with a role has the role: only an administrator gives them another one.
 * @throws {Failure} 'forbidden'
 */
export async function checkRank({ caller, homes }: CommandContext, account: Account): Promise<void> {
  if (caller === undefined || caller.roles.includes('administrator') || caller.name === account.address) return;
  if ((await rolesOf(homes.database, { ...account, enabled: true })).length === 0) return;
  throw new Failure('forbidden', `${account.address} administers this server; only an administrator may do that`);
}

/** An address in full; the server's domain is meant where none is given. */
function inFull({ domain }: CommandContext, given: string): string {
  return prepareAddress(withDomain(given, domain));
}

/** @throws {Failure} 'not-found' */
export async function existing(context: CommandContext, given: string): Promise<Account> {
  const full = inFull(context, given);
  const account = await context.accounts.find(full);
  if (account === undefined) throw new Failure('not-found', `there is no account ${full}`);
  return account;
}
