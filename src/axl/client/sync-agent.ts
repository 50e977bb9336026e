import type { EndUserFacts } from '#accounts/end-user.ts';
import type { EndUsers } from '#accounts/end-users.ts';
import type { Clock } from '#base/clock.ts';
import { Failure } from '#base/failure.ts';
import type { Log } from '#base/log.ts';
import type { Metrics } from '#base/metrics.ts';
import type { SyncStatus } from '#commands/sync.ts';
import type { Database } from '#store/database.ts';
import { inPages } from './in-pages.ts';
import { readSyncState, type SyncState, writeSyncState } from './sync-state.ts';
import type { ChangePage, UnifiedCmReader } from './unified-cm.ts';

/** More changed end users than these are read faster all together than one by one. */
const MANY = 500;
const CHUNK = 50;
/** Fewer missing end users than these are never taken for a fault. */
const FEW = 10;
const NIGHT_HOUR = 2;
const DAY_MS = 86_400_000;
const SHOWN_ASIDE = 100;

export interface SyncSettings {
  readonly pageSize: number;
  readonly pollSeconds: number;
  readonly differenceMinutes: number;
  readonly keepDays: number;
  readonly maxMissingPercent: number;
}

export interface SyncAgentOptions {
  readonly unifiedCm: UnifiedCmReader;
  readonly endUsers: EndUsers;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Read each time. */
  readonly settings: SyncSettings;
  /** This server's own release. */
  readonly release: string;
  /** Whether a release of Unified CM goes with ours, and why not. */
  matches(version: string): { match: boolean; why: string };
  /** Removes an account with all that is its own. */
  removeAccount(address: string): Promise<void>;
  /** How often Unified CM was too busy. */
  throttled?(): number;
}

/** What is to be done in one go. */
interface Round {
  changes: boolean;
  everything: boolean;
  allowMissing: boolean;
  /** End users that are read whatever the changes say. */
  uuids: Set<string>;
  over: Promise<void>;
}

interface Progress {
  phase: 'comparing everything' | 'following changes';
  done: number;
  total?: number;
  startedAt: number;
}

/**
 * Follows a Unified CM: reads all end users once, then what has changed, and compares everything each night. Rounds come
 * one after the other. One that breaks off has done no harm: nobody is taken for removed unless everything was read, and
 * Unified CM was asked for each of them by name.
 */
export class SyncAgent {
  readonly #options: SyncAgentOptions;
  #state: SyncState;
  #waiting: Round | undefined;
  #last: Promise<void> = Promise.resolve();
  #progress: Progress | undefined;
  #version: string | undefined;
  #match: { match: boolean; why: string } | undefined;
  #followedAt: number | undefined;
  #error: { message: string; sinceAt: number } | undefined;
  #isStopped = false;
  #stopPolling = () => {};

