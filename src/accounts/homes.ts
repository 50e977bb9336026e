import type { Clock } from '#base/clock.ts';
import type { Hooks } from '#base/hook.ts';
import type { Log } from '#base/log.ts';
import { spreadOf, WideMap } from '#base/wide-map.ts';
import type { Commit, Database, Row, Statement } from '#store/database.ts';
import type { Device, PresenceNotice } from './device.ts';
import { type AccountIdentity, Home, partDefinitions } from './home.ts';
import { accountDisabled, accountRemoved, passwordChanged } from './hooks.ts';

/** RFC 6121 §3: the four things that are said about a subscription. */
export type SubscriptionRequest = 'subscribe' | 'subscribed' | 'unsubscribe' | 'unsubscribed';

/** What one home tells another. Plain data, so that it can cross to another node. */
export type Item =
  | { kind: 'presence'; notice: PresenceNotice; toDevice?: string }
  | { kind: 'probe'; from: string; fromDevice: string }
  | { kind: 'subscription'; type: SubscriptionRequest; from: string; stanza: string };

/** How the areas of the middle take what is told to a home; registered once by the area that owns it. */
export type Receiver<K extends Item['kind']> = (
  home: Home,
  item: Extract<Item, { kind: K }>,
  // biome-ignore lint/suspicious/noConfusingVoidType: so that a receiver may be a function without a return statement
) => Commit | undefined | void;

export interface HomesOptions {
  database: Database;
  clock: Clock;
  hooks: Hooks;
  log: Log;
  /** Looks an account up that may sign in; undefined where there is none. */
  find(address: string): Promise<AccountIdentity | undefined>;
  /** Homes without a device are let go after this time. */
  idleMs?: number;
}

/** All homes of this node: loaded on demand, let go when idle. */
export class Homes {
  readonly database: Database;
  readonly clock: Clock;
  readonly hooks: Hooks;
  readonly log: Log;
  #find: HomesOptions['find'];
  #loaded = new WideMap<string, Home>(spreadOf);
  #loading = new Map<string, Promise<Home | undefined>>();
  #receivers: { [K in Item['kind']]?: Receiver<K> } = {};
  #stopSweeping: () => void;
  #idleMs: number;

  constructor(options: HomesOptions) {
    this.database = options.database;
    this.clock = options.clock;
    this.hooks = options.hooks;
    this.log = options.log;
    this.#find = options.find;
    this.#idleMs = options.idleMs ?? 60_000;
    this.#stopSweeping = this.clock.every(this.#idleMs / 2, () => this.#sweep());
  }

  /** The home of an account, if it is in memory here. */
  loaded(address: string): Home | undefined {
    return this.#loaded.get(address);
  }

  /** The home of an account, if it is being read just now. */
  loading(address: string): Promise<Home | undefined> | undefined {
    return this.#loading.get(address);
  }

  all(): IterableIterator<Home> {
    return this.#loaded.values();
  }

