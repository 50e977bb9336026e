import { hook } from '#base/hook.ts';

/** An account that something has happened to. What happened is on disk when the hook runs. */
export interface AccountChange {
  /** The key of the account's rows in every table. */
  readonly id: number;
  /** 'local@domain', prepared. */
  readonly address: string;
  /** The device that it was done from, where it was done from one of the account's own. */
  readonly by?: string;
}

export const accountAdded = hook<AccountChange>()('accounts.added', ['react']);

/** The account and all its rows are gone; after 'farewell' its devices are ended. */
export const accountRemoved = hook<AccountChange>()('accounts.removed', ['farewell', 'react']);

/** The account may not sign in any more; its devices are ended. */
export const accountDisabled = hook<AccountChange>()('accounts.disabled', ['react']);

export const accountEnabled = hook<AccountChange>()('accounts.enabled', ['react']);

/** Devices that signed in with the old password are ended, but for the one that changed it. */
export const passwordChanged = hook<AccountChange>()('accounts.password-changed', ['react']);

/** Keys were made of a password that holds already; nothing that is signed in is ended. */
export const keysStored = hook<AccountChange>()('accounts.keys-stored', ['react']);
