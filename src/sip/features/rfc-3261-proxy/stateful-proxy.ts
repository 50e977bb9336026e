import type { Home } from '#accounts/home.ts';
import { Failure } from '#base/failure.ts';
import type { Values } from '#base/settings.ts';
import { isBlocked } from '#contacts/block-list.ts';
import { bindingsOf, targetsOfDevice } from '../../bindings.ts';
import type { SipEdge } from '../../edge.ts';
import type { IncomingRequest } from '../../incoming-request.ts';
import { authenticated } from '../../router.ts';
import type { Flow } from '../../transport/flow.ts';
import { resourceOf } from '../../wire/address.ts';
import type { SipRequest } from '../../wire/message.ts';
import { SipError } from '../../wire/sip-error.ts';
import { parseRequestUri, type SipUri } from '../../wire/sip-uri.ts';
import { readMaxForwards } from '../../wire/validate.ts';
import type { Attempt, Group } from './attempt.ts';
import { maxBreadthOf } from './breadth.ts';
import { FlowTokens } from './flow-tokens.ts';
import { Fork } from './fork.ts';
import { LoopMarks } from './loop-marks.ts';
import { bytesOf, copy, nextHopOf, outgoing } from './outgoing.ts';
import { type Preprocessed, preprocess } from './preprocess.ts';
import { recordRoute } from './record-route.ts';
import type { proxySettings } from './settings.ts';
import { groupsOf } from './targets.ts';
import { ways } from './ways.ts';

/** A request that may be passed on, and what is known of where. */
interface Admitted extends Preprocessed {
  readonly request: SipRequest;
  readonly incoming: IncomingRequest;
  readonly maxForwards: number;
  /** What the token of ours in its route names; '' for no flow, undefined for no token. */
  readonly flowId: string | undefined;
}

/** Passes on what is for others than the server itself (RFC 3261 §16). */
export class StatefulProxy {
  readonly #edge: SipEdge;
  readonly #settings: Readonly<Values<typeof proxySettings>>;
  readonly #tokens: FlowTokens;
  readonly #marks: LoopMarks;

  constructor(edge: SipEdge, settings: Readonly<Values<typeof proxySettings>>) {
    this.#edge = edge;
    this.#settings = settings;
    this.#tokens = new FlowTokens(edge.secret);
    this.#marks = new LoopMarks(edge.secret);
  }

  take(incoming: IncomingRequest): void | Promise<void> {
    const { request } = incoming;
    const admitted = this.#look(incoming);
    if (request.method === 'ACK') return this.#acknowledge(admitted);
    // The parties of a call have proved who they are when it began.
    const isKnown = admitted.flowId !== undefined || incoming.trust !== undefined || incoming.sender !== undefined;
    if (isKnown) return this.#pass(admitted);
    return authenticated(this.#edge, incoming, 'proxy', () => this.#pass(admitted));
  }

  /** RFC 3261 §16.3 and §16.4. @throws {SipError} 400, 420, 482, 483 */
  #look(incoming: IncomingRequest): Admitted {
    const { request } = incoming;
    const hops = readMaxForwards(request);
    if (hops === 0) throw new SipError(483);
    const wanted = request.values('proxy-require');
    if (wanted.length > 0) throw new SipError(420, undefined, `Unsupported: ${wanted.join(', ')}\r\n`);
    if (this.#marks.isLoop(request)) throw new SipError(482);
    const found = preprocess(request, (uri) => this.#edge.isRouteToUs(uri));
    // A token is a pass for the requests of a dialog. Who is in a call may not begin another one by it, as anybody.
    const flowId = request.to.tag === '' ? undefined : this.#tokens.read(found.token, request.callId);
    return { ...found, request, incoming, maxForwards: hops - 1, flowId };
  }

  #pass(admitted: Admitted): void | Promise<void> {
    const groups = this.#groups(admitted);
    if (!(groups instanceof Promise)) return this.#begin(admitted, groups);
    const { transaction } = admitted.incoming;
    // Whoever takes it back while we look is heard.
    let isLooking = true;
    transaction.onCancel(() => {
      if (isLooking) transaction.respond(487);
    });
    return groups.then((found) => {
      isLooking = false;
      if (!transaction.isFinal) this.#begin(admitted, found);
    });
  }

  #begin(admitted: Admitted, groups: readonly Group[]): void {
    const { request, incoming } = admitted;
    const { edge } = incoming;
    const breadth = maxBreadthOf(request, this.#settings.maxBreadth);
    const fork = new Fork(
      incoming.transaction,
      {
        edge,
        request,
        copied: this.#copy(admitted),
        mark: this.#marks.of(request),
        timerCMs: this.#settings.answerSeconds * 1000,
        recordRoute: (to) => recordRoute(request, incoming.flow, to, this.#tokens, edge.domain),
      },
      groups,
      breadth,
    );
    if (isNewCall(request) && incoming.trust === undefined) giveUpWithCaller(fork, incoming);
    fork.start();
  }

  #copy({ request, incoming, maxForwards }: Admitted) {
    const { edge, flow, trust } = incoming;
    return copy(request, { flow, maxForwards, realms: edge.domains, isTrusted: trust !== undefined });
  }

  /** RFC 3261 §16.5. @throws {SipError | Failure} where there is nobody to ask */
  #groups(admitted: Admitted): readonly Group[] | Promise<readonly Group[]> {
    const { uri, routes } = admitted;
    const flow = this.#flowOf(admitted);
    const parsed = this.#edge.gruus.resolve(parseRequestUri(uri));
    if (parsed === undefined) throw new SipError(404);
    const isTheirs = routes.length > 0 || !this.#edge.isLocal(parsed);
    if (isTheirs && admitted.flowId === undefined) this.#checkRelay(parsed);
    // One end of a call may call itself by the address of its account; only a GRUU is looked up again.
    if (isTheirs || (flow !== undefined && resourceOf(parsed) === undefined)) {
      return [[[this.#onlyAttempt(admitted, parsed, flow)]]];
    }
    const address = this.#edge.accountOf(parsed);
    if (address === undefined) throw new SipError(404);
    const home = this.#edge.homes.loaded(address);
    if (home !== undefined) return this.#devicesOf(home, parsed, admitted);
    return this.#edge.homes.load(address).then((loaded) => {
      if (loaded === undefined) throw new SipError(404);
      return this.#devicesOf(loaded, parsed, admitted);
    });
  }

  /** The flow that the token names, while it is there. */
  #flowOf({ flowId }: Admitted): Flow | undefined {
    if (flowId === undefined || flowId === '') return undefined;
    const flow = this.#edge.transports.flowOf(flowId);
    return flow?.isClosed ? undefined : flow;
  }

