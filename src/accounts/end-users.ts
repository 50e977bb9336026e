import type { Clock } from '#base/clock.ts';
import { Failure } from '#base/failure.ts';
import type { Hooks } from '#base/hook.ts';
import type { Database } from '#store/database.ts';
import type { Account, AccountEdit, AccountKeys, Accounts } from './accounts.ts';
import { prepareAddress } from './address.ts';
import { type EndUser, type EndUserFacts, isEnabled, isSameFacts } from './end-user.ts';
import { deleteEndUser, putEndUser, readEndUser, SELECT_END_USERS } from './end-user-rows.ts';
import { accountRemoved } from './hooks.ts';

/** End users whose changes are one transaction, so that a large company takes many short ones. */
const SLICE = 50;
const PAGE = 1000;
/** The longest text of a field that is kept; Unified CM's own limits are lower. */
const MAX_LENGTH = 1024;

/** Keys that Unified CM gave for an end user's password, and when that was set (epoch milliseconds). */
export interface TimedKeys extends AccountKeys {
  readonly setAt: number;
}

export interface EndUsersOptions {
  database: Database;
  accounts: Accounts;
  clock: Clock;
  hooks: Hooks;
  /** All domains that are served, the server's own first. */
  domains: readonly string[];
  /** Where the keys of passwords can be had, as from the embedded Unified CM. */
  keysOf?: (uuid: string) => Promise<TimedKeys | undefined>;
}

export interface EndUserCounts {
  /** In Unified CM, as last read. */
  total: number;
  enabled: number;
  /** Those of whom something could not be done as Unified CM says. */
  aside: number;
  /** Not in Unified CM any more, and kept for a while. */
  missing: number;
}

/** What becomes of one end user. */
interface Step {
  user: EndUser;
  edit?: AccountEdit;
}

/**
 * The end users of Unified CM, each of whom has an account here. An account belongs to a uuid, so it keeps its address,
 * contact list and messages whatever Unified CM changes; who may not use instant messaging and presence has it disabled.
 *
 * All of them are in memory. One caller at a time changes anything here: the sync agent.
 */
export class EndUsers {
  readonly #database: Database;
  readonly #accounts: Accounts;
  readonly #clock: Clock;
  readonly #domains: readonly string[];
  readonly #keysOf: EndUsersOptions['keysOf'];
  readonly #users = new Map<string, EndUser>();
  /** Whose a directory URI is, in lower case. */
  readonly #uris = new Map<string, string>();
  /** Whose an account is, by its address. */
  readonly #addresses = new Map<string, string>();
  readonly #stopFollowing: () => void;
  /** Devices from which passwords are being changed, by uuid of the end user. */
  readonly #changing = new Map<string, string>();
  /** Whether something became free since those put aside were last looked at. */
  #freed = false;

  private constructor(options: EndUsersOptions) {
    this.#database = options.database;
    this.#accounts = options.accounts;
    this.#clock = options.clock;
    this.#domains = options.domains;
    this.#keysOf = options.keysOf;
    this.#stopFollowing = options.hooks.on(accountRemoved, 'react', ({ address }) => this.#forgetAccount(address));
  }

  /** Reads what is known from the store. */
  static async open(options: EndUsersOptions): Promise<EndUsers> {
    const users = new EndUsers(options);
    await users.#read();
    return users;
  }

  close(): void {
    this.#stopFollowing();
  }

  get(uuid: string): EndUser | undefined {
    return this.#users.get(uuid);
  }

  /** Whose account an address is. */
  ofAddress(address: string): EndUser | undefined {
    return this.#users.get(this.#addresses.get(address) ?? '');
  }

  all(): IterableIterator<EndUser> {
    return this.#users.values();
  }

  counts(): EndUserCounts {
    const counts: EndUserCounts = { total: 0, enabled: 0, aside: 0, missing: 0 };
    for (const user of this.#users.values()) {
      if (user.missingSinceAt !== undefined) {
        counts.missing++;
        continue;
      }
      counts.total++;
      if (isEnabled(user) && user.account !== undefined) counts.enabled++;
      if (user.reason !== '') counts.aside++;
    }
    return counts;
  }

