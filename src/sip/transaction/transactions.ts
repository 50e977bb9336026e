import type { Clock } from '#base/clock.ts';
import type { Log } from '#base/log.ts';
import type { Metrics } from '#base/metrics.ts';
import type { Values } from '#base/settings.ts';
import type { Flow, Target } from '../transport/flow.ts';
import { responseTarget } from '../transport/response-routing.ts';
import type { Malformed } from '../wire/malformed.ts';
import type { OutgoingRequest, SipRequest, SipResponse } from '../wire/message.ts';
import { Clients, newBranch } from './clients.ts';
import { serverKey } from './matching.ts';
import type { OngoingClient } from './ongoing-client.ts';
import { OngoingInviteServer } from './ongoing-invite-server.ts';
import type { OngoingServer } from './ongoing-server.ts';
import { requestText } from './request-text.ts';
import { hasTag, responseText } from './response-text.ts';
import { Servers } from './servers.ts';
import type { sipTransactions } from './settings.ts';
import { shortened } from './shortened.ts';
import { StatelessTags } from './stateless-tags.ts';
import type { Counts, Table } from './table.ts';
import { Timers } from './timers.ts';
import type { ClientTransaction, ResponseHandlers, ResponseOptions, ServerTransaction } from './transaction.ts';

export interface TransactionsOptions {
  clock: Clock;
  log: Log;
  metrics: Metrics;
  /** Always up to date. */
  limits: Readonly<Values<typeof sipTransactions.shape>>;
  /** A new request: no retransmission, no CANCEL, and no ACK to a refusal of ours. */
  onRequest(request: SipRequest, flow: Flow): void;
  /** For responses that cannot go back the way that their request came (RFC 3261 §18.2.2). @throws where there is none */
  flowTo(target: Target): Flow | Promise<Flow>;
}

const NOTHING: ResponseOptions = {};

/** Tells retransmissions from new requests, and which response is for whom (RFC 3261 §17). */
export class Transactions {
  readonly #options: TransactionsOptions;
  readonly #timers: Timers;
  readonly #servers: Servers;
  readonly #clients: Clients;
  readonly #counts: Counts;
  readonly #statelessTags = new StatelessTags();
  /** Of the request that is being passed on, so that `accept` need not make it again. */
  #arriving: SipRequest | undefined;
  #arrivingKey = '';

