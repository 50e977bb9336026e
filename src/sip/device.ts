import type { Device, Handover, Publication } from '#accounts/device.ts';
import type { Home } from '#accounts/home.ts';
import type { Homes } from '#accounts/homes.ts';
import type { Binding } from './bindings.ts';
import { messageToBinding } from './hooks.ts';
import type { Flow } from './transport/flow.ts';

type Ended = (device: SipDevice, reason: Parameters<Device['end']>[0]) => void;

/** What is on its way to a device (RFC 3428). */
export interface DeviceOutbox {
  /** It takes no messages now. */
  readonly isPaused: boolean;
  add(message: Handover): void;
  drained(): Promise<void> | undefined;
  /** The device has given a sign of life. */
  heard(): void;
  end(): void;
}

const withoutMessages = new WeakSet<Homes>();

/** Whether nobody is there who sends messages to SIP devices: they take none then. */
export function takeNoMessages(homes: Homes, areNone: boolean): void {
  if (areNone) withoutMessages.add(homes);
  else withoutMessages.delete(homes);
}

/**
 * A SIP client that is registered: one for each instance that says who it is (RFC 5626 §3.1), by however many flows it
 * comes, and one for each contact of those that do not. What is for it goes to its newest binding that can be reached.
 */
export class SipDevice implements Device {
  readonly id: string;
  readonly edge = 'sip';
  readonly home: Home;
  readonly publication = undefined;
  readonly wantsContacts = false;
  readonly answersEach = true;
  /** That it is registered says that it is there, until it publishes something (RFC 3903). */
  readonly registration: Publication;
  /** Once there was a message for it. */
  outbox: DeviceOutbox | undefined;
  /** The newest last. */
  #bindings: readonly Binding[] = [];
  readonly #ended: Ended;

  /** @param ended takes its bindings away when the account's owner or an administrator ends it */
  constructor(home: Home, id: string, registeredAt: number, ended: Ended) {
    this.home = home;
    this.id = id;
    this.registration = { device: id, availability: 'available', priority: 0, notes: {}, at: registeredAt };
    this.#ended = ended;
  }

  get bindings(): readonly Binding[] {
    return this.#bindings;
  }

  /** @returns whether it had none */
  add(binding: Binding): boolean {
    const wasEmpty = this.#bindings.length === 0;
    if (this.#bindings.at(-1) !== binding) {
      this.#bindings = [...this.#bindings.filter((other) => other !== binding), binding];
    }
    return wasEmpty;
  }

  /** @returns whether it has none any more */
  remove(binding: Binding): boolean {
    this.#bindings = this.#bindings.filter((other) => other !== binding);
    return this.#bindings.length === 0;
  }

  /** Those that can be reached, the one to be tried first before the others. */
  reachable(): Binding[] {
    return this.#bindings.filter((binding) => binding.isReachable).reverse();
  }

  /** The binding that a request to it goes to. */
  get target(): Binding | undefined {
    const bindings = this.#bindings;
    for (let i = bindings.length - 1; i >= 0; i--) if (bindings[i]!.isReachable) return bindings[i];
    return bindings.at(-1);
  }

  /** The way that it came, as long as that is there. */
  get flow(): Flow | undefined {
    return this.target?.flow;
  }

  /** The Request-URI for it: a byte string. */
  get uri(): string {
    return this.target?.uri ?? '';
  }

  /** Header lines for requests to it: a byte string. */
  get route(): string {
    return this.target?.route ?? '';
  }

  get userAgent(): string {
    return this.target?.said.userAgent ?? '';
  }

  /** That of the account. */
  get domain(): string {
    return this.home.address.slice(this.home.address.indexOf('@') + 1);
  }

  /** A phone that says which methods it takes, and MESSAGE is none of them, is left alone. */
  get takesMessages(): boolean {
    const target = this.target;
    if (target === undefined || !target.isReachable || this.outbox?.isPaused) return false;
    if (withoutMessages.has(this.home.homes)) return false;
    const { methods } = target.said;
    return methods === '' || /\bMESSAGE\b/i.test(methods);
  }

  /** RFC 3428 §8: one message goes after the other, so whoever sends a lot has to wait. */
  drained(): Promise<void> | undefined {
    return this.outbox?.drained();
  }

  takeMessage(message: Handover): void {
    this.home.homes.hooks.run(messageToBinding, { device: this, message });
  }

  /** Watchers that speak SIP subscribe (RFC 3856). */
  takePresence(): void {}

  takeNative(): boolean {
    return false;
  }

  end(reason: Parameters<Device['end']>[0]): void {
    this.#ended(this, reason);
  }
}