  /**
   * Takes what Unified CM says of end users, in whatever number: accounts are made, enabled and disabled, in slices.
   * Who cannot be taken is put aside with the reason, and holds nobody up.
   * @throws {Failure} 'store-failing'; what was taken before stays
   */
  async take(all: Iterable<EndUserFacts>): Promise<void> {
    let slice: EndUserFacts[] = [];
    for (const facts of all) {
      slice.push(facts);
      if (slice.length < SLICE) continue;
      await this.#takeSlice(slice);
      slice = [];
    }
    await this.#takeSlice(slice);
    await this.#lookAgain();
  }

  /** These are not in Unified CM any more: their accounts are disabled, and kept with all that is theirs. */
  async miss(uuids: Iterable<string>): Promise<void> {
    const missingSinceAt = this.#clock.now();
    const steps: Step[] = [];
    for (const uuid of uuids) {
      const user = this.#users.get(uuid);
      if (user === undefined || user.missingSinceAt !== undefined) continue;
      const edit = await this.#disable(user);
      steps.push({ user: { ...user, missingSinceAt, reason: '' }, ...(edit && { edit }) });
    }
    for (let at = 0; at < steps.length; at += SLICE) await this.#carryOut(steps.slice(at, at + SLICE));
    await this.#lookAgain();
  }

  /** End users who have been missing since before an instant. */
  missingSince(before: number): EndUser[] {
    return [...this.#users.values()].filter(
      ({ missingSinceAt }) => missingSinceAt !== undefined && missingSinceAt <= before,
    );
  }

  /** Forgets an end user who is missing; the account, where there is one, is the caller's to remove before. */
  async forget(uuid: string): Promise<void> {
    await this.#database.write(deleteEndUser(uuid));
    this.#drop(uuid);
  }

  /**
   * Has a device stay signed in when its owner's next password is taken, for it was changed from there.
   * @returns what ends that
   */
  spare(uuid: string, device: string): () => void {
    this.#changing.set(uuid, device);
    return () => this.#changing.delete(uuid);
  }

  /** Says which presence node each end user is assigned to; who is not named is assigned to none. */
  async assign(nodes: ReadonlyMap<string, string>): Promise<void> {
    const steps: Step[] = [];
    for (const user of this.#users.values()) {
      const node = nodes.get(user.userid.toLowerCase()) ?? '';
      if (node !== user.node) steps.push({ user: { ...user, node } });
    }
    for (let at = 0; at < steps.length; at += SLICE) await this.#carryOut(steps.slice(at, at + SLICE));
  }

  /**
   * The address that a userid has: in the server's own domain, unless the userid is an address in a domain of ours.
   * @throws {Failure} 'malformed', 'not-acceptable'
   */
  addressOf(userid: string): string {
    const address = prepareAddress(userid.includes('@') ? userid : `${userid}@${this.#domains[0]}`);
    const domain = address.slice(address.indexOf('@') + 1);
    if (this.#domains.includes(domain)) return address;
    throw new Failure('not-acceptable', `${domain} is no domain of this server: add it to server.domains`);
  }

  async #read(): Promise<void> {
    this.#users.clear();
    this.#uris.clear();
    this.#addresses.clear();
    let last = '';
    for (;;) {
      const rows = await this.#database.read(SELECT_END_USERS, [last, PAGE]);
      for (const row of rows) this.#keep(readEndUser(row));
      if (rows.length < PAGE) return;
      last = String(rows.at(-1)!.uuid);
    }
  }

