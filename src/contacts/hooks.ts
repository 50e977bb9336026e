import type { Home } from '#accounts/home.ts';
import type { SubscriptionRequest } from '#accounts/homes.ts';
import { hook } from '#base/hook.ts';
import type { Contact } from './contact.ts';

/** A contact that became another, came or went. It is on disk. */
export interface ContactChange {
  readonly home: Home;
  readonly address: string;
  readonly before: Contact | undefined;
  /** Undefined: it is gone. */
  readonly after: Contact | undefined;
  /** The version of the list that this change made. */
  readonly version: number;
}

/** A contact list has changed. Run in the order of the versions. */
export const contactChanged = hook<ContactChange>()('contacts.changed', ['push', 'observe']);

/** An account's owner has blocked addresses, or blocks them no longer. */
export interface BlockListChange {
  readonly home: Home;
  readonly action: 'block' | 'unblock';
  /** As the owner named them; to unblock all of them, none. */
  readonly named: readonly string[];
  /** Those of them that were not on the list before, or were. */
  readonly changed: readonly string[];
}

/** Addresses will be blocked once this hook has run. It is on disk; they can still be told that the account leaves. */
export const addressesBlocking = hook<BlockListChange>()('contacts.blocking', ['tell']);

/** The block list has changed, on disk and in force. */
export const blockListChanged = hook<BlockListChange>()('contacts.block-list-changed', ['tell', 'push']);

/** Somebody, local or not, says something about a subscription to an account. */
export interface SubscriptionNews {
  readonly home: Home;
  /** Who says it: 'local@domain'. */
  readonly from: string;
  readonly type: SubscriptionRequest;
  /** The stanza as it came, in the namespace jabber:client; '' where there was none. */
  readonly stanza: string;
}

/** Before anything is done about it; a handler that stops makes as if it had never been said. */
export const subscriptionArriving = hook<SubscriptionNews>()('contacts.subscription-arriving', ['block']);

/** Somebody asks to watch an account; a handler may approve of it in the account's name, and nobody is asked. */
export const requestArriving = hook<SubscriptionNews & { isApproved: boolean }>()('contacts.request-arriving', [
  'decide',
]);

/** It holds, and the account's devices are to be told (RFC 6121 §3.1.3, §3.1.6, §3.2.3, §3.3.3). */
export const subscriptionArrived = hook<SubscriptionNews>()('contacts.subscription-arrived', ['deliver', 'observe']);

export interface WatcherChange {
  readonly home: Home;
  /** Who may, or may no longer, see the account. */
  readonly watcher: string;
}

/** Somebody may see the account from now on, and knows (RFC 6121 §3.1.5: is then sent presence). */
export const watcherJoined = hook<WatcherChange>()('contacts.watcher-joined', ['tell']);

/** Somebody may no longer see the account, and is told after this hook (RFC 6121 §3.2.2: sees it leave first). */
export const watcherLeft = hook<WatcherChange>()('contacts.watcher-left', ['tell']);
