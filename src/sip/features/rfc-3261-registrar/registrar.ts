import type { Home } from '#accounts/home.ts';
import { Deadlines } from '#base/deadlines.ts';
import { SlicedQueue } from '#base/sliced-queue.ts';
import { spreadOf } from '#base/wide-map.ts';
import { giveWaiting } from '#messaging/start.ts';
import { registrationChanged } from '#presence/registration.ts';
import { rearrange } from '#presence/shown.ts';
import { Binding, type Bindings, bindingsPart, type Registration, serveBindings } from '../../bindings.ts';
import { SipDevice } from '../../device.ts';
import type { SipEdge } from '../../edge.ts';
import { bindingRegistered, bindingRemoved } from '../../hooks.ts';
import { flowToContact } from '../../reach.ts';
import type { Flow } from '../../transport/flow.ts';
import { BindingWriter } from './binding-writer.ts';
import type { RegisterChanges } from './register.ts';

/** How many homes are loaded at a time when the server starts. */
const LOADED_AT_A_TIME = 20;

/** Of taking leave, in one turn of the event loop. */
const SLICE_MS = 8;

/** How many addresses are read at a time. */
const PAGE = 500;

const SELECT_REGISTERED = `select distinct address from bindings join accounts on accounts.id = bindings.account
  where enabled = 1 and expires_at > ? and address > ? order by address limit ${PAGE}`;
const DELETE_EXPIRED = 'delete from bindings where expires_at <= ?';

/** Keeps the contact bindings of all accounts: their devices, their ends, and their rows. */
export class Registrar {
  readonly #edge: SipEdge;
  readonly #writer: BindingWriter;
  readonly #ends: Deadlines<Binding>;
  /** Those whose time is over: thousands may be in one second, when a network was gone. */
  readonly #ended: SlicedQueue<Binding>;
  readonly #stopServing: () => void;
  #isStopped = false;