  private constructor(options: SyncAgentOptions, state: SyncState) {
    this.#options = options;
    this.#state = state;
    const { metrics, endUsers, clock } = options;
    metrics.observed('rollcall_end_users', 'End users of Unified CM.', () => endUsers.counts().total);
    metrics.observed(
      'rollcall_end_users_aside',
      'End users of Unified CM that were put aside.',
      () => endUsers.counts().aside,
    );
    metrics.observed('rollcall_sync_lag_seconds', 'How long ago changes of Unified CM were last read.', () =>
      this.#followedAt === undefined ? -1 : (clock.now() - this.#followedAt) / 1000,
    );
    metrics.observed('rollcall_sync_failing', '1 while Unified CM cannot be followed.', () => (this.#error ? 1 : 0));
  }

  /** Goes on where this Unified CM was left; does nothing by itself before `start`. */
  static async open(options: SyncAgentOptions): Promise<SyncAgent> {
    return new SyncAgent(options, await readSyncState(options.database, options.unifiedCm.name));
  }

  /**
   * Begins to follow.
   * @returns once the first round is over, whether it succeeded or not: `status` tells
   */
  async start(): Promise<void> {
    const { clock, settings } = this.#options;
    this.#stopPolling = clock.every(settings.pollSeconds * 1000, () => this.poke());
    await this.#request({ changes: true }).catch(() => undefined);
  }

  /** Something may have changed: it is read soon. */
  poke(): void {
    this.#request({ changes: true }).catch(() => undefined);
  }

  /** Compares everything now. @throws {Failure} */
  compare(allowMissing = false): Promise<void> {
    return this.#request({ everything: true, allowMissing });
  }

  /** Reads single end users. @returns once what Unified CM says of them holds here. @throws {Failure} */
  refresh(uuids: Iterable<string>): Promise<void> {
    return this.#request({ uuids });
  }

  status(): SyncStatus {
    const { unifiedCm, endUsers, release, clock, throttled } = this.#options;
    const followedAt = this.#followedAt;
    return {
      unifiedCm: unifiedCm.name,
      ...(this.#version !== undefined && { version: this.#version }),
      release,
      ...(this.#match && { match: this.#match.match, matchReason: this.#match.why }),
      phase: 'idle',
      ...this.#progress,
      ...(this.#state.comparedAt !== undefined && { comparedAt: this.#state.comparedAt }),
      ...(followedAt !== undefined && { followedAt, lagMs: clock.now() - followedAt }),
      ...(this.#error && { error: this.#error.message, errorSinceAt: this.#error.sinceAt }),
      throttled: throttled?.() ?? 0,
      users: endUsers.counts(),
      aside: this.#aside(),
    };
  }

  /** Ends after the round that is under way; the caller closes the connection before, so that it is short. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#stopPolling();
    await this.#last;
  }

  #aside(): { userid: string; reason: string }[] {
    const aside: { userid: string; reason: string }[] = [];
    for (const { userid, reason } of this.#options.endUsers.all()) {
      if (reason === '') continue;
      aside.push({ userid, reason });
      if (aside.length === SHOWN_ASIDE) break;
    }
    return aside;
  }

  /** @returns when a round is over that began after the call */
  #request({
    changes = false,
    everything = false,
    allowMissing = false,
    uuids = [] as Iterable<string>,
  }): Promise<void> {
    const waiting = this.#waiting;
    if (waiting !== undefined) {
      waiting.changes ||= changes;
      waiting.everything ||= everything;
      waiting.allowMissing ||= allowMissing;
      for (const uuid of uuids) waiting.uuids.add(uuid);
      return waiting.over;
    }
    const round: Round = { changes, everything, allowMissing, uuids: new Set(uuids), over: Promise.resolve() };
    round.over = this.#last.then(() => {
      this.#waiting = undefined;
      return this.#work(round);
    });
    this.#waiting = round;
    this.#last = round.over.catch(() => undefined);
    return round.over;
  }

  async #work(round: Round): Promise<void> {
    if (this.#isStopped) throw new Failure('unavailable', 'the server is being stopped');
    const { clock } = this.#options;
    const beganAt = clock.now();
    try {
      if (round.uuids.size > 0) await this.#readSome(round.uuids);
      const isDue = round.changes && this.#isComparisonDue(beganAt);
      if (round.everything || isDue) await this.#compare(round.allowMissing);
      else if (round.changes) await this.#follow();
      this.#succeeded(round.changes || round.everything ? beganAt : this.#followedAt);
    } catch (error) {
      this.#failed(error);
      throw error;
    } finally {
      this.#progress = undefined;
    }
  }

  /** At first, each night, and now and then where no changes are told. */
  #isComparisonDue(now: number): boolean {
    const { comparedAt, cursor } = this.#state;
    if (comparedAt === undefined || comparedAt < lastNight(now)) return true;
    if (cursor !== undefined) return false;
    return now - comparedAt >= this.#options.settings.differenceMinutes * 60_000;
  }

  async #follow(): Promise<void> {
    const { unifiedCm } = this.#options;
    const { cursor } = this.#state;
    if (cursor === undefined) return;
    const page = await unifiedCm.changes(cursor);
    if (page === undefined || page.reset || page.users.size > MANY) {
      await this.#compare(false);
      return;
    }
    if (page.next.startChangeId === cursor.startChangeId) return;
    await this.#takeChanges(page);
    await this.#remember({ ...this.#state, cursor: page.next });
    await this.#follow();
  }

