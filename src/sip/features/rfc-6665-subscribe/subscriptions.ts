import { Deadlines } from '#base/deadlines.ts';
import type { SipEdge } from '../../edge.ts';

import { reach } from '../../reach.ts';
import type { SipResponse } from '../../wire/message.ts';
import { writeNotify } from './notify.ts';
import { Pace } from './pace.ts';
import type { Subscription, TerminationReason } from './subscription.ts';

/**
 * RFC 6665 §4.2.2: with these the watcher says that there is no such subscription. Others, and all with Retry-After,
 * say that it could not take this NOTIFY.
 */
const ENDS: ReadonlySet<number> = new Set([404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604]);

/** All subscriptions that are served here: in which order their NOTIFYs go out, and when they end. */
export class Subscriptions {
  readonly edge: SipEdge;
  readonly #byTag = new Map<string, Subscription>();
  readonly #ends: Deadlines<Subscription>;
  readonly #pace: Pace<Subscription>;
  readonly #delays = new Map<Subscription, () => void>();
  readonly #counts;

  constructor(edge: SipEdge) {
    this.edge = edge;
    this.#ends = new Deadlines(edge.clock, (subscription) => this.terminate(subscription, 'timeout'));
    this.#pace = new Pace((subscription) => this.#notify(subscription));
    this.#counts = {
      sent: edge.metrics.counter('rollcall_sip_notifies_total', 'NOTIFY requests sent.'),
      failed: edge.metrics.counters(
        'rollcall_sip_notifies_failed_total',
        'NOTIFY requests refused, by status.',
        'status',
      ),
      ended: edge.metrics.counters(
        'rollcall_sip_subscriptions_ended_total',
        'Subscriptions ended, by reason.',
        'reason',
      ),
    };
    edge.metrics.observed('rollcall_sip_subscriptions', 'Subscriptions served.', () => this.#byTag.size);
  }

  get size(): number {
    return this.#byTag.size;
  }

  all(): IterableIterator<Subscription> {
    return this.#byTag.values();
  }

  /** @param localTag the tag of the To header of a SUBSCRIBE within a dialog */
  get(localTag: string): Subscription | undefined {
    return this.#byTag.get(localTag);
  }

  add(subscription: Subscription): void {
    this.#byTag.set(subscription.init.localTag, subscription);
  }

  /** @param at epoch milliseconds */
  expireAt(subscription: Subscription, at: number): void {
    subscription.expiresAt = at;
    this.#ends.set(subscription, at);
  }

  /** Sees to it that a NOTIFY is sent: now that nothing is under way, or when what is under way is answered. */
  schedule(subscription: Subscription): void {
    if (subscription.isDirty) return;
    subscription.isDirty = true;
    if (!subscription.isInFlight) this.#pace.add(subscription);
  }

  /** As `schedule`, and it does not wait for its turn (the first NOTIFY, one that was asked for). */
  notifyNow(subscription: Subscription): void {
    subscription.isUrgent = true;
    subscription.isDirty = true;
    if (!subscription.isInFlight) this.#notify(subscription);
  }

  terminate(subscription: Subscription, reason: TerminationReason): void {
    if (subscription.state === 'terminated') return;
    subscription.reason = reason;
    subscription.state = 'terminated';
    this.#forget(subscription, reason);
    this.notifyNow(subscription);
  }

  answered(subscription: Subscription, status: number, response: SipResponse): void {
    subscription.isInFlight = false;
    if (status >= 300) {
      this.#counts.failed.of(String(status)).add(1);
      const retryAfter = Number.parseInt(response.header('retry-after') ?? '', 10);
      if (retryAfter > 0) this.#retryIn(subscription, retryAfter);
      else if (ENDS.has(status)) this.#drop(subscription, 'refused');
    }
    if (subscription.isDirty && subscription.state !== 'terminated') this.#pace.add(subscription);
    else if (subscription.isDirty && subscription.isUrgent) this.#notify(subscription);
  }

  unanswered(subscription: Subscription, why: 'timeout' | 'transport'): void {
    subscription.isInFlight = false;
    this.#counts.failed.of(why).add(1);
    // RFC 6665 §4.2.2: a watcher that does not answer is gone.
    this.#drop(subscription, 'unreachable');
  }

  /** Takes leave of all watchers: they subscribe again, here or elsewhere (RFC 6665 §4.1.3, 'deactivated'). */
  stop(): void {
    for (const subscription of [...this.#byTag.values()]) this.terminate(subscription, 'deactivated');
    this.#ends.stop();
    this.#pace.stop();
    for (const cancel of this.#delays.values()) cancel();
  }

  #notify(subscription: Subscription): void {
    if (!subscription.isDirty || subscription.isInFlight) return;
    subscription.isDirty = false;
    subscription.isUrgent = false;
    const { edge } = this;
    const flow = reach(edge, subscription.flow, subscription.target, subscription.init.route);
    const now = edge.clock.now();
    subscription.isInFlight = true;
    subscription.notifiedAt = now;
    if (!(flow instanceof Promise)) {
      subscription.flow = flow;
      this.#counts.sent.add(1);
      edge.send(writeNotify(subscription, now), flow, subscription);
      return;
    }
    flow.then(
      (found) => {
        subscription.flow = found;
        this.#counts.sent.add(1);
        edge.send(writeNotify(subscription, now), found, subscription);
      },
      () => this.unanswered(subscription, 'transport'),
    );
  }

  #retryIn(subscription: Subscription, seconds: number): void {
    if (this.#delays.has(subscription) || subscription.state === 'terminated') return;
    const cancel = this.edge.clock.after(seconds * 1000, () => {
      this.#delays.delete(subscription);
      if (subscription.state !== 'terminated') this.schedule(subscription);
    });
    this.#delays.set(subscription, cancel);
  }

  /** It is over and nobody need be told. */
  #drop(subscription: Subscription, reason: 'refused' | 'unreachable'): void {
    subscription.isDirty = false;
    if (subscription.state === 'terminated') return;
    subscription.state = 'terminated';
    this.#forget(subscription, reason);
  }

  #forget(subscription: Subscription, reason: string): void {
    this.#byTag.delete(subscription.init.localTag);
    this.#ends.delete(subscription);
    this.#delays.get(subscription)?.();
    this.#delays.delete(subscription);
    this.#counts.ended.of(reason).add(1);
    try {
      subscription.init.eventPackage.close(subscription);
    } catch (err) {
      this.edge.log.error({ err }, 'a subscription could not be ended in good order');
    }
  }
}
