import { randomBytes } from 'node:crypto';
import type { Home } from '#accounts/home.ts';
import type { SipEdge } from '../../edge.ts';
import type { EventPackage } from '../../event-package.ts';
import {
  type SubscriptionAccepted,
  type SubscriptionPlace,
  subscriptionAccepted,
  subscriptionArriving,
} from '../../hooks.ts';
import type { IncomingRequest } from '../../incoming-request.ts';
import { copy } from '../../wire/byte-string.ts';
import { SipError } from '../../wire/sip-error.ts';
import { type Asked, acceptOf, checkTypes, readAsked } from './asked.ts';
import { checkLength, follow, isOfDialog, remoteOf } from './dialog.ts';
import { writeEvent } from './event-header.ts';
import type { SubscribeContext } from './feature.ts';
import { Subscription } from './subscription.ts';
import type { Subscriptions } from './subscriptions.ts';

let tags = 0;
const TAG = randomBytes(6).toString('hex');

/** Takes SUBSCRIBE requests (RFC 6665 §4.2.1). */
export class SubscribeHandler {
  readonly #sip: SubscribeContext;
  readonly #edge: SipEdge;
  readonly #subscriptions: Subscriptions;

  constructor(sip: SubscribeContext, subscriptions: Subscriptions) {
    this.#sip = sip;
    this.#edge = sip.edge;
    this.#subscriptions = subscriptions;
  }

  take(incoming: IncomingRequest): void | Promise<void> {
    const asked = readAsked(this.#sip, incoming.request);
    const { tag } = incoming.request.to;
    if (tag !== '') return this.#takeWithin(incoming, asked, tag);
    const place: SubscriptionPlace = {
      incoming,
      event: asked.event.eventPackage,
      isNobody: false,
      home: undefined,
      eventPackage: undefined,
      finding: undefined,
    };
    this.#edge.homes.hooks.run(subscriptionArriving, place);
    if (place.home !== undefined) return this.#beginAt(place, asked, place.home);
    const address = this.#edge.accountOf(incoming.uri);
    if (address === undefined) return this.#beginElsewhere(place, asked);
    const home = this.#edge.homes.loaded(address);
    if (home !== undefined) return this.#beginAt(place, asked, home);
    return this.#edge.homes
      .load(address)
      .then((loaded) =>
        loaded === undefined ? this.#beginElsewhere(place, asked) : this.#beginAt(place, asked, loaded),
      );
  }

  /** Where there is no such account, somebody may know what is meant all the same. @throws {SipError} 404 */
  #beginElsewhere(place: SubscriptionPlace, asked: Asked): void | Promise<void> {
    place.isNobody = true;
    this.#edge.homes.hooks.run(subscriptionArriving, place);
    if (place.finding === undefined) return this.#beginAt(place, asked, place.home);
    return place.finding.then(() => this.#beginAt(place, asked, place.home));
  }

  #beginAt({ incoming, eventPackage }: SubscriptionPlace, asked: Asked, home: Home | undefined): void | Promise<void> {
    if (home === undefined) throw new SipError(404);
    return this.#begin(incoming, asked, home, eventPackage ?? asked.eventPackage);
  }

