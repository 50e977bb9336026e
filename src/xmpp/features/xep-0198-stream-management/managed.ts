import type { Clock } from '#base/clock.ts';
import { messageDelivered } from '#messaging/inbox.ts';
import type { Outbox, Session } from '../../session.ts';
import { StreamError } from '../../wire/stream-error.ts';
import { type Unacknowledged, UnacknowledgedQueue } from './unacknowledged.ts';

export const NS_SM = 'urn:xmpp:sm:3';
const REQUEST = `<r xmlns='${NS_SM}'/>`;

export interface ManagedLimits {
  /** What may wait for a client's acknowledgement. */
  readonly maxUnacknowledged: number;
  readonly maxUnacknowledgedBytes: number;
  /** A client that does not answer a request in this time is taken to be gone. */
  readonly answerSeconds: number;
}

/** A session with stream management. */
export class Managed implements Outbox {
  readonly session: Session;
  /** What the client resumes it by; '' when it may not. */
  readonly id: string;
  /** How long it is kept without a connection. */
  readonly maxSeconds: number;
  readonly queue = new UnacknowledgedQueue();
  #limits: ManagedLimits;
  /** A request for acknowledgement is under way: one at a time is enough. */
  #asked = false;
  #stopWaiting: (() => void) | undefined;
  #clock: Clock;

  constructor(session: Session, id: string, maxSeconds: number, limits: ManagedLimits) {
    this.session = session;
    this.id = id;
    this.maxSeconds = maxSeconds;
    this.#limits = limits;
    this.#clock = session.xmpp.clock;
  }

  send(text: string, archiveId: number): void {
    this.queue.push({ text, archiveId });
    const { stream } = this.session;
    if (this.queue.length > this.#limits.maxUnacknowledged || this.queue.bytes > this.#limits.maxUnacknowledgedBytes) {
      this.#overflow();
    } else if (stream !== undefined) {
      stream.write(text);
      this.ask();
    }
  }

  /** Asks how much the client has, unless it has been asked. */
  ask(): void {
    const { stream } = this.session;
    if (this.#asked || stream === undefined) return;
    this.#asked = true;
    stream.write(REQUEST);
    this.#stopWaiting = this.#clock.after(this.#limits.answerSeconds * 1000, () => this.#onSilence());
  }

  /** The client says how much it has. @throws {StreamError} when it claims to have what was never sent */
  acknowledged(h: number): void {
    const done = this.queue.acknowledge(h);
    if (done === undefined) throw tooHigh(h, this.queue.sent);
    this.#stopAsking();
    for (const { archiveId } of done) if (archiveId !== 0) messageDelivered(this.session.home, archiveId);
    if (this.queue.length > 0) this.ask();
  }

  /** Sends once more what the client has not got, on the connection that it has come back on. */
  resend(): void {
    this.#stopAsking();
    const { stream } = this.session;
    for (const { text } of this.queue.rest()) stream?.write(text);
    if (this.queue.length > 0) this.ask();
  }

  /** The connection is gone, or the session. */
  disconnected(): void {
    this.#stopAsking();
  }

  /** What the client never acknowledged; the queue is empty afterwards. */
  takeRest(): Unacknowledged[] {
    const rest = this.queue.rest();
    this.queue.acknowledge(this.queue.sent);
    return rest;
  }

  #stopAsking(): void {
    this.#asked = false;
    this.#stopWaiting?.();
    this.#stopWaiting = undefined;
  }

  /** The connection looks open and nobody answers: it is closed, and the client may come back to the session. */
  #onSilence(): void {
    this.session.xmpp.counts.refused.of('no-acknowledgement').add(1);
    this.session.stream?.abort();
  }

  /** More waits than is reasonable to keep in memory: the session ends, and what is owed goes back to the inbox. */
  #overflow(): void {
    const { session } = this;
    session.xmpp.counts.refused.of('unacknowledged').add(1);
    const { stream } = session;
    session.finish();
    stream?.close(new StreamError('resource-constraint', 'Too many stanzas are waiting to be acknowledged.'));
  }
}

/** XEP-0198 §4: a client that acknowledges more than it was sent has lost count, and so have we of it. */
function tooHigh(h: number, sent: number): StreamError {
  return new StreamError('undefined-condition', `${h} stanzas were acknowledged and ${sent} sent.`, {
    name: 'handled-count-too-high',
    ns: NS_SM,
    attributes: { h: String(h), 'send-count': String(sent) },
  });
}
