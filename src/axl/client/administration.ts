import type { Account, Accounts } from '#accounts/accounts.ts';
import type { EndUsers } from '#accounts/end-users.ts';
import { Failure } from '#base/failure.ts';
import type { SyncStatus } from '#commands/sync.ts';
import type { UnifiedCmAdministration } from '#commands/unified-cm.ts';
import type { SyncAgent } from './sync-agent.ts';
import type { UnifiedCmWriter } from './unified-cm.ts';

/** Every Unified CM has this one. */
const PRESENCE_GROUP = 'Standard Presence group';
const MAX_NAME = 64;

export interface AdministrationOptions {
  readonly unifiedCm: UnifiedCmWriter;
  readonly agent: SyncAgent;
  readonly endUsers: EndUsers;
  readonly accounts: Accounts;
  /** The server's own, which userids do not name. */
  readonly domain: string;
}

/** Writes to Unified CM what an administrator does here, and has the sync agent take it at once. */
export class Administration implements UnifiedCmAdministration {
  readonly #options: AdministrationOptions;

  constructor(options: AdministrationOptions) {
    this.#options = options;
  }

  async add(address: string, password: string): Promise<Account> {
    const { unifiedCm, agent, endUsers, accounts, domain } = this.#options;
    const local = address.slice(0, address.indexOf('@'));
    const userid = address === `${local}@${domain}` ? local : address;
    const uuid = await unifiedCm.addUser({
      userid,
      // Mandatory, and nothing else is known.
      lastName: local.slice(0, MAX_NAME),
      password,
      presenceGroupName: PRESENCE_GROUP,
      homeCluster: true,
      imAndPresenceEnable: true,
    });
    await agent.refresh([uuid]);
    const user = endUsers.get(uuid);
    await this.#addDigestKeys(uuid, password);
    const account = user?.account && (await accounts.find(user.account.address));
    if (account !== undefined) return account;
    const why = user?.reason || 'Unified CM does not show it yet';
    throw new Failure('conflict', `${userid} is an end user of Unified CM now, but has no account: ${why}`);
  }

  async setEnabled(endUser: string, enabled: boolean): Promise<void> {
    const { unifiedCm, agent } = this.#options;
    await unifiedCm.updateUser(endUser, { ...(enabled && { homeCluster: true }), imAndPresenceEnable: enabled });
    await agent.refresh([endUser]);
  }

  async setPassword(endUser: string, password: string, by?: string): Promise<void> {
    const { unifiedCm, agent, endUsers, accounts } = this.#options;
    const spared = by === undefined ? () => {} : endUsers.spare(endUser, by);
    try {
      await unifiedCm.updateUser(endUser, { password });
      await agent.refresh([endUser]);
      await this.#addDigestKeys(endUser, password);
    } finally {
      spared();
    }
    const user = endUsers.get(endUser);
    // Where Unified CM gives no keys, those of the old password go.
    if (user?.account !== undefined && user.keysSetAt === undefined)
      await accounts.forgetKeys(user.account.address, by);
  }

  /** Unified CM makes none for a userid that is an address by itself. */
  async #addDigestKeys(endUser: string, password: string): Promise<void> {
    const user = this.#options.endUsers.get(endUser);
    if (user?.account === undefined || user.keysSetAt === undefined || !user.userid.includes('@')) return;
    await this.#options.accounts.storeKeys(user.account.address, password);
  }

  async remove(endUser: string): Promise<void> {
    const { unifiedCm, agent } = this.#options;
    await unifiedCm.removeUser(endUser);
    await agent.refresh([endUser]);
  }

  async forget(endUser: string): Promise<void> {
    if (this.#options.endUsers.get(endUser)?.missingSinceAt === undefined) return;
    await this.#options.endUsers.forget(endUser);
  }

  status(): SyncStatus {
    return this.#options.agent.status();
  }

  compare(allowMissing: boolean): Promise<void> {
    return this.#options.agent.compare(allowMissing);
  }
}
