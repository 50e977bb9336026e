import type { Home } from '#accounts/home.ts';
import type { SipEdge } from './edge.ts';
import type { ResponseOptions, ServerTransaction } from './transaction/transaction.ts';
import type { Flow } from './transport/flow.ts';
import type { SipRequest } from './wire/message.ts';
import type { SipUri } from './wire/sip-uri.ts';

/** A request on its way to the one handler that answers it. */
export class IncomingRequest {
  readonly edge: SipEdge;
  readonly request: SipRequest;
  readonly flow: Flow;
  /** The Request-URI, parsed. */
  readonly uri: SipUri;
  /** When it came, epoch milliseconds. */
  readonly at: number;
  /** The account that it has proved to be from. */
  sender: Home | undefined;
  /** Set by a handler of `requestArrived`: what vouches for the peer, in words for the log ('trunk 10.0.0.5'). */
  trust: string | undefined;
  #transaction: ServerTransaction | undefined;

  constructor(edge: SipEdge, request: SipRequest, flow: Flow, uri: SipUri) {
    this.edge = edge;
    this.request = request;
    this.flow = flow;
    this.uri = uri;
    this.at = edge.clock.now();
  }

  /** The server transaction: from now on retransmissions are taken care of. */
  get transaction(): ServerTransaction {
    this.#transaction ??= this.edge.transactions.accept(this.request, this.flow);
    return this.#transaction;
  }

  get isAnswered(): boolean {
    return this.#transaction?.isFinal ?? false;
  }

  respond(status: number, options?: ResponseOptions): void {
    this.transaction.respond(status, options);
  }

  /** Answers without remembering anything (RFC 3261 §8.2.7). Where a transaction was begun, that is used. */
  respondStatelessly(status: number, options?: ResponseOptions): void {
    if (this.#transaction !== undefined) this.#transaction.respond(status, options);
    else this.edge.transactions.answer(this.request, this.flow, status, options);
  }
}
