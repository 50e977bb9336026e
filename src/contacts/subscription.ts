/**
 * Subscriptions between an account and a contact: the states of RFC 6121 Appendix A.1 and what moves them. Pure.
 * Everything is seen from the account: *to* means that it watches the contact, *from* that the contact watches it.
 */
import type { SubscriptionRequest } from '#accounts/homes.ts';

export type Subscription = 'none' | 'to' | 'from' | 'both';

/** How an account and a contact stand to each other. */
export interface Standing {
  readonly subscription: Subscription;
  /** The account has asked to watch the contact and has no answer yet. */
  readonly pendingOut: boolean;
  /** The contact has asked to watch the account and has no answer yet. */
  readonly pendingIn: boolean;
  /** The account has approved in advance that the contact watches it (§3.4). */
  readonly approved: boolean;
}

export const strangers: Standing = { subscription: 'none', pendingOut: false, pendingIn: false, approved: false };

/** What the account's own server does with something that the account says to a contact. */
export interface Outbound {
  readonly next: Standing;
  /** Whether it is handed on to the contact. */
  readonly route: boolean;
}

/** What the account's server does with something that a contact says to the account. */
export interface Inbound {
  readonly next: Standing;
  /** Whether the account's devices are told. */
  readonly deliver: boolean;
  /** What the server answers in the account's name. */
  readonly answer?: 'subscribed';
}

/** The account says something to a contact. RFC 6121 §3.1.2, §3.1.5, §3.2.2, §3.3.2, §3.4.2 and A.2. */
export function sayTo(standing: Standing, type: SubscriptionRequest): Outbound {
  const { to, from } = directions(standing);
  const { pendingIn } = standing;
  switch (type) {
    case 'subscribe':
      return { next: to ? standing : { ...standing, pendingOut: true }, route: true };
    case 'unsubscribe':
      return { next: { ...standing, subscription: join(false, from), pendingOut: false }, route: true };
    case 'subscribed':
      if (pendingIn) return { next: { ...standing, subscription: join(to, true), pendingIn: false }, route: true };
      return { next: from ? standing : { ...standing, approved: true }, route: false };
    case 'unsubscribed': {
      // Takes an approval in advance back as well (§3.4.2).
      const next = { ...standing, subscription: join(to, false), pendingIn: false, approved: false };
      return { next, route: pendingIn || from };
    }
  }
}

/** A contact says something to the account. RFC 6121 §3.1.3, §3.1.6, §3.2.3, §3.3.3 and A.3. */
export function hearFrom(standing: Standing, type: SubscriptionRequest): Inbound {
  const { to, from } = directions(standing);
  const { pendingIn, pendingOut } = standing;
  switch (type) {
    case 'subscribe':
      if (from) return { next: standing, deliver: false, answer: 'subscribed' };
      if (standing.approved) {
        const next = { ...standing, subscription: join(to, true), pendingIn: false };
        return { next, deliver: false, answer: 'subscribed' };
      }
      return pendingIn ? ignore(standing) : { next: { ...standing, pendingIn: true }, deliver: true };
    case 'unsubscribe':
      if (!pendingIn && !from) return ignore(standing);
      return { next: { ...standing, subscription: join(to, false), pendingIn: false }, deliver: true };
    case 'subscribed':
      if (!pendingOut) return ignore(standing);
      return { next: { ...standing, subscription: join(true, from), pendingOut: false }, deliver: true };
    case 'unsubscribed':
      if (!pendingOut && !to) return ignore(standing);
      return { next: { ...standing, subscription: join(false, from), pendingOut: false }, deliver: true };
  }
}

/** Whether the contact may watch the account. */
export function isFrom(subscription: Subscription): boolean {
  return subscription === 'from' || subscription === 'both';
}

/** Whether the account may watch the contact. */
export function isTo(subscription: Subscription): boolean {
  return subscription === 'to' || subscription === 'both';
}

function ignore(standing: Standing): Inbound {
  return { next: standing, deliver: false };
}

function directions({ subscription }: Standing): { to: boolean; from: boolean } {
  return { to: isTo(subscription), from: isFrom(subscription) };
}

function join(to: boolean, from: boolean): Subscription {
  if (to) return from ? 'both' : 'to';
  return from ? 'from' : 'none';
}
