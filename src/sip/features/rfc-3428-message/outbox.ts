import type { Handover } from '#accounts/device.ts';
import { messageDelivered } from '#messaging/inbox.ts';
import { messageRefused, redeliver } from '#messaging/redeliver.ts';
import { giveWaiting } from '#messaging/start.ts';
import { hasTaker } from '#messaging/takers.ts';
import type { Element } from '#xml/element.ts';
import type { Registration } from '../../bindings.ts';
import type { DeviceOutbox, SipDevice } from '../../device.ts';
import type { SipEdge } from '../../edge.ts';
import type { ResponseHandlers } from '../../transaction/transaction.ts';
import type { SipResponse } from '../../wire/message.ts';
import { abilitiesOf } from './abilities.ts';
import type { Contents, Writer } from './contents.ts';
import { expiryOf } from './expiry.ts';
import { pauseMs, retryAfterMs } from './pause.ts';
import { writeMessage } from './to-request.ts';
import { verdictOf } from './verdict.ts';
import { Way } from './way.ts';

/** So many may be on their way to one binding; the rest waits in the inbox. */
const MAX_QUEUED = 200;
const MAX_QUEUED_CHARS = 4_194_304;
/** Who sends a lot waits while so many are not sent. */
const MANY = 10;

/**
 * Sends one MESSAGE after the other, so that they arrive in order (RFC 3428 §8: none before the last one is answered).
 * The inbox holds a message until the binding has answered 2xx. What it does not take now waits for the account, and is
 * tried again after a while, or when it registers; what it will never take waits for another device.
 */
export class Outbox implements DeviceOutbox {
  readonly #edge: SipEdge;
  readonly #contents: Contents;
  readonly #device: SipDevice;
  readonly #way: Way;
  #queue: Handover[] = [];
  #queuedChars = 0;
  #current: Attempt | undefined;
  /** More came than may wait here: it comes again once this is empty. */
  #isOverfull = false;
  #paused: { readonly said: Registration | undefined; readonly until: number } | undefined;
  #failures = 0;
  #retry: (() => void) | undefined;
  #emptied: PromiseWithResolvers<void> | undefined;

  constructor(edge: SipEdge, contents: Contents, device: SipDevice) {
    this.#edge = edge;
    this.#contents = contents;
    this.#device = device;
    this.#way = new Way(edge, device);
  }

