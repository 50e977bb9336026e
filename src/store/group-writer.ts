import type { Clock } from '#base/clock.ts';
import { Failure } from '#base/failure.ts';
import { Commit, type Health, type Statement, type Value, type WriteResult } from './database.ts';
import { Group, type StatementCode, sizeOf, type UnitOutcome } from './group.ts';

/** Beyond these a group is full and the next one begins: what one commit may hold up, and a message's memory. */
const MAX_GROUP_STATEMENTS = 2048;
const MAX_GROUP_SIZE = 4 << 20;
/** What may wait for a disk that does not answer, in characters and bytes. */
const MAX_WAITING_SIZE = 64 << 20;

/** What a driver does for its writer. */
export interface Carrier {
  code(sql: string): StatementCode;
  /**
   * Brings a group to the disk; resolves with the outcome of each unit.
   * @throws {Failure} 'store-failing' when nothing can be kept now; another error when a row of `append` is at fault.
   *   Either way, nothing of the group was kept as far as one can know.
   */
  carryOut(group: Group): Promise<UnitOutcome[]>;
  /** Writes something small, in truth; rejects while that fails. */
  probe(): Promise<void>;
  /** How long to wait before the probe of this number, from 0. */
  probeAfterMs(attempt: number): number;
}

/**
 * Group commit, for any driver: what is queued while the last group is on its way to the disk is the next group. One
 * group is under way at a time, so the order of the calls is the order on disk. When the store fails, all that waits
 * fails with it, and new writes are refused until a probe has succeeded.
 */
export class GroupWriter {
  #carrier: Carrier;
  #clock: Clock;
  #groups: Group[] = [];
  #statements = 0;
  #waitingSize = 0;
  #underWay: Promise<void> | undefined;
  #scheduled = false;
  #health: Health = { state: 'ok' };
  #listeners = new Set<(health: Health) => void>();
  #refusal: Failure | undefined;
  #stopProbing: (() => void) | undefined;
  #closed = false;

  constructor(carrier: Carrier, clock: Clock) {
    this.#carrier = carrier;
    this.#clock = clock;
  }

  append(sql: string, values: readonly Value[]): Commit {
    const size = sizeOf(sql, values);
    const refusal = this.#refusal ?? this.#full(size);
    if (refusal !== undefined) {
      const refused = new Commit();
      refused.settle(refusal);
      return refused;
    }
    const group = this.#gather(1, size);
    group.add(this.#carrier.code(sql), values);
    return group.commit;
  }

  async write(statements: readonly Statement[]): Promise<WriteResult[]> {
    if (statements.length === 0) return [];
    let size = 0;
    for (const { sql, values } of statements) size += sizeOf(sql, values ?? []);
    const refusal = this.#refusal ?? this.#full(size);
    if (refusal !== undefined) throw refusal;
    const coded = statements.map(({ sql, values }) => ({ code: this.#carrier.code(sql), values: values ?? [] }));
    return new Promise((resolve, reject) => {
      this.#gather(statements.length, size).addUnit(coded, { resolve, reject });
    });
  }

  health(): Health {
    return this.#health;
  }

  onHealth(listener: (health: Health) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The store can keep nothing now: all that waits fails, in order, and probes are made until one succeeds. */
  fail(failure: Failure): void {
    if (!this.#closed) {
      this.#refusal = failure;
      const { sinceAt, reason } = this.#health;
      if (reason !== failure.message) {
        this.#turn({ state: 'failing', sinceAt: sinceAt ?? this.#clock.now(), reason: failure.message });
      }
      if (this.#stopProbing === undefined) this.#probeLater(0);
    }
    const groups = this.#groups;
    this.#groups = [];
    this.#waitingSize = 0;
    for (const group of groups) group.fail(failure);
  }

  /** Waits for what is queued, and refuses what comes after. */
  async close(): Promise<void> {
    this.#refusal = new Failure('store-failing', 'the store is closed');
    this.#closed = true;
    this.#stopProbing?.();
    this.#send();
    while (this.#underWay !== undefined) await this.#underWay;
  }

  #full(size: number): Failure | undefined {
    if (this.#waitingSize === 0 || this.#waitingSize + size <= MAX_WAITING_SIZE) return undefined;
    return new Failure('over-limit', `${this.#waitingSize >> 20} MB wait for the disk already`);
  }

  /** The group that the next statements travel with. */
  #gather(statements: number, size: number): Group {
    let group = this.#groups.at(-1);
    if (
      group === undefined ||
      this.#statements + statements > MAX_GROUP_STATEMENTS ||
      group.size + size > MAX_GROUP_SIZE
    ) {
      group = new Group();
      this.#groups.push(group);
      this.#statements = 0;
    }
    this.#statements += statements;
    this.#waitingSize += size;
    group.size += size;
    if (this.#underWay === undefined && !this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => this.#send());
    }
    return group;
  }

  #send(): void {
    this.#scheduled = false;
    if (this.#underWay !== undefined) return;
    const group = this.#groups.shift();
    if (group === undefined) return;
    this.#waitingSize -= group.size;
    this.#underWay = this.#carrier.carryOut(group).then(
      (outcomes) => {
        // The next group goes first, so that the disk works while those who waited are told.
        this.#underWay = undefined;
        this.#send();
        group.settle(outcomes);
      },
      (error: Error) => {
        this.#underWay = undefined;
        if (error instanceof Failure && error.kind === 'store-failing') {
          this.#groups.unshift(group);
          this.fail(error);
        } else {
          this.#send();
          group.fail(error);
        }
      },
    );
  }

  #probeLater(attempt: number): void {
    this.#stopProbing = this.#clock.after(this.#carrier.probeAfterMs(attempt), () => this.#probe(attempt));
  }

  async #probe(attempt: number): Promise<void> {
    try {
      // One at a time on the way to the disk: when the store failed while a group was out, that group comes first.
      while (this.#underWay !== undefined) await this.#underWay;
      await this.#carrier.probe();
      if (this.#closed) return;
      this.#stopProbing = undefined;
      this.#refusal = undefined;
      this.#turn({ state: 'ok' });
    } catch (error) {
      if (this.#closed) return;
      this.fail(error instanceof Failure ? error : new Failure('store-failing', String(error), { cause: error }));
      this.#probeLater(attempt + 1);
    }
  }

  #turn(health: Health): void {
    const changed = health.state !== this.#health.state;
    this.#health = health;
    if (changed) for (const listener of this.#listeners) listener(health);
  }
}