  async #takeChanges({ users, assignments }: ChangePage): Promise<void> {
    if (users.size > 0) await this.#readSome(users);
    if (assignments) await this.#readAssignments();
  }

  /** Reads end users one by one; who is not there any more is missing. */
  async #readSome(uuids: ReadonlySet<string>): Promise<void> {
    const { unifiedCm, endUsers } = this.#options;
    const progress = this.#begin('following changes', uuids.size);
    const all = [...uuids];
    for (let at = 0; at < all.length; at += CHUNK) {
      const found: EndUserFacts[] = [];
      const gone: string[] = [];
      for (const uuid of all.slice(at, at + CHUNK)) {
        const facts = await unifiedCm.user(uuid);
        if (facts === undefined) gone.push(uuid);
        else found.push(facts);
        progress.done++;
      }
      await endUsers.take(found);
      await endUsers.miss(gone);
    }
  }

  async #compare(allowMissing: boolean): Promise<void> {
    const { unifiedCm, endUsers, clock, settings } = this.#options;
    const progress = this.#begin('comparing everything');
    await this.#checkVersion();
    // Asked before anything is read: what changes meanwhile is told again afterwards.
    const cursor = (await unifiedCm.changes())?.next;
    const seen = new Set<string>();
    for await (const page of inPages(
      (asked) => unifiedCm.users(asked),
      settings.pageSize,
      ({ uuid }) => uuid,
    )) {
      for (const { uuid } of page) seen.add(uuid);
      await endUsers.take(page);
      progress.done = seen.size;
    }
    await this.#missThoseNotSeen(seen, allowMissing);
    await this.#readAssignments();
    await this.#removeLongMissing();
    await this.#remember({ comparedAt: clock.now(), ...(cursor && { cursor }) });
  }

  async #checkVersion(): Promise<void> {
    const { unifiedCm, matches, release, log } = this.#options;
    const version = await unifiedCm.version();
    const before = this.#match;
    this.#version = version;
    this.#match = matches(version);
    if (this.#match.match || before?.why === this.#match.why) return;
    log.warn({ unifiedCm: version, release, why: this.#match.why }, 'the release of Unified CM does not match');
  }

  /** Pages shift while somebody is removed, so each of them is asked for by name. */
  async #missThoseNotSeen(seen: ReadonlySet<string>, allowMissing: boolean): Promise<void> {
    const { endUsers, settings } = this.#options;
    const present = [...endUsers.all()].filter(({ missingSinceAt }) => missingSinceAt === undefined);
    const missing = present.filter(({ uuid }) => !seen.has(uuid)).map(({ uuid }) => uuid);
    const isFault = missing.length > FEW && missing.length * 100 > present.length * settings.maxMissingPercent;
    if (isFault && !allowMissing) {
      throw new Failure(
        'not-acceptable',
        `${missing.length} of ${present.length} end users are missing in Unified CM, which is taken for a fault: nobody ` +
          'was disabled. If they are meant to be gone, run "rollcall sync run --allow-missing"',
      );
    }
    await this.#readSome(new Set(missing));
  }

  async #readAssignments(): Promise<void> {
    const { unifiedCm, endUsers, settings } = this.#options;
    const nodes = new Map<string, string>();
    const pages = inPages(
      (page) => unifiedCm.assignments(page),
      settings.pageSize,
      ({ userid }) => userid,
    );
    for await (const page of pages) {
      for (const { userid, node } of page) nodes.set(userid.toLowerCase(), node);
    }
    await endUsers.assign(nodes);
  }

  async #removeLongMissing(): Promise<void> {
    const { endUsers, clock, settings, removeAccount, log } = this.#options;
    for (const { uuid, userid, account } of endUsers.missingSince(clock.now() - settings.keepDays * DAY_MS)) {
      if (account !== undefined) await removeAccount(account.address);
      await endUsers.forget(uuid);
      log.info({ userid, account: account?.address }, 'an end user is gone from Unified CM for long: removed here');
    }
  }

  #begin(phase: Progress['phase'], total?: number): Progress {
    // A comparison that reads single end users at its end is still that comparison.
    if (this.#progress?.phase === 'comparing everything') return { phase, done: 0, startedAt: 0 };
    this.#progress = { phase, done: 0, ...(total !== undefined && { total }), startedAt: this.#options.clock.now() };
    return this.#progress;
  }

  async #remember(state: SyncState): Promise<void> {
    const { database, unifiedCm } = this.#options;
    await writeSyncState(database, unifiedCm.name, state);
    this.#state = state;
  }

  #succeeded(followedAt: number | undefined): void {
    const { log, unifiedCm } = this.#options;
    this.#followedAt = followedAt;
    if (this.#error === undefined) return;
    this.#error = undefined;
    log.info({ unifiedCm: unifiedCm.name }, 'Unified CM is followed again');
  }

  #failed(error: unknown): void {
    if (this.#isStopped) return;
    const { log, clock, unifiedCm } = this.#options;
    const message = error instanceof Error ? error.message : String(error);
    const isNew = this.#error?.message !== message;
    this.#error = { message, sinceAt: this.#error?.sinceAt ?? clock.now() };
    if (!isNew) return;
    const isExpected = error instanceof Failure;
    log[isExpected ? 'warn' : 'error'](
      { unifiedCm: unifiedCm.name, ...(isExpected ? { reason: message } : { err: error }) },
      'Unified CM could not be followed; accounts stay as they are',
    );
  }
}

/** The last time that it was two o'clock at night, where this server is. */
function lastNight(now: number): number {
  const night = new Date(now);
  night.setHours(NIGHT_HOUR, 0, 0, 0);
  return night.getTime() <= now ? night.getTime() : night.getTime() - DAY_MS;
}