  constructor(edge: SipEdge) {
    this.#edge = edge;
    this.#writer = new BindingWriter(edge.clock);
    this.#ended = new SlicedQueue<Binding>((binding) => this.#expire(binding));
    this.#ends = new Deadlines<Binding>(
      edge.clock,
      (binding) => this.#ended.push(binding),
      undefined,
      ({ id }) => spreadOf(id),
    );
    this.#stopServing = serveBindings(edge.homes, {
      restore: (home, bindings) => this.#restore(home, bindings),
      flush: (home) => this.#writer.write(home),
      flowOf: (id) => edge.transports.flowOf(id),
    });
  }

  /** Those of accounts that somebody is registered for are loaded, so that what is for them reaches them. */
  async start(): Promise<void> {
    const { homes, log, clock, listening } = this.#edge;
    await listening.promise;
    if (this.#isStopped) return;
    try {
      // Such as were loaded before anybody could make devices of their bindings.
      for (const home of homes.all()) this.#restore(home, bindingsPart.of(home));
      await homes.database.write({ sql: DELETE_EXPIRED, values: [clock.now()] });
      for (let after: string | undefined = ''; after !== undefined; ) after = await this.#loadAfter(after);
    } catch (err) {
      if (this.#isStopped) return;
      log.error({ err }, 'registered SIP clients could not be loaded; they are reached when they register again');
    }
  }

  /** @returns the address of the last one; undefined: there are no more */
  async #loadAfter(after: string): Promise<string | undefined> {
    const { homes, clock } = this.#edge;
    const rows = await homes.database.read(SELECT_REGISTERED, [clock.now(), after]);
    const addresses = rows.map(({ address }) => String(address));
    for (let i = 0; i < addresses.length; i += LOADED_AT_A_TIME) {
      if (this.#isStopped) return undefined;
      await Promise.all(addresses.slice(i, i + LOADED_AT_A_TIME).map((address) => homes.load(address)));
    }
    return addresses.at(-1);
  }

  /** Carries out what a REGISTER has asked for. @param flow the way it came, where there is no proxy on it */
  apply(home: Home, { put, removed }: RegisterChanges, flow: Flow | undefined): void {
    const bindings = bindingsPart.of(home);
    const gone = removed.map((id) => bindings.all.get(id)).filter((binding) => binding !== undefined);
    const arrived = new Set<SipDevice>();
    const devices = new Set<SipDevice>();
    for (const said of put) {
      const way = flow === undefined || said.regId !== 0 ? flow : flowToContact(this.#edge, flow, said.parsed);
      const binding = this.#put(home, bindings, said, way);
      const device = this.#deviceOf(home, bindings, said);
      if (device.add(binding)) arrived.add(device);
      devices.add(device);
    }
    this.#remove(gone);
    home.usedAt = this.#edge.clock.now();
    if (arrived.size > 0) this.#announce(home, arrived);
    // What a device did not take before, it is given again: it says that it is there.
    for (const device of devices) if (!arrived.has(device)) giveWaiting(home, device);
  }

  /** All devices leave, as at the end, but in slices. What is for them from now on waits on the disk. */
  async leave(): Promise<void> {
    let until = performance.now() + SLICE_MS;
    for (const home of this.#edge.homes.all()) {
      this.#withdraw(home);
      if (performance.now() < until) continue;
      await new Promise(setImmediate);
      until = performance.now() + SLICE_MS;
    }
  }

  /** Everything is written, and nobody is registered any more as far as anybody sees; the rows stay. */
  stop(): void {
    this.#isStopped = true;
    this.#stopServing();
    this.#ends.stop();
    this.#writer.drain();
    for (const home of this.#edge.homes.all()) this.#withdraw(home);
  }

  #put(home: Home, bindings: Bindings, said: Registration, flow: Flow | undefined): Binding {
    const before = bindings.all.get(said.id);
    const binding = before ?? new Binding(home, said);
    const isOnDisk = before !== undefined && this.#isOnDisk(binding, said, flow);
    if (before === undefined) bindings.all.set(said.id, binding);
    else if (before.said.device !== said.device) this.#leave(bindings, before);
    binding.said = said;
    this.#follow(binding, flow);
    this.#ends.set(binding, said.expiresAt);
    if (!isOnDisk) this.#writer.changed(home, said.id);
    return binding;
  }

  /**
   * Whether what is on disk will do: it leads to the same place, for half of the time at least, within which who registers
   * so often registers again.
   */
  #isOnDisk({ said: before, writtenUntil, flowId }: Binding, said: Registration, flow: Flow | undefined): boolean {
    return (
      writtenUntil - said.registeredAt >= (said.expiresAt - said.registeredAt) / 2 &&
      writtenUntil <= said.expiresAt &&
      before.uri === said.uri &&
      before.path === said.path &&
      before.params === said.params &&
      before.device === said.device &&
      before.q === said.q &&
      flowId === (flow?.transport === 'udp' ? flow.id : '') &&
      // Temporary GRUUs hold as long as the Call-ID does (RFC 5627 §5.4).
      (before.instance === '' || before.callId === said.callId)
    );
  }

  #deviceOf(home: Home, bindings: Bindings, { device: id, registeredAt }: Registration): SipDevice {
    const known = bindings.devices.get(id);
    if (known !== undefined) return known;
    const device = new SipDevice(home, id, registeredAt, (ended) => this.#remove([...ended.bindings]));
    bindings.devices.set(id, device);
    home.addDevice(device)?.end('replaced');
    return device;
  }

  /** Listens to the end of a connection. */
  #follow(binding: Binding, flow: Flow | undefined): void {
    if (binding.flow === flow && flow !== undefined) return;
    binding.stopListening?.();
    binding.flow = flow;
    binding.stopListening = flow?.isReliable ? flow.onClose(() => this.#lost(binding)) : undefined;
  }

  /** RFC 5626 §5.3.1: a flow that is gone takes its binding along. Others are looked for where their Contact says. */
  #lost(binding: Binding): void {
    binding.stopListening = undefined;
    binding.flow = undefined;
    if (binding.needsFlow) this.#remove([binding]);
  }

  #expire(binding: Binding): undefined {
    // One that was registered again while it waited here has another end.
    if (!this.#isStopped && binding.said.expiresAt <= this.#edge.clock.now()) this.#remove([binding]);
  }

  /** Takes bindings away, and the devices that have none any more. */
  #remove(gone: readonly Binding[]): void {
    const left = new Set<SipDevice>();
    for (const binding of gone) {
      const bindings = bindingsPart.of(binding.home);
      if (bindings.all.get(binding.id) !== binding) continue;
      bindings.all.delete(binding.id);
      this.#ends.delete(binding);
      binding.stopListening?.();
      binding.stopListening = undefined;
      this.#writer.changed(binding.home, binding.id);
      const device = this.#leave(bindings, binding);
      if (device !== undefined) left.add(device);
    }
    for (const device of left) this.#depart(device);
  }

  /** @returns the device that was left by its last binding, and does not stand among the account's any more */
  #leave(bindings: Bindings, binding: Binding): SipDevice | undefined {
    const device = bindings.devices.get(binding.said.device);
    if (device === undefined || !device.remove(binding)) return undefined;
    bindings.devices.delete(device.id);
    binding.home.removeDevice(device);
    return device;
  }

  #announce(home: Home, arrived: ReadonlySet<SipDevice>): void {
    rearrange(home);
    for (const device of arrived) {
      home.homes.hooks.run(bindingRegistered, device);
      giveWaiting(home, device);
    }
  }

  #depart(device: SipDevice): void {
    const { home } = device;
    home.homes.hooks.run(bindingRemoved, device);
    registrationChanged(device);
  }

  /** Makes devices of what was read from the disk; they are announced when the home, and they, can be found. */
  #restore(home: Home, bindings: Bindings): void {
    const now = this.#edge.clock.now();
    const arrived = new Set<SipDevice>();
    for (const binding of [...bindings.all.values()]) {
      const isLost = binding.needsFlow && binding.flowId === '';
      if (isLost || binding.said.expiresAt <= now) {
        bindings.all.delete(binding.id);
        continue;
      }
      this.#ends.set(binding, binding.said.expiresAt);
      const device = this.#deviceOf(home, bindings, binding.said);
      if (device.add(binding)) arrived.add(device);
    }
    if (arrived.size === 0) return;
    void this.#edge.listening.promise.then(() => {
      setImmediate(() => {
        if (!this.#isStopped && home.homes.loaded(home.address) === home) this.#announce(home, arrived);
      });
    });
  }

  #withdraw(home: Home): void {
    const bindings = bindingsPart.of(home);
    const devices = [...bindings.devices.values()];
    if (devices.length === 0) return;
    bindings.devices.clear();
    for (const { stopListening } of bindings.all.values()) stopListening?.();
    for (const device of devices) home.removeDevice(device);
    for (const device of devices) home.homes.hooks.run(bindingRemoved, device);
    rearrange(home);
  }
}
