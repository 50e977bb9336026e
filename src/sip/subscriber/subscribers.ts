import type { SipEdge } from '../edge.ts';
import type { IncomingRequest } from '../incoming-request.ts';
import { SipError } from '../wire/sip-error.ts';
import { Subscriber, type SubscriberOptions } from './subscriber.ts';

/** The subscriptions that this server has with others, and the NOTIFYs that come for them. */
export class Subscribers {
  readonly #edge: SipEdge;
  readonly #byTag = new Map<string, Subscriber>();

  constructor(edge: SipEdge) {
    this.#edge = edge;
    edge.metrics.observed('rollcall_sip_subscribed', 'Subscriptions with other servers.', () => this.#byTag.size);
  }

  begin(options: SubscriberOptions): Subscriber {
    const subscriber = new Subscriber(this.#edge, options, (ended) => this.#byTag.delete(ended.localTag));
    this.#byTag.set(subscriber.localTag, subscriber);
    subscriber.start();
    return subscriber;
  }

  /** @throws {SipError} 481 for one that belongs to no subscription (RFC 6665 §4.1.3) */
  take(incoming: IncomingRequest): void {
    const subscriber = this.#byTag.get(incoming.request.to.tag);
    if (subscriber === undefined) throw new SipError(481);
    subscriber.take(incoming);
  }

  stop(): void {
    for (const subscriber of [...this.#byTag.values()]) subscriber.stop();
  }
}