  #onlyAttempt({ uri, routes, flowId }: Admitted, parsed: SipUri, flow: Flow | undefined): Attempt {
    const isFlowOnly = flowId !== undefined && flowId !== '' && routes.length === 0 && parsed.params.has('ob');
    return { uri, routes, flow, isFlowOnly };
  }

  #checkRelay({ scheme }: SipUri): void {
    if (!this.#settings.toOtherDomains) throw new SipError(403, 'Not Passed On To Other Domains');
    if (scheme !== 'sip' && scheme !== 'sips') throw new SipError(416);
  }

  #devicesOf(home: Home, uri: SipUri, { incoming }: Admitted): Group[] {
    const { sender } = incoming;
    if (sender !== undefined && isBlocked(home, sender.address)) throw new Failure('blocked', 'Not Wanted');
    const device = resourceOf(uri);
    const bindings = device === undefined ? bindingsOf(home) : targetsOfDevice(home, device);
    const newestFirst = bindings.toSorted((a, b) => b.said.registeredAt - a.said.registeredAt);
    return groupsOf(newestFirst, uri.scheme === 'sips');
  }

  /** The ACK to a 2xx goes the way of its INVITE, and is nobody's else (RFC 3261 §16.6 step 10, §13.2.2.4). */
  #acknowledge(admitted: Admitted): void | Promise<void> {
    if (admitted.flowId === undefined) return;
    const groups = this.#groups(admitted);
    if (groups instanceof Promise) return groups.then((found) => this.#sendAck(admitted, found));
    return this.#sendAck(admitted, groups);
  }

  #sendAck(admitted: Admitted, [group]: readonly Group[]): void | Promise<void> {
    const attempt = group![0]![0]!;
    const copied = this.#copy(admitted);
    const out = outgoing(copied, attempt, '');
    const mark = this.#marks.of(admitted.request);
    const { transactions } = this.#edge;
    if (attempt.flow !== undefined) return transactions.send(out, attempt.flow, mark);
    const found = ways(this.#edge, nextHopOf(attempt), bytesOf(copied));
    return found.next().then(({ value }) => {
      if (value) transactions.send(out, value, mark);
    });
  }
}

function isNewCall({ method, to }: SipRequest): boolean {
  return method === 'INVITE' && to.tag === '';
}

/**
 * A client that has lost its connection has lost its call (RFC 3261 §17.1.4): nobody has to run to the phone. A trunk
 * may open another one.
 */
function giveUpWithCaller(fork: Fork, { flow, transaction }: IncomingRequest): void {
  transaction.onEnd(flow.onClose(() => fork.giveUp()));
}
