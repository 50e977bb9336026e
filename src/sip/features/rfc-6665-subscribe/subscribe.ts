import { randomBytes } from 'node:crypto';
import type { Home } from '#accounts/home.ts';
import type { SipEdge } from '../../edge.ts';
import type { EventPackage } from '../../event-package.ts';
import { type SubscriptionPlace, subscriptionArriving } from '../../hooks.ts';
import type { IncomingRequest } from '../../incoming-request.ts';
import { flowToContact } from '../../reach.ts';
import type { Flow } from '../../transport/flow.ts';
import { copy } from '../../wire/byte-string.ts';
import { parseContacts } from '../../wire/header-name-address.ts';
import { SipError } from '../../wire/sip-error.ts';
import { parseUri } from '../../wire/sip-uri.ts';
import { type EventHeader, parseEvent, writeEvent } from './event-header.ts';
import type { SubscribeContext } from './feature.ts';
import { accepts, Subscription } from './subscription.ts';
import type { Subscriptions } from './subscriptions.ts';

/** What a refresh or a first SUBSCRIBE asks for, checked. */
interface Asked {
  readonly event: EventHeader;
  readonly eventPackage: EventPackage;
  readonly expiresSeconds: number;
}

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
    const { tag } = incoming.request.to;
    if (tag !== '') return this.#refresh(incoming, tag);
    const asked = this.#read(incoming);
    const place: SubscriptionPlace = {
      incoming,
      event: asked.event.eventPackage,
      isNobody: false,
      home: undefined,
      eventPackage: undefined,
    };
    this.#edge.homes.hooks.run(subscriptionArriving, place);
    if (place.home !== undefined) return this.#begin(incoming, asked, place.home, place.eventPackage);
    const address = this.#edge.accountOf(incoming.uri);
    if (address === undefined) throw new SipError(404);
    const home = this.#edge.homes.loaded(address);
    if (home !== undefined) return this.#begin(incoming, asked, home);
    return this.#edge.homes.load(address).then((loaded) => this.#beginAt(place, asked, loaded));
  }

  /** Where there is no such account, somebody may know what is meant all the same. @throws {SipError} 404 */
  #beginAt(place: SubscriptionPlace, asked: Asked, home: Home | undefined): void | Promise<void> {
    if (home !== undefined) return this.#begin(place.incoming, asked, home);
    place.isNobody = true;
    this.#edge.homes.hooks.run(subscriptionArriving, place);
    if (place.home === undefined) throw new SipError(404);
    return this.#begin(place.incoming, asked, place.home, place.eventPackage);
  }

  /** @throws {SipError} 400, 406, 415, 423, 489 */
  #read(incoming: IncomingRequest): Asked {
    const { request } = incoming;
    const event = parseEvent(request.header('event') ?? '');
    const eventPackage = event && this.#edge.eventPackages.get(event.eventPackage);
    if (event === undefined || eventPackage === undefined) {
      throw new SipError(489, undefined, `Allow-Events: ${this.#edge.acceptedEvents}\r\n`);
    }
    const type = (request.header('content-type') ?? '').split(';', 1)[0]!.trim().toLowerCase();
    const { requestTypes = [] } = eventPackage;
    if (request.body !== '' && !requestTypes.includes(type)) {
      throw new SipError(415, undefined, `Accept: ${requestTypes.join(', ')}\r\n`);
    }
    const accept = request.lines('accept').join(', ');
    if (accept !== '' && !eventPackage.contentTypes.some((contentType) => accepts(accept, contentType))) {
      throw new SipError(406, undefined, `Accept: ${eventPackage.contentTypes.join(', ')}\r\n`);
    }
    return { event, eventPackage, expiresSeconds: this.#expires(request.header('expires'), eventPackage) };
  }

  /** @throws {SipError} 400, 423 */
  #expires(value: string | undefined, { defaultSeconds }: EventPackage): number {
    const { minExpiresSeconds, maxExpiresSeconds } = this.#sip.settings;
    if (value === undefined) return Math.min(defaultSeconds, maxExpiresSeconds);
    if (!/^\d+$/.test(value)) throw new SipError(400, 'Bad Expires');
    const seconds = Number(value);
    if (seconds > 0 && seconds < minExpiresSeconds) {
      throw new SipError(423, undefined, `Min-Expires: ${minExpiresSeconds}\r\n`);
    }
    return Math.min(seconds, maxExpiresSeconds);
  }

  /** @throws {SipError} 404, 482, and what the package refuses */
  #begin(
    incoming: IncomingRequest,
    { event, eventPackage, expiresSeconds }: Asked,
    home: Home,
    found: EventPackage = eventPackage,
  ): void | Promise<void> {
    if (this.#subscriptions.size >= this.#sip.settings.maxSubscriptions) {
      throw new SipError(503, 'Too many subscriptions', 'Retry-After: 60\r\n');
    }
    if (incoming.transaction.isMerged()) throw new SipError(482);
    const subscription = this.#make(incoming, event, found, home);
    const opened = found.open(subscription, incoming, false);
    if (opened instanceof Promise) return opened.then(() => this.#accept(subscription, incoming, expiresSeconds));
    this.#accept(subscription, incoming, expiresSeconds);
  }

  #make(incoming: IncomingRequest, event: EventHeader, eventPackage: EventPackage, home: Home): Subscription {
    const { request, flow, sender } = incoming;
    const { target, route, way } = remoteOf(incoming);
    const localTag = `${TAG}${(tags++).toString(36)}`;
    return new Subscription(
      this.#subscriptions,
      {
        eventPackage,
        event: copy(writeEvent(event)),
        home,
        resource: copy(request.uri),
        watcher: sender?.address ?? copy(request.from.uri),
        watcherHome: sender,
        callId: copy(request.callId),
        localTag,
        from: copy(`${request.header('to')};tag=${localTag}`),
        to: copy(request.header('from')!),
        remoteTag: copy(request.from.tag),
        contact: this.#edge.contactFor(flow),
        route,
        accept: this.#edge.interned(request.lines('accept').join(', ').toLowerCase()),
        userAgent: this.#edge.interned(request.header('user-agent') ?? ''),
        trust: incoming.trust,
        at: incoming.at,
      },
      target,
      way,
      request.cseq.number,
    );
  }

  #accept(subscription: Subscription, incoming: IncomingRequest, expiresSeconds: number): void {
    if (expiresSeconds > 0) {
      this.#subscriptions.add(subscription);
      this.#subscriptions.expireAt(subscription, incoming.at + expiresSeconds * 1000);
    }
    this.#answer(subscription, incoming, expiresSeconds);
  }

  /** RFC 6665 §4.2.1.4: the state is told with the answer, also where nothing has changed. */
  #answer(subscription: Subscription, incoming: IncomingRequest, expiresSeconds: number): void {
    incoming.respond(200, {
      toTag: subscription.init.localTag,
      head: `Expires: ${expiresSeconds}\r\nContact: ${subscription.init.contact}\r\n${recordRoute(incoming)}`,
    });
    // With Expires: 0 the state is asked for, or the subscription given up: one NOTIFY and it is over (§4.4.3).
    if (expiresSeconds === 0) subscription.terminate('timeout');
    else this.#subscriptions.notifyNow(subscription);
  }

  /** RFC 6665 §4.2.1.2, §4.4.3. @throws {SipError} 481, 500 */
  #refresh(incoming: IncomingRequest, localTag: string): void | Promise<void> {
    const { request, at } = incoming;
    const subscription = this.#subscriptions.get(localTag);
    if (subscription === undefined || !isOf(subscription, incoming)) throw new SipError(481);
    if (request.cseq.number <= subscription.remoteCSeq) throw new SipError(500, 'Out of order', 'Retry-After: 1\r\n');
    const { expiresSeconds } = this.#read(incoming);
    subscription.remoteCSeq = request.cseq.number;
    if (request.header('contact') !== undefined) {
      const { target, way } = remoteOf(incoming);
      subscription.target = target;
      subscription.flow = way;
    }
    if (expiresSeconds === 0) return this.#answer(subscription, incoming, 0);
    this.#subscriptions.expireAt(subscription, at + expiresSeconds * 1000);
    const opened = subscription.init.eventPackage.open(subscription, incoming, true);
    if (opened instanceof Promise) return opened.then(() => this.#answer(subscription, incoming, expiresSeconds));
    this.#answer(subscription, incoming, expiresSeconds);
  }
}