  constructor(options: TransactionsOptions) {
    const { clock, log, metrics, limits } = options;
    this.#options = options;
    this.#timers = new Timers(clock);
    this.#counts = countsOf(metrics);
    const table: Table = {
      timers: this.#timers,
      log,
      counts: this.#counts,
      reply: (request, flow, text, failed) => this.#reply(request, flow, text, failed),
      passAck: (request, flow) => options.onRequest(request, flow),
    };
    this.#servers = new Servers(
      table,
      () => clock.now(),
      () => limits.rememberedTransactions,
    );
    this.#clients = new Clients(table);
    metrics.observed('rollcall_sip_requests_answering', 'Requests of others being answered.', () => this.ongoing);
    metrics.observed('rollcall_sip_requests_waiting', 'Requests of ours that wait for a response.', () => this.waiting);
    metrics.observed('rollcall_sip_responses_remembered', 'Responses kept in case a request is repeated.', () => {
      return this.#servers.remembered;
    });
  }

  /** Server transactions, without the remembered ones. */
  get ongoing(): number {
    return this.#servers.ongoing;
  }

  /** Client transactions. */
  get waiting(): number {
    return this.#clients.size;
  }

  receive(message: SipRequest | SipResponse, flow: Flow): void {
    if (message.kind === 'response') this.#receiveResponse(message);
    else this.#receiveRequest(message, flow);
  }

  /** Begins to answer. To be called before anything is awaited, or a retransmission comes as a new request. */
  accept(request: SipRequest, flow: Flow): ServerTransaction {
    const key = request === this.#arriving ? this.#arrivingKey : serverKey(request);
    return this.#servers.begin(key, request, flow);
  }

  /**
   * Answers and remembers nothing (RFC 3261 §8.2.7): the next request with the same branch is a new one.
   * COMPAT(libpurple): repeats a challenged request with the same branch and CSeq.
   */
  answer(request: SipRequest, flow: Flow, status: number, options: ResponseOptions = NOTHING): void {
    if (request.method === 'ACK') return;
    const tag = status === 100 || hasTag(request) ? '' : (options.toTag ?? this.#statelessTags.of(request));
    const text = responseText(request, flow, status, tag, options);
    const { maxUnprovenBytes } = flow;
    const within = maxUnprovenBytes === undefined ? text : shortened(text, options.head ?? '', maxUnprovenBytes);
    if (within === undefined) this.#drop('too-short-a-request');
    else this.#reply(request, flow, within);
  }

  /** What is no SIP message, as far as it is a request and who sent it can be read. */
  answerMalformed({ request, status, reason, head }: Malformed, flow: Flow): void {
    if (request === undefined || hasNoVia(request)) this.#drop('unanswerable');
    else this.answer(request, flow, status, { reason, head });
  }

  /**
   * @param branchSuffix stands in the branch behind what tells the transaction: a proxy's mark (RFC 3261 §16.6 step 8)
   */
  request(out: OutgoingRequest, flow: Flow, handlers: ResponseHandlers, branchSuffix = ''): ClientTransaction {
    return this.#clients.begin(out, flow, handlers, branchSuffix);
  }

  /** Sends what nothing answers: the ACK to a 2xx (RFC 3261 §13.2.2.4, §16.6 step 10). */
  send(out: OutgoingRequest, flow: Flow, branchSuffix = ''): void {
    flow.send(requestText(out, flow, newBranch(branchSuffix)));
  }

  /** Forgets all, and tells nobody. */
  stop(): void {
    this.#timers.stopAll();
    this.#servers.clear();
    this.#clients.clear();
  }

  #receiveRequest(request: SipRequest, flow: Flow): void {
    if (hasNoVia(request)) {
      this.#drop('unanswerable');
      return;
    }
    const key = keyOrNone(request);
    // Whoever checks requests finds the same fault, and answers it.
    if (key === undefined) this.#options.onRequest(request, flow);
    else if (request.method === 'ACK') this.#receiveAck(request, flow, this.#servers.find(key));
    else if (!this.#isRepeated(request, flow, key)) this.#receiveNew(request, flow, key);
  }

  #isRepeated(request: SipRequest, flow: Flow, key: string): boolean {
    const known = this.#servers.find(key);
    if (known !== undefined) {
      known.repeated();
      return true;
    }
    const answered = this.#servers.answered(key);
    if (answered === undefined) return false;
    if (answered.to !== flow.remoteAddress) {
      // Nobody moves that fast: who has an account could have long answers sent to others.
      this.#drop('repeated-from-elsewhere');
      return true;
    }
    this.#counts.retransmissions.of('response').add(1);
    this.#reply(request, flow, answered.response);
    return true;
  }

  #receiveNew(request: SipRequest, flow: Flow, key: string): void {
    if (request.method === 'CANCEL') this.#receiveCancel(request, flow);
    else if (this.ongoing >= this.#options.limits.maxOngoing) this.#shed(request, flow);
    else this.#pass(request, flow, key);
  }

  #pass(request: SipRequest, flow: Flow, key: string): void {
    this.#arriving = request;
    this.#arrivingKey = key;
    this.#options.onRequest(request, flow);
    this.#arriving = undefined;
  }

  #shed(request: SipRequest, flow: Flow): void {
    this.#counts.dropped.of('overload').add(1);
    this.answer(request, flow, 503, { reason: 'Too Many Requests At Once', head: 'Retry-After: 10\r\n' });
  }

  /** An ACK to a 2xx is a new request, an ACK to any other response belongs to it (RFC 3261 §17.2.3). */
  #receiveAck(ack: SipRequest, flow: Flow, known: OngoingServer | undefined): void {
    if (!isReadable(ack)) this.#drop('ack');
    else if (known instanceof OngoingInviteServer) {
      if (!known.acknowledged(ack, flow)) this.#drop('ack');
    } else if (!this.#statelessTags.isIn(ack)) this.#options.onRequest(ack, flow);
  }

  /**
   * RFC 3261 §9.2. Requests are never passed on without a transaction here, so a CANCEL that finds none is not passed
   * on either (§16.10).
   */
  #receiveCancel(cancel: SipRequest, flow: Flow): void {
    const invite = this.#servers.cancelled(cancel);
    // §22.1: it cannot be challenged, so it has to come from where its INVITE did.
    if (invite === undefined || invite.flow.remoteAddress !== flow.remoteAddress) {
      this.answer(cancel, flow, 481);
      return;
    }
    this.answer(cancel, flow, 200, { toTag: invite.toTag });
    invite.cancelled();
  }

  #receiveResponse(response: SipResponse): void {
    const waiting = this.#waitingFor(response);
    if (waiting === 'malformed') this.#drop('malformed-response');
    else if (waiting !== undefined) waiting.receive(response);
    // RFC 6026 §7.3: what no transaction waits for is not passed on. It may be repeated, late or a forgery.
    else this.#drop('stray-response');
  }

  #waitingFor(response: SipResponse): OngoingClient | 'malformed' | undefined {
    try {
      return this.#clients.find(response);
    } catch {
      return 'malformed';
    }
  }

  #drop(reason: string): void {
    this.#counts.dropped.of(reason).add(1);
  }

  /** @param failed always told later: whoever sends is still busy with it */
  #reply(request: SipRequest, flow: Flow, text: string, failed?: () => void): void {
    const way = this.#wayBack(request, flow);
    if (way instanceof Promise) way.then((found) => found.send(text)).catch(() => failed?.());
    else if (!way.isClosed) way.send(text);
    else if (failed !== undefined) queueMicrotask(failed);
  }

  #wayBack(request: SipRequest, flow: Flow): Flow | Promise<Flow> {
    try {
      const way = responseTarget(request.via, flow);
      return way === flow ? flow : this.#options.flowTo(way as Target);
    } catch {
      // A Via that cannot be read, or an address that cannot be reached: it goes where it came from, and no further.
      return flow;
    }
  }
}

function countsOf(metrics: Metrics): Counts {
  return {
    dropped: metrics.counters('rollcall_sip_dropped_total', 'Messages taken in silence, by reason.', 'reason'),
    retransmissions: metrics.counters('rollcall_sip_sent_again_total', 'Messages sent again over UDP.', 'kind'),
    timeouts: metrics.counters('rollcall_sip_timeouts_total', 'What was waited for in vain.', 'what'),
  };
}

function keyOrNone(request: SipRequest): string | undefined {
  try {
    return serverKey(request);
  } catch {
    return undefined;
  }
}

/** Where there is no Via, there is nowhere that an answer could go (RFC 3261 §18.2.2). */
function hasNoVia(request: SipRequest): boolean {
  return request.header('via') === undefined;
}

function isReadable(ack: SipRequest): boolean {
  try {
    return ack.to !== undefined;
  } catch {
    return false;
  }
}