  /** RFC 6665 §4.2.1.2, §4.5.2. @throws {SipError} 481, 500 */
  #takeWithin(incoming: IncomingRequest, asked: Asked, localTag: string): void | Promise<void> {
    const known = this.#subscriptions.find(localTag, writeEvent(asked.event));
    const first = known ?? this.#subscriptions.get(localTag);
    if (first === undefined || !isOfDialog(first, incoming)) throw new SipError(481);
    if (known !== undefined) return this.#refresh(known, incoming, asked);
    follow(first, incoming);
    // Who serves it instead of the package does so within its dialog, too.
    const same = first.init.eventPackage.name === asked.eventPackage.name;
    const eventPackage = same ? first.init.eventPackage : asked.eventPackage;
    return this.#begin(incoming, asked, first.home, eventPackage, first);
  }

  /** @param founder of the dialog that the request is within @throws {SipError} 482, 503, and what the package refuses */
  #begin(
    incoming: IncomingRequest,
    asked: Asked,
    home: Home,
    eventPackage: EventPackage,
    founder?: Subscription,
  ): void | Promise<void> {
    checkTypes(incoming.request, eventPackage);
    checkLength(incoming.request);
    this.#checkRoom(incoming);
    if (incoming.transaction.isMerged()) throw new SipError(482);
    const subscription = this.#make(incoming, asked, home, eventPackage, founder);
    const opened = eventPackage.open(subscription, incoming, false);
    if (opened instanceof Promise) return opened.then(() => this.#accept(subscription, incoming, asked));
    this.#accept(subscription, incoming, asked);
  }

  /** @throws {SipError} 503 */
  #checkRoom({ sender }: IncomingRequest): void {
    const { maxSubscriptions, maxSubscriptionsPerWatcher } = this.#sip.settings;
    const own = sender === undefined ? 0 : this.#subscriptions.ofWatcher(sender.address).size;
    if (this.#subscriptions.isLeaving) throw new SipError(503, 'The Server Is Stopping', 'Retry-After: 10\r\n');
    if (this.#subscriptions.size < maxSubscriptions && own < maxSubscriptionsPerWatcher) return;
    throw new SipError(503, 'Too Many Subscriptions', 'Retry-After: 60\r\n');
  }

  #make(
    incoming: IncomingRequest,
    { event }: Asked,
    home: Home,
    eventPackage: EventPackage,
    founder: Subscription | undefined,
  ): Subscription {
    const { request, flow, sender } = incoming;
    const accept = this.#edge.interned(acceptOf(request));
    if (founder !== undefined) {
      const init = { ...founder.init, eventPackage, event: copy(writeEvent(event)), at: incoming.at };
      return new Subscription(this.#subscriptions, init, accept, { ...founder, cseq: 0 }, founder);
    }
    const remote = remoteOf(incoming);
    const localTag = `${TAG}${(tags++).toString(36)}`;
    const init = {
      eventPackage,
      event: copy(writeEvent(event)),
      home,
      resource: copy(request.uri),
      watcher: sender?.address ?? copy(request.from.uri),
      callId: copy(request.callId),
      localTag,
      from: copy(`${request.header('to')};tag=${localTag}`),
      to: copy(request.header('from')!),
      remoteTag: copy(request.from.tag),
      contact: this.#edge.contactFor(flow),
      route: remote.route,
      userAgent: this.#edge.interned((request.header('user-agent') ?? '').slice(0, 256)),
      trust: incoming.trust,
      at: incoming.at,
    };
    return new Subscription(this.#subscriptions, init, accept, remote);
  }

  #accept(subscription: Subscription, incoming: IncomingRequest, { expiresSeconds }: Asked): void {
    if (expiresSeconds > 0) {
      this.#subscriptions.add(subscription);
      this.#subscriptions.expireAt(subscription, incoming.at + expiresSeconds * 1000);
    }
    this.#answer(subscription, incoming, expiresSeconds, false);
  }

  /** @throws {SipError} 400, 406, 415, 500, and what the package refuses; the subscription is as it was then */
  #refresh(subscription: Subscription, incoming: IncomingRequest, { expiresSeconds }: Asked): void | Promise<void> {
    const { request } = incoming;
    checkTypes(request, subscription.init.eventPackage);
    follow(subscription, incoming);
    if (request.header('accept') !== undefined) subscription.accept = this.#edge.interned(acceptOf(request));
    if (expiresSeconds === 0) return this.#answer(subscription, incoming, 0, true);
    const opened = subscription.init.eventPackage.open(subscription, incoming, true);
    if (opened instanceof Promise) return opened.then(() => this.#goOn(subscription, incoming, expiresSeconds));
    this.#goOn(subscription, incoming, expiresSeconds);
  }

  /** @throws {SipError} 481 where it has ended meanwhile */
  #goOn(subscription: Subscription, incoming: IncomingRequest, expiresSeconds: number): void {
    if (subscription.state === 'terminated') throw new SipError(481);
    this.#subscriptions.expireAt(subscription, incoming.at + expiresSeconds * 1000);
    this.#answer(subscription, incoming, expiresSeconds, true);
  }

  /** RFC 6665 §4.2.1.4: the state is told with the answer, also where nothing has changed. */
  #answer(subscription: Subscription, incoming: IncomingRequest, expiresSeconds: number, isRefresh: boolean): void {
    const { init } = subscription;
    const accepted: SubscriptionAccepted = { subscription, incoming, isRefresh, suppress: 'nothing' };
    this.#edge.homes.hooks.run(subscriptionAccepted, accepted);
    const isSilent = accepted.suppress === 'notification';
    incoming.respond(isSilent ? 204 : 200, {
      toTag: init.localTag,
      head: `Expires: ${expiresSeconds}\r\nContact: ${init.contact}\r\n${init.eventPackage.responseHead ?? ''}`,
    });
    subscription.omitsBody = accepted.suppress === 'body';
    // With Expires: 0 the state is asked for, or the subscription given up: one NOTIFY and it is over (§4.4.3).
    if (expiresSeconds > 0) {
      if (!isSilent) this.#subscriptions.notifyNow(subscription);
    } else if (isSilent) this.#subscriptions.end(subscription, 'timeout');
    else this.#subscriptions.terminate(subscription, 'timeout');
  }
}
