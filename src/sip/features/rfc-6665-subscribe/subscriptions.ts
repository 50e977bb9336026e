import { Deadlines } from '#base/deadlines.ts';
import type { SipEdge } from '../../edge.ts';
import { subscriptionChanged } from '../../hooks.ts';
import { reach } from '../../reach.ts';
import type { Flow } from '../../transport/flow.ts';
import type { SipResponse } from '../../wire/message.ts';
import { writeNotify } from './notify.ts';
import { Pace } from './pace.ts';
import type { Subscription, TerminationReason } from './subscription.ts';

/**
 * RFC 6665 §4.2.2, RFC 5057 §5.1: with these the watcher says that there is no such subscription. Others, and all with
 * Retry-After, say that it could not take this NOTIFY.
 */
const ENDS: ReadonlySet<number> = new Set([404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604]);

const TICK_MS = 100;

/** All subscriptions that are served here: in which order their NOTIFYs go out, and when they end. */
export class Subscriptions {
  readonly edge: SipEdge;
  readonly #settings: { readonly minNotifySeconds: number };
  readonly #byKey = new Map<string, Subscription>();
  /** How many each watcher has. */
  readonly #counted = new Map<string, number>();
  readonly #ends: Deadlines<Subscription>;
  readonly #pace: Pace<Subscription>;
  /** Those that have to wait before they are told, or are told at times though nothing has changed. */
  readonly #later: Deadlines<Subscription>;
  readonly #counts;

  constructor(edge: SipEdge, settings: { readonly minNotifySeconds: number }) {
    this.edge = edge;
    this.#settings = settings;
    this.#ends = new Deadlines(edge.clock, (subscription) => this.terminate(subscription, 'timeout'));
    this.#later = new Deadlines(edge.clock, (subscription) => this.#due(subscription), TICK_MS);
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
    edge.metrics.observed('rollcall_sip_subscriptions', 'Subscriptions served.', () => this.#byKey.size);
  }

  get size(): number {
    return this.#byKey.size;
  }

  all(): IterableIterator<Subscription> {
    return this.#byKey.values();
  }

  /** How many a watcher has. */
  countOf(watcher: string): number {
    return this.#counted.get(watcher) ?? 0;
  }

  /** The first subscription of a dialog. @param localTag the tag of the To header of a SUBSCRIBE within it */
  get(localTag: string): Subscription | undefined {
    return this.#byKey.get(localTag);
  }

  /** That of a dialog which is about an event (RFC 6665 §4.5.2). @param event as in Event headers, with its id */
  find(localTag: string, event: string): Subscription | undefined {
    const first = this.#byKey.get(localTag);
    return first?.init.event === event ? first : this.#byKey.get(`${localTag} ${event}`);
  }

  add(subscription: Subscription): void {
    const { watcher } = subscription;
    this.#byKey.set(keyOf(subscription), subscription);
    this.#counted.set(watcher, this.countOf(watcher) + 1);
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
    if (!this.end(subscription, reason)) return;
    this.notifyNow(subscription);
  }

  /** As `terminate`, and the watcher knows. @returns false where it was over */
  end(subscription: Subscription, reason: TerminationReason): boolean {
    if (subscription.state === 'terminated') return false;
    subscription.reason = reason;
    subscription.state = 'terminated';
    this.#forget(subscription, reason);
    return true;
  }

  stateChanged(subscription: Subscription): void {
    const { hooks } = this.edge.homes;
    if (hooks.has(subscriptionChanged)) hooks.run(subscriptionChanged, subscription);
  }

  answered(subscription: Subscription, status: number, response: SipResponse): void {
    subscription.isInFlight = false;
    if (status >= 300) this.#refused(subscription, status, response.header('retry-after'));
    if (!subscription.isDirty) return;
    if (subscription.state !== 'terminated') this.#pace.add(subscription);
    else if (subscription.isUrgent) this.#notify(subscription);
  }

  unanswered(subscription: Subscription, why: 'timeout' | 'transport'): void {
    subscription.isInFlight = false;
    this.#counts.failed.of(why).add(1);
    // RFC 6665 §4.2.2: a watcher that does not answer is gone.
    this.#drop(subscription, 'unreachable');
  }

  /** Takes leave of all watchers: they subscribe again, here or elsewhere (RFC 6665 §4.1.3, 'deactivated'). */
  stop(): void {
    for (const subscription of [...this.#byKey.values()]) {
      // Nobody will be there to hear of answers.
      subscription.isInFlight = false;
      this.terminate(subscription, 'deactivated');
    }
    this.#ends.stop();
    this.#later.stop();
    this.#pace.stop();
  }

  /** The watcher has not taken a NOTIFY. */
  #refused(subscription: Subscription, status: number, retryAfter: string | undefined): void {
    this.#counts.failed.of(String(status)).add(1);
    const seconds = Number.parseInt(retryAfter ?? '', 10);
    if (!(seconds > 0) && ENDS.has(status)) {
      this.#drop(subscription, 'refused');
      return;
    }
    subscription.init.eventPackage.lost?.(subscription);
    if (!(seconds > 0) || subscription.state === 'terminated') return;
    // RFC 6665 §4.2.2.
    subscription.notBefore = this.edge.clock.now() + seconds * 1000;
    subscription.isDirty = true;
  }

  #notify(subscription: Subscription): void {
    if (!subscription.isDirty || subscription.isInFlight) return;
    const now = this.edge.clock.now();
    if (!subscription.isUrgent && !this.#isTurnOf(subscription, now)) return;
    if (subscription.isTimed) this.#untime(subscription);
    subscription.isDirty = false;
    subscription.isUrgent = false;
    subscription.notBefore = 0;
    subscription.isInFlight = true;
    subscription.notifiedAt = now;
    const { founder } = subscription;
    const flow = reach(this.edge, founder.flow, founder.target, subscription.init.route);
    if (!(flow instanceof Promise)) {
      this.#send(subscription, flow, now);
      return;
    }
    flow.then(
      (found) => this.#send(subscription, found, now),
      () => this.unanswered(subscription, 'transport'),
    );
  }

  #send(subscription: Subscription, flow: Flow, now: number): void {
    subscription.founder.flow = flow;
    this.#counts.sent.add(1);
    this.edge.send(writeNotify(subscription, now), flow, subscription);
    if (subscription.rate === undefined || subscription.state === 'terminated') return;
    const due = subscription.rate.sent(now);
    if (due !== undefined) this.#timeAt(subscription, due);
  }

