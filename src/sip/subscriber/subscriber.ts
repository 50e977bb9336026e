import { randomBytes } from 'node:crypto';
import type { SipEdge } from '../edge.ts';
import type { IncomingRequest } from '../incoming-request.ts';
import { reach } from '../reach.ts';
import type { ResponseHandlers } from '../transaction/transaction.ts';
import type { Flow } from '../transport/flow.ts';
import { copy } from '../wire/byte-string.ts';
import { parseNameAddress } from '../wire/header-name-address.ts';
import type { SipRequest, SipResponse } from '../wire/message.ts';
import { SipError } from '../wire/sip-error.ts';
import { afterEnd, afterFailure } from './retry.ts';

export interface SubscriberOptions {
  /** What is subscribed to: a URI, a byte string. */
  readonly target: string;
  /** Where requests go instead of where the URI leads: a URI; '' for there. */
  readonly via: string;
  /** Who subscribes: a URI. */
  readonly from: string;
  readonly event: string;
  readonly accept: string;
  readonly expiresSeconds: number;
  /** A document has come. @throws {SipError} what the NOTIFY is answered with */
  onDocument(body: string, contentType: string): void;
  /** Nothing is known any more: it has ended or cannot be had now. It is tried again where that makes sense. */
  onLost(): void;
}

const REFRESH_AT = 0.9;

/**
 * Keeps a subscription with somebody else alive (RFC 6665 §4.1): refreshes it, begins it anew when it has ended for a
 * reason that may pass, and gives up when it was refused.
 */
export class Subscriber implements ResponseHandlers {
  readonly #edge: SipEdge;
  readonly #options: SubscriberOptions;
  readonly #ended: (subscriber: Subscriber) => void;
  readonly localTag = randomBytes(8).toString('hex');
  readonly #callId: string;
  #cseq = 0;
  /** Of the dialog, once it is there: value of To, remote target, Route headers. */
  #to: string;
  #remoteTag = '';
  #target: string;
  #route = '';
  #remoteCSeq = -1;
  #flow: Flow | undefined;
  #attempts = 0;
  #isOver = false;
  #cancelTimer: (() => void) | undefined;

  /** @param ended told when it is over for good */
  constructor(edge: SipEdge, options: SubscriberOptions, ended: (subscriber: Subscriber) => void) {
    this.#edge = edge;
    this.#options = options;
    this.#ended = ended;
    this.#callId = `${randomBytes(12).toString('hex')}@${edge.domain}`;
    this.#to = `<${options.target}>`;
    this.#target = options.target;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  start(): void {
    this.#subscribe(this.#options.expiresSeconds);
  }

  /** Gives it up (RFC 6665 §4.1.2.3). */
  stop(): void {
    if (this.#isOver) return;
    this.#over();
    if (this.#remoteTag !== '') this.#subscribe(0);
  }

  /** A NOTIFY of this subscription. It may come before the answer to its SUBSCRIBE (RFC 6665 §4.4.1). */
  take(incoming: IncomingRequest): void {
    const { request } = incoming;
    if (this.#isOver || !this.#isOfDialog(request)) throw new SipError(481);
    if (request.cseq.number <= this.#remoteCSeq) throw new SipError(500, 'Out Of Order');
    this.#remoteCSeq = request.cseq.number;
    if (this.#remoteTag === '') this.#learn(request, request.header('from')!);
    const state = request.header('subscription-state');
    if (state === undefined) throw new SipError(400, 'Missing Subscription-State');
    if (request.body !== '') this.#options.onDocument(request.body, request.header('content-type') ?? '');
    incoming.respond(200);
    if (/^\s*terminated/i.test(state)) this.#lost(afterEnd(state));
    else this.#refreshBy(/;\s*expires\s*=\s*(\d+)/i.exec(state)?.[1]);
  }

  response(response: SipResponse): void {
    const { status } = response;
    if (status < 200 || this.#isOver) return;
    if (status < 300) {
      this.#attempts = 0;
      if (this.#remoteTag === '') this.#learn(response, response.header('to')!);
      this.#refreshBy(response.header('expires'));
      return;
    }
    this.#lost(afterFailure(status, response.header('retry-after'), this.#attempts));
  }

  failed(): void {
    if (!this.#isOver) this.#lost(afterFailure(503, undefined, this.#attempts));
  }

  #isOfDialog(request: SipRequest): boolean {
    return request.callId === this.#callId && (this.#remoteTag === '' || request.from.tag === this.#remoteTag);
  }

  /** The dialog is there (RFC 3261 §12.1.2). @param remote the value that names the other side */
  #learn(message: SipRequest | SipResponse, remote: string): void {
    const name = parseNameAddress(remote);
    if (name.tag === '') return;
    this.#remoteTag = copy(name.tag);
    this.#to = copy(remote);
    const contact = message.values('contact')[0];
    if (contact !== undefined) this.#target = copy(parseNameAddress(contact).uri);
    const hops = message.values('record-route');
    // Of a response the order is reversed.
    const route = message.kind === 'response' ? hops.reverse() : hops;
    this.#route = copy(route.map((hop) => `Route: ${hop}\r\n`).join(''));
  }

  #subscribe(expiresSeconds: number): void {
    const { via, from, event, accept } = this.#options;
    const isInDialog = this.#remoteTag !== '';
    const flow = reach(
      this.#edge,
      this.#flow,
      isInDialog ? this.#target : via === '' ? this.#target : via,
      this.#route,
    );
    const send = (found: Flow): void => {
      this.#flow = found;
      const head = `Max-Forwards: 70\r\n${this.#route}From: <${from}>;tag=${this.localTag}\r\nTo: ${this.#to}\r\nCall-ID: ${this.#callId}\r\nCSeq: ${++this.#cseq} SUBSCRIBE\r\nContact: ${this.#edge.contactFor(found)}\r\nEvent: ${event}\r\nAccept: ${accept}\r\nExpires: ${expiresSeconds}\r\n`;
      this.#edge.send({ method: 'SUBSCRIBE', uri: this.#target, head, body: '' }, found, this);
    };
    if (flow instanceof Promise) flow.then(send, () => this.failed());
    else send(flow);
  }

  #refreshBy(seconds: string | undefined): void {
    const expires = Number.parseInt(seconds ?? '', 10);
    // RFC 6665 §4.1.2.1: it may be shortened, not lengthened; and no timer holds a number without end.
    const { expiresSeconds } = this.#options;
    const inSeconds = expires > 0 ? Math.min(expires, expiresSeconds) : expiresSeconds;
    this.#after(inSeconds * 1000 * REFRESH_AT, () => this.#subscribe(this.#options.expiresSeconds));
  }

  /** @param retryInMs undefined: it will not be had */
  #lost(retryInMs: number | undefined): void {
    if (retryInMs === undefined) this.#over();
    this.#options.onLost();
    if (retryInMs === undefined || this.#isOver) return;
    this.#attempts++;
    this.#remoteTag = '';
    this.#remoteCSeq = -1;
    this.#to = `<${this.#options.target}>`;
    this.#target = this.#options.target;
    this.#route = '';
    this.#flow = undefined;
    this.#after(retryInMs, () => this.#subscribe(this.#options.expiresSeconds));
  }

  #over(): void {
    this.#isOver = true;
    this.#cancelTimer?.();
    this.#ended(this);
  }

  #after(ms: number, run: () => void): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#edge.clock.after(ms, run);
  }
}
