import type { Home } from '#accounts/home.ts';
import type { SipEdge } from '../../edge.ts';
import type { EventPackage, NotifyDocument } from '../../event-package.ts';
import type { ResponseHandlers } from '../../transaction/transaction.ts';
import type { Flow } from '../../transport/flow.ts';
import type { SipResponse } from '../../wire/message.ts';
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
  readonly watcherHome: Home | undefined;
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
  /** The Accept header as it came, '' where there was none. */
  readonly accept: string;
  readonly userAgent: string;
  /** What vouches for a peer that has not proved an account (`IncomingRequest.trust`). */
  readonly trust: string | undefined;
  readonly at: number;
}

/** A subscription and the dialog that it lives in, on the notifier's side (RFC 6665 §4.2). */
export class Subscription implements ResponseHandlers {
  readonly init: SubscriptionInit;
  readonly #all: Subscriptions;
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
  /** Something is to be told that has not been told yet. */
  isDirty = false;
  /** A NOTIFY waits for its response: the next one waits for that. */
  isInFlight = false;
  /** The next NOTIFY must not wait for its turn in rate control. */
  isUrgent = false;
  /** When the last NOTIFY was sent, epoch milliseconds; 0 for never. */
  notifiedAt = 0;
  /** Of the document that the watcher has (RFC 5839); '' for none. */
  sentTag = '';
  /** The package's own. */
  data: unknown;

  constructor(all: Subscriptions, init: SubscriptionInit, target: string, flow: Flow | undefined, remoteCSeq: number) {
    this.#all = all;
    this.init = init;
    this.target = target;
    this.flow = flow;
    this.remoteCSeq = remoteCSeq;
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

  /** It is over; the watcher is told why. */
  terminate(reason: TerminationReason): void {
    this.#all.terminate(this, reason);
  }

  /** Whether the watcher takes documents of a type (RFC 3261 §20.1). */
  accepts(contentType: string): boolean {
    return accepts(this.init.accept, contentType);
  }

  document(): NotifyDocument | undefined {
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

/** @param accept an Accept header, '' for none: then any type is taken that is the default of its package */
export function accepts(accept: string, contentType: string): boolean {
  if (accept === '') return false;
  for (const part of accept.split(',')) {
    const range = part.split(';', 1)[0]!.trim().toLowerCase();
    if (range === contentType || range === '*/*') return true;
    if (range.endsWith('/*') && contentType.startsWith(range.slice(0, -1))) return true;
  }
  return false;
}
