/** SIP over connections: messages behind one another, framed by Content-Length (RFC 3261 §18.3). */
import { Malformed } from './malformed.ts';
import type { SipRequest, SipResponse } from './message.ts';
import { defaultLimits, type Head, type MessageLimits, readHead, toMessage } from './message-parser.ts';
import { SipError } from './sip-error.ts';

export type StreamEvent =
  | { readonly message: SipRequest | SipResponse }
  /**
   * RFC 5626 §4.4.1. A line end between messages is told of as a 'pong' at once, since nothing else may ever follow it,
   * and the second one of two as the 'ping' that is to be answered.
   */
  | { readonly keepAlive: 'ping' | 'pong' }
  /** @property isLast where the next message begins is not known: what follows is not read any more */
  | { readonly malformed: Malformed; readonly isLast: boolean };

const CR = 0x0d;
const LF = 0x0a;
const END_OF_HEAD = '\r\n\r\n';
/** What is kept of a message keeps all that came with it in memory: no more than that. */
const MAX_BESIDE = 4096;
const NOTHING = Buffer.alloc(0);

/**
 * Cuts what a connection brings into messages. What came whole, nearly all, is read where it is; only a message that is
 * not complete yet is copied, once, into memory that is bounded by the limits.
 */
export class StreamParser {
  readonly #limits: MessageLimits;
  #pending = NOTHING;
  #pendingLength = 0;
  /** How many bytes have to be there before it is worth looking again. */
  #needed = 0;
  #lineEnds = 0;
  #isOver = false;

  constructor(limits: MessageLimits = defaultLimits) {
    this.#limits = limits;
  }

  /** Whether part of a message has come, and the rest has not. */
  get isInMessage(): boolean {
    return this.#pendingLength > 0;
  }

  feed(bytes: Buffer): StreamEvent[] {
    const events: StreamEvent[] = [];
    if (this.#isOver || bytes.length === 0) return events;
    if (this.#pendingLength === 0) {
      const text = bytes.toString('latin1', 0, bytes.length);
      const read = this.#read(bytes, text, events);
      if (read < text.length) this.#keep(bytes.subarray(read));
      return events;
    }
    const looked = this.#pendingLength;
    this.#keep(bytes);
    if (this.#isWorthLooking(looked)) this.#readPending(events);
    return events;
  }

  /** While a head is not complete only its end is looked for, in what is new; then the body is waited for. */
  #isWorthLooking(looked: number): boolean {
    if (this.#needed > 0) return this.#pendingLength >= this.#needed;
    if (looked < 2 || this.#pendingLength > this.#limits.maxHeadBytes) return true;
    const pending = this.#pending.subarray(Math.max(0, looked - 3), this.#pendingLength);
    return pending.indexOf(END_OF_HEAD, 0, 'latin1') >= 0;
  }

  #readPending(events: StreamEvent[]): void {
    const bytes = this.#pending.subarray(0, this.#pendingLength);
    const text = bytes.toString('latin1', 0, bytes.length);
    this.#pendingLength = 0;
    this.#needed = 0;
    const read = this.#read(bytes, text, events);
    if (read === 0) this.#pendingLength = bytes.length;
    else {
      this.#pending = NOTHING;
      if (read < text.length) this.#keep(bytes.subarray(read));
    }
  }

  /** @param text all of `bytes` @returns up to where it is done with */
  #read(bytes: Buffer, text: string, events: StreamEvent[]): number {
    let at = 0;
    while (at < text.length) {
      if (text.charCodeAt(at) === CR) {
        if (at + 1 === text.length) return at;
        if (text.charCodeAt(at + 1) === LF) {
          events.push({ keepAlive: ++this.#lineEnds % 2 === 1 ? 'pong' : 'ping' });
          at += 2;
          continue;
        }
      }
      const next = this.#readMessage(bytes, text, at, events);
      if (this.#isOver) return text.length;
      if (next < 0) return at;
      this.#lineEnds = 0;
      at = next;
    }
    return at;
  }

  /** @returns where the next message begins; -1 where this one is not complete */
  #readMessage(bytes: Buffer, text: string, from: number, events: StreamEvent[]): number {
    const { maxHeadBytes, maxBodyBytes } = this.#limits;
    const end = text.indexOf(END_OF_HEAD, from);
    const least = end < 0 ? text.length - 3 : end;
    if (least - from > maxHeadBytes) {
      const head = readHead(text.slice(from, from + maxHeadBytes), 0, this.#limits);
      return this.#refuse(head, new SipError(513, 'Headers Too Large'), events);
    }
    if (end < 0) return -1;
    const bodyAt = end + 4;
    const isAlone = text.length - (bodyAt - from) < MAX_BESIDE;
    const head = isAlone
      ? readHead(text, from, this.#limits)
      : readHead(bytes.toString('latin1', from, bodyAt), 0, this.#limits);
    const { contentLength } = head;
    if (contentLength > maxBodyBytes) return this.#refuse(head, new SipError(413), events);
    if (contentLength < 0) {
      return this.#refuse(head, head.fault ?? new SipError(400, 'Missing Content-Length'), events);
    }
    const next = bodyAt + contentLength;
    if (next > text.length) {
      this.#needed = next - from;
      return -1;
    }
    this.#take(head, isAlone ? text.slice(bodyAt, next) : bytes.toString('latin1', bodyAt, next), events);
    return next;
  }

  #take(head: Head, body: string, events: StreamEvent[]): void {
    try {
      events.push({ message: toMessage(head, head.fault, body) });
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      events.push({ malformed: error, isLast: false });
    }
  }

  /** Framing is lost, or would ask for more memory than anybody gets. */
  #refuse(head: Head, fault: SipError, events: StreamEvent[]): number {
    this.#isOver = true;
    this.#pending = NOTHING;
    try {
      toMessage(head, fault, '');
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      events.push({ malformed: error, isLast: true });
    }
    return 0;
  }

  #keep(bytes: Buffer): void {
    const length = this.#pendingLength + bytes.length;
    if (length > this.#pending.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.#pending.length, 512));
      this.#pending.copy(grown, 0, 0, this.#pendingLength);
      this.#pending = grown;
    }
    bytes.copy(this.#pending, this.#pendingLength);
    this.#pendingLength = length;
  }
}
