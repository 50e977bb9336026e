/** What somebody may do beyond being a person with an account. Commands say which role they need. */
import { Failure } from '#base/failure.ts';
import type { Database, Statement } from '#store/database.ts';
import { accountTable } from './account-tables.ts';
import type { Account, Accounts } from './accounts.ts';
import { type Home, homePart } from './home.ts';

accountTable('role_assignments', 'account');

export const roles = ['administrator', 'operator', 'help-desk', 'auditor', 'monitor'] as const;
export type Role = (typeof roles)[number];

/** Whose commands each role may run. All but the administrator have their own and those that only look. */
const COVERS: Readonly<Record<Role, readonly Role[]>> = {
  administrator: roles,
  operator: ['operator', 'monitor'],
  'help-desk': ['help-desk', 'monitor'],
  auditor: ['auditor', 'monitor'],
  monitor: ['monitor'],
};

/** Whether one who holds these roles may do what needs that one. */
export function covers(held: readonly Role[], needed: Role): boolean {
  return held.some((role) => COVERS[role].includes(needed));
}

/** What is said of roles without asking the store: for showing somebody what they may do, not for letting them. */
const known = homePart<{ held: readonly Role[] }>({
  queries: ['select role from role_assignments where account = ?'],
  load: (home, [rows = []]) => ({ held: heldBy(home.account, rows) }),
});

export function rolesShownTo(home: Home): readonly Role[] {
  return known.of(home).held;
}

/** An account with the roles that it holds, 'administrator' first. */
export interface RoleHolder {
  readonly address: string;
  readonly roles: readonly Role[];
}

/** The roles of an account as they are in the store now; of one that is disabled, none. */
export async function rolesOf(database: Database, account: Account): Promise<readonly Role[]> {
  if (!account.enabled) return [];
  const rows = await database.read('select role from role_assignments where account = ?', [account.id]);
  return heldBy(account, rows);
}

const SELECT_HOLDERS = `select address, admin, role from accounts
  left join role_assignments on role_assignments.account = accounts.id
  where admin = 1 or role is not null order by address`;

/** Everybody who holds a role, by address; also those who are disabled and would hold it again. */
export async function roleHolders(database: Database): Promise<RoleHolder[]> {
  const found = new Map<string, Set<Role>>();
  for (const { address, admin, role } of await database.read(SELECT_HOLDERS)) {
    const held = found.get(address as string) ?? new Set<Role>();
    if (admin === 1) held.add('administrator');
    if (role !== null) held.add(role as Role);
    found.set(address as string, held);
  }
  return Array.from(found, ([address, held]) => ({ address, roles: roles.filter((role) => held.has(role)) }));
}

export interface RoleServices {
  readonly database: Database;
  readonly accounts: Accounts;
  /** The account's home, if it is in memory. */
  loaded(address: string): Home | undefined;
}

/** Gives a role; one that is held already stays. @returns all that are held then */
export async function giveRole(services: RoleServices, account: Account, role: Role): Promise<readonly Role[]> {
  if (role === 'administrator') await services.accounts.setAdmin(account.address, true);
  else await write(services.database, { sql: GIVE, values: [account.address, role] }, account);
  return remember(services, account);
}

/** Takes a role away. @returns those that are left */
export async function takeRole(services: RoleServices, account: Account, role: Role): Promise<readonly Role[]> {
  if (role === 'administrator') await services.accounts.setAdmin(account.address, false);
  else await services.database.write({ sql: TAKE, values: [account.id, role] });
  return remember(services, account);
}

// The account is looked up once more, so that one removed meanwhile violates `not null` and leaves no orphans.
const GIVE = `insert into role_assignments (account, role) values ((select id from accounts where address = ?), ?)
  on conflict (account, role) do nothing`;
const TAKE = 'delete from role_assignments where account = ? and role = ?';

async function write(database: Database, statement: Statement, { address }: Account): Promise<void> {
  try {
    await database.write(statement);
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== 'conflict') throw error;
    throw new Failure('not-found', `there is no account ${address}`);
  }
}

async function remember({ database, accounts, loaded }: RoleServices, { address }: Account): Promise<readonly Role[]> {
  const account = await accounts.find(address);
  if (account === undefined) throw new Failure('not-found', `there is no account ${address}`);
  const rows = await database.read('select role from role_assignments where account = ?', [account.id]);
  const held = heldBy(account, rows);
  const home = loaded(address);
  if (home !== undefined) known.of(home).held = account.enabled ? held : [];
  return held;
}

function heldBy({ admin }: { readonly admin: boolean }, rows: readonly { role?: unknown }[]): Role[] {
  const assigned = new Set(rows.map(({ role }) => role));
  return roles.filter((role) => (role === 'administrator' ? admin : assigned.has(role)));
}