  /** Whether it takes none now. A pause is over when the binding registers again. */
  get isPaused(): boolean {
    if (this.#isOverfull) return true;
    const paused = this.#paused;
    return paused !== undefined && paused.said === this.#device.target?.said && this.#edge.clock.now() < paused.until;
  }

  add(message: Handover): void {
    if (this.#current === undefined) {
      this.#begin(message);
      this.#next();
    } else if (this.#mayQueue(message)) {
      this.#queue.push(message);
      this.#queuedChars += message.text.length;
    } else if (message.archiveId !== 0 || message.element.child('body') !== undefined) {
      // A passing state is of no use later.
      this.#isOverfull = true;
      this.#giveBack([message]);
    }
  }

  drained(): Promise<void> | undefined {
    if (this.#queue.length < MANY) return undefined;
    this.#emptied ??= Promise.withResolvers();
    return this.#emptied.promise;
  }

  /** It has sent something itself, so it is there. */
  heard(): void {
    if (this.#paused === undefined || this.#paused.until === Number.POSITIVE_INFINITY) return;
    this.#resume();
    giveWaiting(this.#device.home, this.#device);
  }

  /** The binding is gone: what it has not taken is the account's again. */
  end(): void {
    this.#resume();
    this.#giveBack(this.#takeAll());
  }

  /** A final response to what is under way. */
  answered(attempt: Attempt, response: SipResponse): void {
    if (this.#current !== attempt) return;
    const verdict = verdictOf(response.status);
    const abilities = abilitiesOf(this.#device);
    if (verdict === 'taken' || response.status === 415) abilities.accepts(response);
    if (verdict === 'taken') {
      this.#failures = 0;
      abilities.takes(attempt.writer.type);
      this.#taken(attempt.message);
    } else if (response.status === 415 && this.#refusesForm(attempt)) {
      return;
    } else if (verdict === 'message') {
      this.#refused(attempt.message);
    } else {
      this.#pause(verdict === 'binding' ? Number.POSITIVE_INFINITY : retryAfterMs(response));
      return;
    }
    this.#current = undefined;
    this.#next();
  }

  /** No answer will come. A connection that was lost may be opened anew; who does not answer is left alone for a while. */
  failed(attempt: Attempt, why: 'timeout' | 'transport'): void {
    if (this.#current !== attempt) return;
    const mayRepeat = this.#way.failed() || why === 'transport';
    if (mayRepeat && !attempt.isSecond) this.#send(attempt.message, attempt.element, true);
    else this.#pause();
  }

  #mayQueue(message: Handover): boolean {
    if (this.#isOverfull || this.#queuedChars + message.text.length > MAX_QUEUED_CHARS) return false;
    return this.#queue.length < MAX_QUEUED;
  }

  #next(): void {
    while (this.#current === undefined && this.#queue.length > 0) {
      const next = this.#queue.shift()!;
      this.#queuedChars -= next.text.length;
      this.#begin(next);
    }
    if (this.#queue.length < MANY / 2) this.#tellEmptied();
    if (!this.#isOverfull || this.#current !== undefined) return;
    this.#isOverfull = false;
    giveWaiting(this.#device.home, this.#device);
  }

  #tellEmptied(): void {
    this.#emptied?.resolve();
    this.#emptied = undefined;
  }

  /** What is of no use any more by now counts as delivered. */
  #begin(message: Handover): void {
    const { element } = message;
    const expiresAt = expiryOf(element);
    if (expiresAt !== undefined && expiresAt <= this.#edge.clock.now()) this.#taken(message);
    else this.#send(message, element, false);
  }

  #send(message: Handover, element: Element, isSecond: boolean): void {
    const written = writeMessage(this.#contents, element, this.#device, this.#edge.clock.now());
    if (written === undefined) {
      // Nothing in it that SIP, or this binding, has a word for.
      this.#current = undefined;
      this.#taken(message);
      return;
    }
    const attempt = new Attempt(this, message, element, written.writer, isSecond);
    this.#current = attempt;
    const flow = this.#way.to(written.out);
    if (!(flow instanceof Promise)) {
      this.#edge.send(written.out, flow, attempt);
      return;
    }
    flow.then(
      (found) => {
        if (this.#current === attempt) this.#edge.send(written.out, found, attempt);
      },
      () => {
        if (this.#current === attempt) this.#pause();
      },
    );
  }

  /** RFC 3261 §21.4.13: said in another form, if there is one. @returns whether it is dealt with */
  #refusesForm({ message, element, writer }: Attempt): boolean {
    if (writer.type === 'text/plain') return false;
    abilitiesOf(this.#device).refuses(writer.type);
    this.#send(message, element, false);
    this.#next();
    return true;
  }

  #pause(afterMs: number | undefined = undefined): void {
    const { clock } = this.#edge;
    const forMs = afterMs ?? pauseMs(this.#failures++);
    this.#resume();
    this.#isOverfull = false;
    this.#paused = { said: this.#device.target?.said, until: clock.now() + forMs };
    if (forMs !== Number.POSITIVE_INFINITY) this.#retry = clock.after(forMs, () => this.#tryAgain());
    this.#giveBack(this.#takeAll());
  }

  #tryAgain(): void {
    this.#resume();
    giveWaiting(this.#device.home, this.#device);
  }

  #resume(): void {
    this.#retry?.();
    this.#retry = undefined;
    this.#paused = undefined;
  }

  #takeAll(): Handover[] {
    const all = this.#current === undefined ? this.#queue : [this.#current.message, ...this.#queue];
    this.#current = undefined;
    this.#queue = [];
    this.#queuedChars = 0;
    this.#tellEmptied();
    return all;
  }

  #taken({ archiveId }: Handover): void {
    if (archiveId !== 0) messageDelivered(this.#device.home, archiveId);
  }

  #refused({ archiveId }: Handover): void {
    if (archiveId !== 0) messageRefused(this.#device, archiveId);
  }

  /** What was promised to nobody, and was given to every device, the others have. */
  #giveBack(messages: readonly Handover[]): void {
    const { home, domain } = this.#device;
    const othersHaveIt = hasTaker(home);
    redeliver(
      home,
      domain,
      messages.filter(({ archiveId }) => archiveId !== 0 || !othersHaveIt),
    );
  }
}

/** One MESSAGE, from when it is sent until it is answered. What an earlier one is told does not touch a later one. */
class Attempt implements ResponseHandlers {
  readonly #outbox: Outbox;
  readonly message: Handover;
  readonly element: Element;
  readonly writer: Writer;
  readonly isSecond: boolean;

  constructor(outbox: Outbox, message: Handover, element: Element, writer: Writer, isSecond: boolean) {
    this.#outbox = outbox;
    this.message = message;
    this.element = element;
    this.writer = writer;
    this.isSecond = isSecond;
  }

  response(response: SipResponse): void {
    if (response.status >= 200) this.#outbox.answered(this, response);
  }

  failed(why: 'timeout' | 'transport' = 'timeout'): void {
    this.#outbox.failed(this, why);
  }
}