  async #takeSlice(slice: readonly EndUserFacts[]): Promise<void> {
    const steps: Step[] = [];
    // Whom two in one slice would both have, the first has; the second is looked at once that is on disk.
    const claimed = new Set<string>();
    const later: EndUserFacts[] = [];
    for (const facts of slice) {
      const claims = this.#claimsOf(facts);
      if (claims.some((claim) => claimed.has(claim))) {
        later.push(facts);
        continue;
      }
      for (const claim of claims) claimed.add(claim);
      const step = await this.#plan(shortened(facts));
      if (step !== undefined) steps.push(step);
    }
    await this.#carryOut(steps);
    if (later.length > 0) await this.#takeSlice(later);
  }

  #claimsOf({ uuid, userid, directoryUri }: EndUserFacts): string[] {
    const claims = [`uuid ${uuid}`];
    if (directoryUri !== '') claims.push(`uri ${directoryUri.toLowerCase()}`);
    const address = this.#tryAddress(userid);
    if (typeof address === 'string') claims.push(`address ${address}`);
    return claims;
  }

  #tryAddress(userid: string): string | Failure {
    try {
      return this.addressOf(userid);
    } catch (error) {
      if (error instanceof Failure) return error;
      throw error;
    }
  }

  /** What is to be done for an end user; undefined where all is as it should be. */
  async #plan(facts: EndUserFacts): Promise<Step | undefined> {
    const known = this.#users.get(facts.uuid);
    const keys = await this.#keysOf?.(facts.uuid);
    const account = known?.account === undefined ? undefined : await this.#accounts.find(known.account.address);
    const step =
      account === undefined ? await this.#begin(facts, known, keys) : this.#goOn(facts, known!, account, keys);
    return isNothing(known, step) ? undefined : step;
  }

  /** Of an end user who has an account: it stays, whatever else is wrong. */
  #goOn(facts: EndUserFacts, known: EndUser, account: Account, keys: TimedKeys | undefined): Step {
    const reason = this.#renamed(facts, account.address) ?? this.#sameUri(facts) ?? '';
    const user: EndUser = { ...known, ...facts, reason, missingSinceAt: undefined };
    return this.#withEdit(user, account, keys);
  }

  #renamed({ userid }: EndUserFacts, address: string): string | undefined {
    const wanted = this.#tryAddress(userid);
    if (wanted === address) return undefined;
    const why = wanted instanceof Failure ? `, which can be no address: ${wanted.message}` : '';
    return `renamed to ${userid}${why}; the account keeps the address ${address}, by which contacts know it`;
  }

  #sameUri({ uuid, directoryUri }: EndUserFacts): string | undefined {
    const owner = directoryUri === '' ? undefined : this.#uris.get(directoryUri.toLowerCase());
    if (owner === undefined || owner === uuid) return undefined;
    return `the directory URI ${directoryUri} is also that of ${this.#users.get(owner)?.userid}: change one of them`;
  }

  /** Of an end user who has no account yet. */
  async #begin(facts: EndUserFacts, known: EndUser | undefined, keys: TimedKeys | undefined): Promise<Step> {
    const rest = { node: known?.node ?? '', keysSetAt: undefined, missingSinceAt: undefined, account: undefined };
    const aside = (reason: string): Step => ({ user: { ...facts, ...rest, reason } });
    const address = this.#tryAddress(facts.userid);
    if (address instanceof Failure) return aside(address.message);
    const uri = this.#sameUri(facts);
    if (uri !== undefined) return aside(uri);
    const there = await this.#accounts.find(address);
    const user: EndUser = { ...facts, ...rest, reason: '', account: { id: 0, address } };
    if (there === undefined) return this.#withEdit(user, undefined, keys);
    const taken = this.#whyNotTakenOver(there);
    if (taken !== undefined) return aside(taken);
    return this.#withEdit({ ...user, account: { id: there.id, address } }, there, keys);
  }

  /** An account that was made here becomes an end user's; so does that of an end user who was removed and made anew. */
  #whyNotTakenOver({ address, admin, endUser }: Account): string | undefined {
    const owner = endUser === undefined ? undefined : this.#users.get(endUser);
    if (owner !== undefined && owner.missingSinceAt === undefined) {
      return `the address ${address} is that of the end user ${owner.userid} already: give one of them another userid`;
    }
    if (!admin || endUser !== undefined) return undefined;
    return `${address} is an administrator's account that was made here: remove it, or give the end user another userid`;
  }

  #withEdit(user: EndUser, account: Account | undefined, keys: TimedKeys | undefined): Step {
    const enabled = isEnabled(user);
    const isNewKey = keys !== undefined && keys.setAt !== user.keysSetAt;
    const isEdited = account === undefined || account.enabled !== enabled || account.endUser !== user.uuid || isNewKey;
    const kept = isNewKey ? { ...user, keysSetAt: keys.setAt } : user;
    if (!isEdited) return { user: kept };
    const { address } = user.account!;
    const by = this.#changing.get(user.uuid);
    // Keys for digest are made for one address: that of the userid, which one who was renamed does not have.
    const digest = this.#tryAddress(user.userid) === address ? keys?.digest : undefined;
    const edit: AccountEdit = {
      address,
      enabled,
      endUser: user.uuid,
      ...(account && { account }),
      ...(isNewKey && { keys: { scram: keys.scram, digest } }),
      ...(by !== undefined && { by }),
    };
    return { user: kept, edit };
  }

  async #disable(user: EndUser): Promise<AccountEdit | undefined> {
    const account = user.account && (await this.#accounts.find(user.account.address));
    if (account === undefined || !account.enabled) return undefined;
    return { address: account.address, account, enabled: false, endUser: user.uuid };
  }

  /** Writes a slice as one; where one of them is in the way of the others, each by itself. */
  async #carryOut(steps: readonly Step[]): Promise<void> {
    if (steps.length === 0) return;
    try {
      await this.#write(steps);
    } catch (error) {
      if (!(error instanceof Failure) || error.kind !== 'conflict') throw error;
      if (steps.length > 1) {
        for (const step of steps) await this.#carryOut([step]);
        return;
      }
      // Somebody made, removed or gave away the account meanwhile.
      const user: EndUser = { ...steps[0]!.user, account: undefined, reason: error.message };
      await this.#database.write(putEndUser(user));
      this.#keep(user);
      this.#freed = true;
    }
  }

  async #write(steps: readonly Step[]): Promise<void> {
    const edits = steps.flatMap(({ edit }) => (edit === undefined ? [] : [edit]));
    const rows = steps.map(({ user }) => putEndUser(user));
    const accounts = await this.#accounts.edit(edits, rows);
    let next = 0;
    for (const { user, edit } of steps) {
      const account = edit === undefined ? user.account : accounts[next++];
      this.#keep({ ...user, account: account && { id: account.id, address: account.address } });
    }
  }

  /** Those put aside may be taken once what was in their way has gone. */
  async #lookAgain(): Promise<void> {
    if (!this.#freed) return;
    this.#freed = false;
    const aside = [...this.#users.values()].filter(
      ({ reason, missingSinceAt }) => reason !== '' && missingSinceAt === undefined,
    );
    for (let at = 0; at < aside.length; at += SLICE) await this.#takeSlice(aside.slice(at, at + SLICE));
    this.#freed = false;
  }

  #keep(user: EndUser): void {
    const before = this.#users.get(user.uuid);
    if (before !== undefined && before.missingSinceAt === undefined) {
      const isFreeing =
        before.directoryUri.toLowerCase() !== user.directoryUri.toLowerCase() || user.missingSinceAt !== undefined;
      if (isFreeing) this.#freed = true;
    }
    this.#release(before);
    this.#users.set(user.uuid, user);
    if (user.account !== undefined) this.#takeAddress(user.account.address, user.uuid);
    const uri = user.directoryUri.toLowerCase();
    if (uri !== '' && user.missingSinceAt === undefined && !this.#uris.has(uri)) this.#uris.set(uri, user.uuid);
  }

  /** One who had the account before has it no more. */
  #takeAddress(address: string, uuid: string): void {
    const before = this.#users.get(this.#addresses.get(address) ?? '');
    if (before !== undefined && before.uuid !== uuid) this.#users.set(before.uuid, { ...before, account: undefined });
    this.#addresses.set(address, uuid);
  }

  #release(user: EndUser | undefined): void {
    if (user === undefined) return;
    const uri = user.directoryUri.toLowerCase();
    if (this.#uris.get(uri) === user.uuid) this.#uris.delete(uri);
    const address = user.account?.address ?? '';
    if (this.#addresses.get(address) === user.uuid) this.#addresses.delete(address);
  }

  #drop(uuid: string): void {
    this.#release(this.#users.get(uuid));
    this.#users.delete(uuid);
    this.#freed = true;
  }

  #forgetAccount(address: string): void {
    const user = this.ofAddress(address);
    if (user === undefined) return;
    this.#release(user);
    this.#users.set(user.uuid, { ...user, account: undefined, keysSetAt: undefined });
    this.#freed = true;
  }
}

function isNothing(known: EndUser | undefined, { user, edit }: Step): boolean {
  if (known === undefined || edit !== undefined) return false;
  const { reason, missingSinceAt, keysSetAt } = known;
  return (
    isSameFacts(known, user) &&
    reason === user.reason &&
    missingSinceAt === user.missingSinceAt &&
    keysSetAt === user.keysSetAt
  );
}

/** What the store cannot hold, or nobody can need, is cut. */
function shortened(facts: EndUserFacts): EndUserFacts {
  const entries = Object.entries(facts).map(([name, value]) => [
    name,
    typeof value === 'string' ? value.replaceAll('\0', '').slice(0, MAX_LENGTH) : value,
  ]);
  return Object.fromEntries(entries) as EndUserFacts;
}
