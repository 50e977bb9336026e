import { homePart } from '#accounts/home.ts';
import { Deadlines } from '#base/deadlines.ts';
import { SlicedQueue } from '#base/sliced-queue.ts';
import { spreadOf, WideMap } from '#base/wide-map.ts';
import type { SipEdge } from '../../edge.ts';
import { subscriptionChanged } from '../../hooks.ts';
import { reach } from '../../reach.ts';
import type { Flow } from '../../transport/flow.ts';
import type { SipResponse } from '../../wire/message.ts';
import { ByAccount } from './by-account.ts';
import { writeNotify } from './notify.ts';
import { Pace } from './pace.ts';
import type { Subscription, TerminationReason } from './subscription.ts';

/**
 * RFC 6665 §4.2.2, RFC 5057 §5.1: with these the watcher says that there is no such subscription. Others, and all with
 * Retry-After, say that it could not take this NOTIFY.
 */
const ENDS: ReadonlySet<number> = new Set([404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604]);

const TICK_MS = 100;
/** Of taking leave, in one turn of the event loop. */
const SLICE_MS = 8;

/** What is subscribed to stays loaded: a home that was loaded again would be another one, which nobody watches. */
const watchedPart = homePart<{ subscriptions: number }>({
  load: () => ({ subscriptions: 0 }),
  busy: ({ subscriptions }) => subscriptions > 0,
});

/** All subscriptions that are served here: in which order their NOTIFYs go out, and when they end. */
export class Subscriptions {
  readonly edge: SipEdge;
  readonly #settings: { readonly minNotifySeconds: number };
  readonly #byKey = new WideMap<string, Subscription>(spreadOf);
  readonly #byWatcher = new ByAccount();
  readonly #byPresentity = new ByAccount();
  readonly #ends: Deadlines<Subscription>;
  readonly #pace: Pace<Subscription>;
  /** Those that have to wait before they are told, or are told at times though nothing has changed. */
  readonly #later: Deadlines<Subscription>;
  /** Those that are over and have not been told so: all of a network may be in one second, or all of an account. */
  readonly #ending = new Map<Subscription, TerminationReason>();
  readonly #endings: SlicedQueue<Subscription>;
  readonly #counts;
  #leaving: Promise<void> | undefined;

  constructor(edge: SipEdge, settings: { readonly minNotifySeconds: number }) {
    this.edge = edge;
    this.#settings = settings;
    this.#endings = new SlicedQueue((subscription) => this.#endNext(subscription));
    this.#ends = new Deadlines(
      edge.clock,
      (subscription) => this.terminateSoon(subscription, 'timeout'),
      undefined,
      spread,
    );
    this.#later = new Deadlines(edge.clock, (subscription) => this.#due(subscription), TICK_MS, spread);
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

  /** Whether the server is about to stop: nothing begins any more. */
  get isLeaving(): boolean {
    return this.#leaving !== undefined;
  }

  all(): IterableIterator<Subscription> {
    return this.#byKey.values();
  }

  /** Those of one who watches. */
  ofWatcher(watcher: string): ReadonlySet<Subscription> {
    return this.#byWatcher.of(watcher);
  }

  /** Those to what is an account's. */
  toAccount(address: string): ReadonlySet<Subscription> {
    return this.#byPresentity.of(address);
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
    this.#byKey.set(keyOf(subscription), subscription);
    this.#byWatcher.add(subscription.watcher, subscription);
    this.#byPresentity.add(subscription.home.address, subscription);
    watchedPart.of(subscription.home).subscriptions++;
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

  /** As `terminate`, when its turn comes. */
  terminateSoon(subscription: Subscription, reason: TerminationReason): void {
    if (!this.#ending.has(subscription)) this.#ending.set(subscription, reason);
    this.#endings.push(subscription);
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

  /**
   * Takes leave of all watchers: they subscribe again, here or elsewhere (RFC 6665 §4.1.3, 'deactivated'). In slices, so
   * that neither the event loop nor the network has a hundred thousand NOTIFYs at once.
   */
  leave(): Promise<void> {
    this.#leaving ??= this.#takeLeave();
    return this.#leaving;
  }

  async #takeLeave(): Promise<void> {
    let until = performance.now() + SLICE_MS;
    for (const subscription of this.#byKey.values()) {
      // Nobody will be there to hear of answers.
      subscription.isInFlight = false;
      this.terminate(subscription, 'deactivated');
      if (performance.now() < until) continue;
      await new Promise(setImmediate);
      until = performance.now() + SLICE_MS;
    }
    this.#ends.stop();
    this.#later.stop();
    this.#pace.stop();
  }

  #endNext(subscription: Subscription): undefined {
    const reason = this.#ending.get(subscription);
    this.#ending.delete(subscription);
    // One that was refreshed while it waited here goes on.
    if (reason === 'timeout' && subscription.expiresAt > this.edge.clock.now()) return;
    if (reason !== undefined) this.terminate(subscription, reason);
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
      this.#trySend(subscription, flow, now);
      return;
    }
    flow.then(
      (found) => this.#trySend(subscription, found, now),
      () => this.unanswered(subscription, 'transport'),
    );
  }

  /** What one package cannot put into words must not keep all others from being told. */
  #trySend(subscription: Subscription, flow: Flow, now: number): void {
    try {
      this.#send(subscription, flow, now);
    } catch (err) {
      this.edge.log.error({ err, event: subscription.init.event }, 'a watcher could not be told how things are');
      subscription.isInFlight = false;
      this.#drop(subscription, 'failed');
    }
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
  #drop(subscription: Subscription, reason: 'refused' | 'unreachable' | 'failed'): void {
    subscription.isDirty = false;
    if (subscription.state === 'terminated') return;
    subscription.state = 'terminated';
    this.#forget(subscription, reason);
  }

  #forget(subscription: Subscription, reason: string): void {
    if (this.#byKey.get(keyOf(subscription)) === subscription) {
      this.#byKey.delete(keyOf(subscription));
      this.#byWatcher.delete(subscription.watcher, subscription);
      this.#byPresentity.delete(subscription.home.address, subscription);
      watchedPart.of(subscription.home).subscriptions--;
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
}

function keyOf({ founder, init }: Subscription): string {
  return founder.init === init ? init.localTag : `${init.localTag} ${init.event}`;
}

function spread({ init }: Subscription): number {
  return spreadOf(init.localTag);
}