/** Whether a request is of a subscription's dialog (RFC 3261 §12.2.2), and from whoever began it. */
function isOf({ init }: Subscription, { request, sender, trust }: IncomingRequest): boolean {
  const event = parseEvent(request.header('event') ?? '');
  return (
    request.callId === init.callId &&
    request.from.tag === init.remoteTag &&
    sender === init.watcherHome &&
    trust === init.trust &&
    event !== undefined &&
    writeEvent(event) === init.event
  );
}

/**
 * The remote target and the route set of a dialog that a request begins (RFC 3261 §12.1.1), and the way there where that
 * is known. @throws {SipError} 400
 */
function remoteOf({ edge, request, flow }: IncomingRequest): { target: string; route: string; way: Flow | undefined } {
  const contacts = parseContacts(request.values('contact'));
  if (contacts === '*' || contacts.length !== 1) throw new SipError(400, 'A SUBSCRIBE has one Contact');
  const contact = contacts[0]!;
  const hops = request.header('record-route') === undefined ? [] : request.values('record-route');
  const way = hops.length > 0 ? flow : flowToContact(edge, flow, parseUri(contact.uri));
  return { target: copy(contact.uri), route: copy(hops.map((hop) => `Route: ${hop}\r\n`).join('')), way };
}

function recordRoute({ request }: IncomingRequest): string {
  if (request.header('record-route') === undefined) return '';
  return request
    .lines('record-route')
    .map((line) => `Record-Route: ${line}\r\n`)
    .join('');
}
