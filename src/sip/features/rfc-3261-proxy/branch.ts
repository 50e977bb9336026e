import type { SipEdge } from '../../edge.ts';
import type { ClientTransaction, ResponseHandlers } from '../../transaction/transaction.ts';
import type { Flow } from '../../transport/flow.ts';
import type { OutgoingRequest, SipRequest, SipResponse } from '../../wire/message.ts';
import { reasonPhrases } from '../../wire/reason-phrases.ts';
import { SipError } from '../../wire/sip-error.ts';
import type { Alternatives, Attempt } from './attempt.ts';
import type { Outcome } from './best-response.ts';
import { bytesOf, type Copied, nextHopOf, outgoing } from './outgoing.ts';
import { withoutOurVia } from './passed-on.ts';
import { ways } from './ways.ts';

/** What all branches of a request have in common. */
export interface Passing {
  readonly edge: SipEdge;
  readonly request: SipRequest;
  readonly copied: Copied;
  /** Stands behind our branches (`LoopMarks`). */
  readonly mark: string;
  /** RFC 3261 §16.6 step 11. */
  readonly timerCMs: number;
  /** Record-Route, for a flow. */
  recordRoute(to: Flow): string;
  provisional(outcome: Outcome): void;
  /** The branch is done; after a 2xx to an INVITE there may be more of them (RFC 3261 §16.7 step 5). */
  final(branch: Branch, outcome: Outcome): void;
}

/** One to whom a request is passed on, until a final response (RFC 3261 §16.6 steps 7 to 11, §16.7 steps 1 to 4). */
export class Branch implements ResponseHandlers {
  readonly #passing: Passing;
  readonly #left: Attempt[];
  readonly #breadth: number;
  #attempt: Attempt | undefined;
  /** Where else the attempt may lead. */
  #ways: AsyncGenerator<Flow, void> | undefined;
  #client: ClientTransaction | undefined;
  #isCancelled = false;
  #stopTimerC: (() => void) | undefined;
  isDone = false;

  constructor(passing: Passing, alternatives: Alternatives, breadth: number) {
    this.#passing = passing;
    this.#left = [...alternatives];
    this.#breadth = breadth;
  }

  start(): void {
    this.#attempt = this.#left.shift()!;
    const { flow, isFlowOnly } = this.#attempt;
    this.#ways = undefined;
    if (flow !== undefined && !flow.isClosed) this.#send(flow);
    else if (isFlowOnly) this.#goOn(madeUp(430));
    else this.#nextWay();
  }

  /** RFC 3261 §16.10: takes it back, as far as it has gone. */
  cancel(): void {
    if (this.isDone || this.#isCancelled) return;
    this.#isCancelled = true;
    if (this.#client !== undefined) this.#client.cancel();
    else this.#finish(madeUp(487));
  }

  response(response: SipResponse): void {
    const outcome = withoutOurVia(response);
    if (outcome === undefined) return;
    const { status } = outcome;
    if (status === 100) return;
    if (status < 200) {
      this.#startTimerC();
      this.#passing.provisional(outcome);
    } else if (status === 503 || status === 430) this.#goOn(outcome);
    else this.#finish(outcome);
  }

  failed(why: 'timeout' | 'transport'): void {
    if (why === 'transport') this.#connectionLost(madeUp(480, 'Connection Lost'));
    // Who asked for anything else than an INVITE does not wait any longer either.
    else if (this.#passing.request.method === 'INVITE') this.#goOn(madeUp(408));
    else this.#finish(madeUp(408));
  }

  #send(flow: Flow): void {
    const { edge, mark } = this.#passing;
    const out = this.#outgoing(flow);
    this.#startTimerC();
    this.#client = edge.transactions.request(out, flow, this, mark);
  }

  #outgoing(to: Flow): OutgoingRequest {
    const { copied, recordRoute } = this.#passing;
    return outgoing(copied, this.#attempt!, `${recordRoute(to)}Max-Breadth: ${this.#breadth}\r\n`);
  }

  /** Its Contact may be reached all the same, by a new one. */
  #connectionLost(outcome: Outcome): void {
    if (this.#isCancelled || this.#attempt!.isFlowOnly || this.#ways !== undefined) this.#goOn(outcome);
    else this.#nextWay(outcome);
  }

  /** This way has failed: there may be another one. */
  #goOn(outcome: Outcome): void {
    this.#client = undefined;
    if (this.#isCancelled) this.#finish(outcome);
    else if (this.#ways !== undefined) this.#nextWay(outcome);
    else if (this.#left.length > 0) this.start();
    else this.#finish(outcome);
  }

  /** @param failed how the way before ended */
  #nextWay(failed?: Outcome): void {
    const { edge, copied } = this.#passing;
    const hop = nextHopOf(this.#attempt!);
    this.#ways ??= ways(edge, hop, bytesOf(copied));
    this.#ways.next().then(
      ({ value }) => this.#wayFound(value || undefined, failed),
      (error) => this.#noWay(failed ?? outcomeOf(error)),
    );
  }

  #wayFound(flow: Flow | undefined, failed: Outcome | undefined): void {
    // Taken back in the meantime.
    if (this.isDone) return;
    if (flow !== undefined) this.#send(flow);
    else this.#noWay(failed ?? madeUp(480, 'Nobody Can Be Reached There'));
  }

  #noWay(outcome: Outcome): void {
    if (this.isDone) return;
    this.#ways = undefined;
    this.#goOn(outcome);
  }

  #finish(outcome: Outcome): void {
    // Further 2xx to an INVITE are passed on, nothing else is.
    if (this.isDone && (outcome.status < 200 || outcome.status > 299)) return;
    this.isDone = true;
    this.#stopTimerC?.();
    this.#passing.final(this, outcome);
  }

  /** RFC 3261 §16.8: an INVITE that nobody answers is taken back. */
  #startTimerC(): void {
    const { edge, request, timerCMs } = this.#passing;
    if (request.method !== 'INVITE' || this.isDone) return;
    this.#stopTimerC?.();
    this.#stopTimerC = edge.clock.after(timerCMs, () => this.cancel());
  }
}

/** What stands for a response where none came (RFC 3261 §16.7 step 6, §16.8, §16.9). */
export function madeUp(status: number, reason = reasonPhrases[status]!): Outcome {
  return { status, reason, headers: [], body: '' };
}

function outcomeOf(error: unknown): Outcome {
  return error instanceof SipError ? madeUp(error.status, error.reason) : madeUp(480);
}
