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
