/** Who may administer what. */
import { z } from 'zod';
import type { Account } from '#accounts/accounts.ts';
import { giveRole, type RoleServices, roleHolders, roles, takeRole } from '#accounts/roles.ts';
import { Failure } from '#base/failure.ts';
import { type CommandContext, command, withDomain } from './command.ts';
import { address, existing } from './users.ts';

const held = z.object({ address: z.string(), roles: z.array(z.enum(roles)) });
const change = z.strictObject({ address, role: z.enum(roles) });

export type Held = z.infer<typeof held>;

export const roleList = command({
  name: 'role.list',
  help: 'Lists who holds which roles.',
  role: 'operator',
  changes: false,
  input: z.strictObject({}),
  output: z.array(held),
  run: async ({ homes }): Promise<Held[]> =>
    (await roleHolders(homes.database)).map(({ address, roles }) => ({ address, roles: [...roles] })),
});

export const roleAssign = command({
  name: 'role.assign',
  help: 'Gives an account a role.',
  role: 'administrator',
  changes: true,
  input: change,
  output: held,
  subject: ({ address, role }, domain) => `${withDomain(address, domain)} (${role})`,
  async run(context, { address: given, role }) {
    const account = await existing(context, given);
    return { address: account.address, roles: [...(await giveRole(servicesOf(context), account, role))] };
  },
});

export const roleWithdraw = command({
  name: 'role.withdraw',
  help: 'Takes a role away from an account.',
  role: 'administrator',
  changes: true,
  input: change,
  output: held,
  subject: ({ address, role }, domain) => `${withDomain(address, domain)} (${role})`,
  async run(context, { address: given, role }) {
    const account = await existing(context, given);
    if (role === 'administrator' && (await isLast(context, account))) {
      throw new Failure('not-acceptable', `${account.address} is the only administrator; make another one first`);
    }
    return { address: account.address, roles: [...(await takeRole(servicesOf(context), account, role))] };
  },
});

async function isLast({ accounts }: CommandContext, { id, admin }: Account): Promise<boolean> {
  if (!admin) return false;
  return !(await accounts.list()).some((other) => other.admin && other.enabled && other.id !== id);
}

function servicesOf({ homes, accounts }: CommandContext): RoleServices {
  return { database: homes.database, accounts, loaded: (address) => homes.loaded(address) };
}