  /** The home of an account, from memory or the store; undefined where no such account may sign in. */
  load(address: string): Promise<Home | undefined> {
    const home = this.#loaded.get(address);
    if (home !== undefined) return Promise.resolve(home);
    return this.#once(address, async () => {
      const account = await this.#find(address);
      return account && this.#read(account);
    });
  }

  /** As `load`, for one who has looked the account up already (at sign-in). */
  open(account: AccountIdentity): Promise<Home | undefined> {
    const home = this.#loaded.get(account.address);
    if (home !== undefined) return Promise.resolve(home);
    return this.#once(account.address, () => this.#read(account));
  }

  /** Says who takes items of a kind. One taker each. */
  onItem<K extends Item['kind']>(kind: K, receiver: Receiver<K>): void {
    if (this.#receivers[kind] !== undefined) throw new Error(`${kind} has a receiver already`);
    (this.#receivers as Record<string, unknown>)[kind] = receiver;
  }

  /**
   * Tells a home something that matters only while somebody is there: to a home that is not loaded it is lost, and need
   * not be told (nobody watches from there; who comes later, asks).
   */
  tell(address: string, item: Item): void {
    const home = this.#loaded.get(address);
    if (home !== undefined) this.#receive(home, item);
  }

  /** Tells a home something that it must know. @returns false when there is no such account */
  async tellSurely(address: string, item: Item): Promise<boolean> {
    const home = await this.load(address);
    if (home === undefined) return false;
    await this.#receive(home, item)?.settled();
    return true;
  }

  /**
   * Hands something to one device of an account, from a device of the same edge. See `Device.takeNative`.
   * @returns whether there is such a device and it took it; a promise of that when its home is on another node
   */
  offer(
    address: string,
    device: string,
    edge: Device['edge'],
    text: string,
    from: string,
    isRequest = false,
  ): boolean | Promise<boolean> {
    const target = this.#loaded.get(address)?.devices.get(device);
    return target !== undefined && target.edge === edge && target.takeNative(text, from, isRequest);
  }

  #receive<K extends Item['kind']>(home: Home, item: Extract<Item, { kind: K }>): Commit | undefined {
    const receiver = this.#receivers[item.kind] as Receiver<K> | undefined;
    return receiver?.(home, item) ?? undefined;
  }

  /**
   * Forgets a home: its account was removed, or what is in memory can no longer be trusted. Its devices are ended.
   * @param except a device that stays: the one that changed the password
   */
  drop(address: string, reason: 'removed' | 'disabled' | 'password-changed', except?: string): void {
    // One that is being loaded is made of what was true before; whoever waits for it is told that there is none.
    if (reason !== 'password-changed') this.#loading.delete(address);
    const home = this.#loaded.get(address);
    if (home === undefined) return;
    // The rows of a removed one are gone, and its devices' leaving must not make any: `loaded` says that it is over.
    if (reason === 'removed') this.#loaded.delete(address);
    for (const device of [...home.devices.values()]) if (device.id !== except) device.end(reason);
    if (reason !== 'disabled') return;
    this.#flush(home);
    this.#loaded.delete(address);
  }

  /** Hands to the store what homes have not written yet. */
  close(): void {
    this.#stopSweeping();
    for (const home of this.#loaded.values()) this.#flush(home);
  }

  #flush(home: Home): void {
    for (const [slot, part] of partDefinitions.entries()) part.flush?.(home.parts[slot], home);
  }

  #once(address: string, make: () => Promise<Home | undefined>): Promise<Home | undefined> {
    const known = this.#loading.get(address);
    if (known !== undefined) return known;
    const loading = make()
      .then((home) => {
        if (this.#loading.get(address) !== loading) return undefined;
        if (home !== undefined) this.#loaded.set(address, home);
        return home;
      })
      .finally(() => {
        if (this.#loading.get(address) === loading) this.#loading.delete(address);
      });
    this.#loading.set(address, loading);
    return loading;
  }

  async #read(account: AccountIdentity): Promise<Home> {
    const statements: Statement[] = [];
    for (const part of partDefinitions) {
      for (const sql of part.queries ?? []) statements.push({ sql, values: [account.id] });
    }
    const results: Row[][] = statements.length > 0 ? await this.database.readAll(statements) : [];
    const home = new Home(account, this);
    let next = 0;
    for (const part of partDefinitions) {
      const count = part.queries?.length ?? 0;
      home.parts.push(part.load(home, results.slice(next, next + count)));
      next += count;
    }
    return home;
  }

  #sweep(): void {
    const before = this.clock.now() - this.#idleMs;
    for (const home of this.#loaded.values()) {
      if (home.devices.size > 0 || home.usedAt > before) continue;
      if (partDefinitions.some((part, slot) => part.busy?.(home.parts[slot]))) continue;
      this.#loaded.delete(home.address);
    }
  }
}

/** Ends what the devices of an account may no longer do. Done once, when all edges are there to be told. */
export function followAccounts(homes: Homes): void {
  const { hooks } = homes;
  hooks.on(accountRemoved, 'react', ({ address }) => homes.drop(address, 'removed'));
  hooks.on(accountDisabled, 'react', ({ address }) => homes.drop(address, 'disabled'));
  hooks.on(passwordChanged, 'react', ({ address, by }) => homes.drop(address, 'password-changed', by));
}
