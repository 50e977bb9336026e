import { accountTable } from '#accounts/account-tables.ts';
import type { Device } from '#accounts/device.ts';
import type { Home } from '#accounts/home.ts';
import { homePart } from '#accounts/home.ts';
import { Commit } from '#store/database.ts';
import { INCOMING, OWED, UNTIL_DELIVERED } from './archive-flags.ts';
import { nextId } from './archive-id.ts';
import type { CatchUp } from './catch-up.ts';
import { type Held, keepHeld, release } from './holding.ts';

accountTable('archive', 'account');
accountTable('inboxes', 'account');

/** How often a mark that moved is written; after a crash, what came since may be delivered once more. */
const WRITE_MARK_AFTER_MS = 500;

const PUT_MARK = `insert into inboxes (account, delivered) values (?, ?)
  on conflict (account) do update set delivered = excluded.delivered`;
const DROP_DELIVERED = `delete from archive where account = ? and id > ? and id <= ? and flags in (${[
  UNTIL_DELIVERED,
  UNTIL_DELIVERED | INCOMING,
  UNTIL_DELIVERED | INCOMING | OWED,
].join(', ')})`;

/**
 * Which of an account's messages some device has, and which are still owed. The inbox is the end of the archive: all
 * up to the mark is delivered, and of what comes after it only what stands in `owed` is not.
 */
export class Inbox {
  /** The highest id given out. */
  lastId: number;
  /** All owed messages, ascending, with the number of devices that have it and have not acknowledged it; 0: it waits. */
  readonly owed = new Map<number, number>();
  /** As it stands on disk, or is on its way there. */
  writtenMark: number;
  /** Whether a row since `writtenMark` has to go once it is delivered. */
  hasPassing = false;
  /** Cancels the writing of the mark that is due. */
  writing: (() => void) | undefined;
  /** What the newest write of this inbox travels with. */
  lastCommit: Commit | undefined;
  /** Of the owed ones, those that are not on disk yet, and may never have to be. */
  readonly held = new Map<number, Held>();
  /** Devices that are being given what waited. */
  readonly catchUps = new Map<Device, CatchUp>();
  /** Who wants to know that more or fewer messages may wait now. Nearly always there is nobody. */
  #watchers: Set<() => void> | undefined;

  constructor(lastId: number, mark: number, owed: number[]) {
    this.lastId = lastId;
    this.writtenMark = mark;
    for (const id of owed) this.owed.set(id, 0);
  }

  takeId(now: number): number {
    this.lastId = nextId(this.lastId, now);
    return this.lastId;
  }

  /** A device has been given it. */
  handed(id: number): void {
    const holders = this.owed.get(id);
    if (holders === undefined) return;
    this.owed.set(id, holders + 1);
    this.changed();
  }

  /** Something of what is owed is another. Told at once, and often: who listens looks later. */
  changed(): void {
    if (this.#watchers !== undefined) for (const run of this.#watchers) run();
  }

  watch(run: () => void): void {
    this.#watchers ??= new Set();
    this.#watchers.add(run);
  }

  unwatch(run: () => void): void {
    this.#watchers?.delete(run);
    if (this.#watchers?.size === 0) this.#watchers = undefined;
  }

  /** How many are owed that no device has. */
  countWaiting(): number {
    let count = 0;
    for (const holders of this.owed.values()) if (holders === 0) count++;
    return count;
  }

  /** Everything up to it is delivered. */
  get mark(): number {
    for (const first of this.owed.keys()) return first - 1;
    return this.lastId;
  }

  get waiting(): boolean {
    for (const holders of this.owed.values()) if (holders === 0) return true;
    return false;
  }
}

export const inboxOf = homePart<Inbox>({
  queries: [
    'select delivered from inboxes where account = ?',
    'select max(id) as last from archive where account = ?',
    `select archive.id, archive.flags from (select cast(? as bigint) as account) one
      left join inboxes on inboxes.account = one.account
      join archive on archive.account = one.account and archive.id > coalesce(inboxes.delivered, 0)
      where archive.flags >= ${OWED} order by archive.id`,
  ],
  load(_home, [marks, lasts, recent]) {
    const last = Number(lasts![0]?.last ?? 0);
    const mark = Number(marks![0]?.delivered ?? 0);
    const inbox = new Inbox(
      Math.max(last, mark),
      mark,
      recent!.map((row) => Number(row.id)),
    );
    inbox.hasPassing = recent!.some((row) => (Number(row.flags) & UNTIL_DELIVERED) !== 0);
    return inbox;
  },
  busy: ({ writing, lastCommit, catchUps, held }) =>
    writing !== undefined || lastCommit?.state === 'pending' || catchUps.size > 0 || held.size > 0,
  flush(inbox, home) {
    for (const held of inbox.held.values()) keepHeld(held);
    writeMark(home, inbox);
  },
});

/** A device has the message: it has acknowledged it, or it cannot acknowledge and has been written to. */
export function messageDelivered(home: Home, archiveId: number): void {
  const inbox = inboxOf.of(home);
  if (inbox.owed.delete(archiveId)) {
    const held = inbox.held.get(archiveId);
    if (held === undefined) writeMarkSoon(home, inbox);
    else release(held);
  }
  for (const catchUp of inbox.catchUps.values()) catchUp.settled(archiveId);
}

/**
 * A device that had it went away without acknowledging it.
 * @returns whether it waits now: it is still owed to the account, and no other device has it
 */
export function messageReturned(home: Home, archiveId: number): boolean {
  const inbox = inboxOf.of(home);
  const holders = inbox.owed.get(archiveId);
  if (holders === undefined) return false;
  const left = Math.max(holders - 1, 0);
  inbox.owed.set(archiveId, left);
  inbox.changed();
  const held = left === 0 ? inbox.held.get(archiveId) : undefined;
  if (held !== undefined) keepHeld(held);
  for (const catchUp of inbox.catchUps.values()) catchUp.settled(archiveId);
  return left === 0;
}

export function writeMarkSoon(home: Home, inbox: Inbox): void {
  if (inbox.writing !== undefined) return;
  inbox.writing = home.homes.clock.after(WRITE_MARK_AFTER_MS, () => writeMark(home, inbox));
}

/** Writes the mark, and removes what was kept only until here. */
export function writeMark(home: Home, inbox: Inbox): void {
  inbox.writing?.();
  inbox.writing = undefined;
  const { mark, writtenMark } = inbox;
  // A home that was dropped has lost its account, or another one is in its place.
  if (mark === writtenMark || home.homes.loaded(home.address) !== home) return;
  const { database } = home.homes;
  inbox.writtenMark = mark;
  let written: Commit | undefined = database.append(PUT_MARK, [home.account.id, mark]);
  inbox.lastCommit = written;
  if (inbox.hasPassing) {
    inbox.hasPassing = inbox.owed.size > 0;
    const dropped = database.append(DROP_DELIVERED, [home.account.id, writtenMark, mark]);
    inbox.lastCommit = dropped;
    written = Commit.both(written, dropped);
  }
  written?.onSettled(() => {
    if (written.state !== 'failed') return;
    inbox.writtenMark = Math.min(inbox.writtenMark, writtenMark);
    inbox.hasPassing = true;
    writeMarkSoon(home, inbox);
  });
}
