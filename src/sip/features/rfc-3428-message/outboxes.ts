import type { Handover } from '#accounts/device.ts';
import { messageDelivered, messageReturned } from '#messaging/inbox.ts';
import type { SipDevice } from '../../device.ts';
import type { SipEdge } from '../../edge.ts';
import { reach } from '../../reach.ts';
import type { ResponseHandlers } from '../../transaction/transaction.ts';
import type { SipResponse } from '../../wire/message.ts';
import { writeMessage } from './to-request.ts';

/** What is on its way to each contact binding. */
export class Outboxes {
  readonly #edge: SipEdge;
  readonly #outboxes = new WeakMap<SipDevice, Outbox>();

  constructor(edge: SipEdge) {
    this.#edge = edge;
  }

  of(device: SipDevice): Outbox {
    let outbox = this.#outboxes.get(device);
    if (outbox === undefined) {
      outbox = new Outbox(this.#edge, device);
      this.#outboxes.set(device, outbox);
    }
    return outbox;
  }

  end(device: SipDevice): void {
    this.#outboxes.get(device)?.end();
  }
}

/**
 * Sends one MESSAGE after the other, so that they arrive in order (RFC 3428 §8: none before the last one is answered).
 * The inbox holds a message until the binding has answered 2xx; what it does not take waits for the account.
 */
class Outbox implements ResponseHandlers {
  readonly #edge: SipEdge;
  readonly #device: SipDevice;
  readonly #queue: Handover[] = [];
  #current: Handover | undefined;

  constructor(edge: SipEdge, device: SipDevice) {
    this.#edge = edge;
    this.#device = device;
  }

  add(message: Handover): void {
    if (this.#current === undefined) this.#send(message);
    else this.#queue.push(message);
  }

  /** The binding is gone: what it has not taken is the account's again. */
  end(): void {
    const left = this.#current === undefined ? this.#queue : [this.#current, ...this.#queue];
    this.#current = undefined;
    for (const message of left.splice(0)) this.#giveBack(message);
    this.#queue.length = 0;
  }

  response({ status }: SipResponse): void {
    if (status < 200 || this.#current === undefined) return;
    const message = this.#current;
    if (status < 300) this.#taken(message);
    else this.#giveBack(message);
    this.#next();
  }

  /** It does not answer: so it would be with the next ones. */
  failed(): void {
    this.end();
  }

  #next(): void {
    this.#current = undefined;
    const next = this.#queue.shift();
    if (next !== undefined) this.#send(next);
  }

  #send(message: Handover): void {
    const out = writeMessage(message.element, this.#device);
    this.#current = message;
    if (out === undefined) {
      // Nothing in it that SIP has a word for.
      this.#taken(message);
      this.#next();
      return;
    }
    const flow = reach(this.#edge, this.#device.flow, this.#device.uri, this.#device.route);
    if (!(flow instanceof Promise)) {
      this.#edge.send(out, flow, this);
      return;
    }
    flow.then(
      (found) => {
        if (this.#current === message) this.#edge.send(out, found, this);
      },
      () => this.failed(),
    );
  }

  #taken({ archiveId }: Handover): void {
    if (archiveId !== 0) messageDelivered(this.#device.home, archiveId);
  }

  #giveBack({ archiveId }: Handover): void {
    if (archiveId !== 0) messageReturned(this.#device.home, archiveId);
  }
}
