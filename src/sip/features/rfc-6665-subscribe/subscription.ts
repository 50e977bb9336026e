import type { Home } from '#accounts/home.ts';
import type { SipEdge } from '../../edge.ts';
import type { EventPackage, NotifyDocument } from '../../event-package.ts';
import type { ResponseHandlers } from '../../transaction/transaction.ts';
import type { Flow } from '../../transport/flow.ts';
import type { SipResponse } from '../../wire/message.ts';
import { qualityOf } from './accept.ts';
import type { Subscriptions } from './subscriptions.ts';

/** RFC 6665 §4.1.2.1; 'waiting' is a pending one of which nobody has decided when it ended (RFC 3857 §4.7.1). */
export type SubscriptionState = 'active' | 'pending' | 'terminated';

/** RFC 6665 §4.1.3. */
export type TerminationReason =
  | 'deactivated'
  | 'probation'
  | 'rejected'
  | 'timeout'
  | 'giveup'
  | 'noresource'
  | 'invariant';

/** What is known of a subscription when it begins. Byte strings, copied out of the request that they came in. */
export interface SubscriptionInit {
  readonly eventPackage: EventPackage;
  /** As it goes into Event headers: 'presence', or 'presence;id=7'. */
  readonly event: string;
  /** The home of what is subscribed to. */
  readonly home: Home;
  /** The Request-URI of the first SUBSCRIBE: what documents say they are about. */
  readonly resource: string;
  /** Who watches: 'local@domain', or a URI of a peer that is trusted. */
  readonly watcher: string;
  readonly callId: string;
  readonly localTag: string;
  /** Value of our From header, with its tag. */
  readonly from: string;
  /** Value of our To header, with the watcher's tag. */
  readonly to: string;
  /** The watcher's tag alone. */
  readonly remoteTag: string;
  /** Value of our Contact header. */
  readonly contact: string;
  /** Route headers, each ended by CRLF; '' for none. */
  readonly route: string;
  readonly userAgent: string;
  /** What vouches for a peer that has not proved an account (`IncomingRequest.trust`). */
  readonly trust: string | undefined;
  readonly at: number;
}

/** How often a watcher wants to be told (RFC 6446). */
export interface RateControl {
  /** Milliseconds between two NOTIFYs at least. */
  readonly gapMs: number;
  /** As Subscription-State tells it: ';max-rate=0.1'. */
  readonly params: string;
  /** A NOTIFY was sent. @returns when the next one is due though nothing has changed, epoch ms; undefined: never */
  sent(now: number): number | undefined;
}

/** A subscription and the dialog that it lives in, on the notifier's side (RFC 6665 §4.2). */
export class Subscription implements ResponseHandlers {
  readonly init: SubscriptionInit;
  readonly #all: Subscriptions;
  /** The first of its dialog, which has what they share: `target`, `flow`, and the sequence numbers. Mostly itself. */
  readonly founder: Subscription;
  state: SubscriptionState = 'active';
  reason: TerminationReason | undefined;
  /** Epoch milliseconds. */
  expiresAt = 0;
  /** The remote target: the watcher's Contact. */
  target: string;
  /** The way to it; undefined where it has to be looked for. */
  flow: Flow | undefined;
  /** Of the last SUBSCRIBE. */
  remoteCSeq: number;
  /** Of the last NOTIFY. */
  cseq = 0;
  /** The Accept header, '' where there was none. */
  accept: string;
  /** Something is to be told that has not been told yet. */
  isDirty = false;
  /** A NOTIFY waits for its response: the next one waits for that. */
  isInFlight = false;
  /** The next NOTIFY must not wait for its turn in rate control. */
  isUrgent = false;
  /** The next NOTIFY goes without its body: the watcher has that already (RFC 5839). */
  omitsBody = false;
  /** It stands among those to be looked at later. */
  isTimed = false;
  /** When the last NOTIFY was sent, epoch milliseconds; 0 for never. */
  notifiedAt = 0;
  /** Not before this the watcher is told again, for it has asked so (Retry-After); 0 for none. */
  notBefore = 0;
  rate: RateControl | undefined;
  /** The package's own. */
  data: unknown;

  /** @param founder the first of its dialog; undefined: a new dialog, with `target` and `flow` */
  constructor(
    all: Subscriptions,
    init: SubscriptionInit,
    accept: string,
    remote: { readonly target: string; readonly flow: Flow | undefined; readonly cseq: number },
    founder?: Subscription,
  ) {
    this.#all = all;
    this.init = init;
    this.accept = accept;
    this.target = remote.target;
    this.flow = remote.flow;
    this.remoteCSeq = remote.cseq;
    this.founder = founder ?? this;
  }

  get edge(): SipEdge {
    return this.#all.edge;
  }

  get home(): Home {
    return this.init.home;
  }

  get watcher(): string {
    return this.init.watcher;
  }

  /** What it is about has changed; told once, however often this is called meanwhile. */
  changed(): void {
    this.#all.schedule(this);
  }

  /** It is active from now on, and the watcher is told without delay (RFC 6446 §5.2). */
  activate(): void {
    if (this.state !== 'pending') return;
    this.state = 'active';
    this.#all.stateChanged(this);
    this.#all.notifyNow(this);
  }

  /** There is more to be told than one NOTIFY can carry: the next one goes as soon as this one is answered. */
  continues(): void {
    this.isUrgent = true;
    this.isDirty = true;
  }

  /** It is over; the watcher is told why. */
  terminate(reason: TerminationReason): void {
    this.#all.terminate(this, reason);
  }

  /** Whether the watcher takes documents of a type (RFC 3261 §20.1). */
  accepts(contentType: string): boolean {
    return qualityOf(this.accept, contentType) > 0;
  }

  /**
   * Why it is over tells enough, and who was turned down is to see nothing; but who asked once, or ends it, is told how
   * things are (RFC 6665 §4.2.1.4, §4.4.3).
   */
  document(): NotifyDocument | undefined {
    if (this.reason !== undefined && this.reason !== 'timeout') return undefined;
    return this.init.eventPackage.document(this);
  }

  /** The answer to a NOTIFY. */
  response(response: SipResponse): void {
    if (response.status >= 200) this.#all.answered(this, response.status, response);
  }

  /** A NOTIFY was not answered, or could not be sent. */
  failed(why: 'timeout' | 'transport'): void {
    this.#all.unanswered(this, why);
  }
}
