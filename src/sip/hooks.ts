import type { Handover } from '#accounts/device.ts';
import type { Home } from '#accounts/home.ts';
import { hook } from '#base/hook.ts';
import type { SipDevice } from './device.ts';
import type { EventPackage } from './event-package.ts';
import type { PublishContext } from './features/rfc-3903-publish/feature.ts';
import type { Subscription } from './features/rfc-6665-subscribe/subscription.ts';
import type { IncomingRequest } from './incoming-request.ts';

/**
 * A request has arrived, is whole, and is not a retransmission. A handler of 'trust' may vouch for a peer
 * (`incoming.trust`), who then need not prove an account; one that throws in 'block' or 'authorize' answers it.
 */
export const requestArrived = hook<IncomingRequest>()('sip.request-arrived', ['trust', 'block', 'authorize']);

/** A message is to be sent to a contact binding (RFC 3428). */
export const messageToBinding = hook<{ readonly device: SipDevice; readonly message: Handover }>()(
  'sip.message-to-binding',
  ['send'],
);

/** A contact binding is there, new or again after a restart, and can be reached. */
export const bindingRegistered = hook<SipDevice>()('sip.binding-registered', ['observe']);

/** A contact binding is gone: taken back, expired, or its account may not sign in any more. */
export const bindingRemoved = hook<SipDevice>()('sip.binding-removed', ['observe']);

/** Where a subscription is to begin. */
export interface SubscriptionPlace {
  readonly incoming: IncomingRequest;
  /** The package that it asks for. */
  readonly event: string;
  /** Asked a second time: there is no account of that name. */
  isNobody: boolean;
  /** Set by a handler that knows better than the Request-URI: the home, and who serves it instead of the package. */
  home: Home | undefined;
  eventPackage: EventPackage | undefined;
  /** Of a handler that has to look for it, where nobody is called so. */
  finding: Promise<void> | undefined;
}

/** A first SUBSCRIBE, of a package that we have; also for addresses that are no account's (RFC 4662). */
export const subscriptionArriving = hook<SubscriptionPlace>()('sip.subscription-arriving', ['find']);

/** A SUBSCRIBE is about to be answered with 2xx. */
export interface SubscriptionAccepted {
  readonly subscription: Subscription;
  readonly incoming: IncomingRequest;
  readonly isRefresh: boolean;
  /** Set by a handler: what of the NOTIFY that it asks for need not be sent (RFC 5839). */
  suppress: 'nothing' | 'body' | 'notification';
}

/** A subscription begins, or is asked to go on. */
export const subscriptionAccepted = hook<SubscriptionAccepted>()('sip.subscription-accepted', ['adjust', 'observe']);

/** A subscription is in another state: it was approved, or is over. */
export const subscriptionChanged = hook<Subscription>()('sip.subscription-changed', ['observe']);

export interface PublicationArriving {
  readonly sip: PublishContext;
  readonly incoming: IncomingRequest;
  /** Of a handler that has taken it over, where that takes time. */
  taken: void | Promise<void>;
}

/** A PUBLISH for presence. One that a handler stops has been taken over by it (a phone line of a call manager). */
export const publicationArriving = hook<PublicationArriving>()('sip.publication-arriving', ['authorize']);