  /** Whether it is told now, and not later, or not at all. */
  #isTurnOf(subscription: Subscription, now: number): boolean {
    const { eventPackage } = subscription.init;
    const gap = Math.max(
      this.#settings.minNotifySeconds * 1000,
      eventPackage.gatherMs ?? 0,
      subscription.rate?.gapMs ?? 0,
    );
    const from = Math.max(subscription.notBefore, gap === 0 ? 0 : subscription.notifiedAt + gap);
    if (from > now) {
      this.#timeAt(subscription, from);
      return false;
    }
    if (eventPackage.isNews === undefined || eventPackage.isNews(subscription)) return true;
    subscription.isDirty = false;
    return false;
  }

  #timeAt(subscription: Subscription, at: number): void {
    subscription.isTimed = true;
    this.#later.set(subscription, at);
  }

  #untime(subscription: Subscription): void {
    subscription.isTimed = false;
    this.#later.delete(subscription);
  }

  /** Its turn has come, or it is to be told again though nothing has changed (RFC 6446 §6). */
  #due(subscription: Subscription): void {
    subscription.isTimed = false;
    if (!subscription.isDirty) {
      subscription.isDirty = true;
      subscription.isUrgent = true;
    }
    if (!subscription.isInFlight) this.#pace.add(subscription);
  }

  /** It is over and nobody need be told. */
  #drop(subscription: Subscription, reason: 'refused' | 'unreachable'): void {
    subscription.isDirty = false;
    if (subscription.state === 'terminated') return;
    subscription.state = 'terminated';
    this.#forget(subscription, reason);
  }

  #forget(subscription: Subscription, reason: string): void {
    if (this.#byKey.get(keyOf(subscription)) === subscription) {
      this.#byKey.delete(keyOf(subscription));
      this.#uncount(subscription.watcher);
    }
    this.#ends.delete(subscription);
    if (subscription.isTimed) this.#untime(subscription);
    this.#counts.ended.of(reason).add(1);
    try {
      subscription.init.eventPackage.close(subscription);
    } catch (err) {
      this.edge.log.error({ err }, 'a subscription could not be ended in good order');
    }
    this.stateChanged(subscription);
  }

  #uncount(watcher: string): void {
    const left = this.countOf(watcher) - 1;
    if (left > 0) this.#counted.set(watcher, left);
    else this.#counted.delete(watcher);
  }
}

function keyOf({ founder, init }: Subscription): string {
  return founder.init === init ? init.localTag : `${init.localTag} ${init.event}`;
}
