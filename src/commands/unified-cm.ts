import type { Account } from '#accounts/accounts.ts';
import type { SyncStatus } from './sync.ts';

/**
 * The owner of the end users, embedded or not, as the commands use it. Each call is over once this server has taken what
 * was changed: who was enabled may sign in then.
 */
export interface UnifiedCmAdministration {
  /**
   * Adds an end user who may use instant messaging and presence.
   * @param address in full, prepared
   * @returns the account
   * @throws {Failure} also where there is an end user now, but no account could be made
   */
  add(address: string, password: string): Promise<Account>;
  /** @param endUser the uuid, as the account has it */
  setEnabled(endUser: string, enabled: boolean): Promise<void>;
  /** @param by the device of the end user that it is done from, which stays signed in */
  setPassword(endUser: string, password: string, by?: string): Promise<void>;
  /** Removes the end user; the account is disabled then, and the caller's to remove. */
  remove(endUser: string): Promise<void>;
  /** Forgets an end user who is not in Unified CM any more, and has no account. */
  forget(endUser: string): Promise<void>;
  status(): SyncStatus;
  /** Compares everything. @param allowMissing whether end users may be missing in whatever number */
  compare(allowMissing: boolean): Promise<void>;
}
