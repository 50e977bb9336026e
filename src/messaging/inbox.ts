import type { Home } from '#accounts/home.ts';
import { homePart } from '#accounts/home.ts';
import { accountTable } from '#accounts/account-tables.ts';
import type { Commit, Database } from '#store/database.ts';
import { nextId } from './archive-id.ts';

accountTable('archive', 'account');
accountTable('inboxes', 'account');

/** What a row of the archive is, as bits. */
export const INCOMING = 1;
/** Kept only until it was delivered: not part of the archive that a client sees. */
export const UNTIL_DELIVERED = 2;
/** To be delivered to the next device when none was there (XEP-0160). */
export const OWED = 4;

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
  /** All owed messages, ascending: 'waiting' for a device, or with one that has not acknowledged it yet. */
  readonly owed = new Map<number, 'waiting' | 'with-device'>();
  /** As it stands on disk. */
  writtenMark: number;
  /** Whether a row since `writtenMark` has to go once it is delivered. */
  hasPassing = false;
  writing: (() => void) | undefined;
  /** Of the newest row. */
  lastCommit: Commit | undefined;

  constructor(lastId: number, mark: number, owed: number[]) {
    this.lastId = lastId;
    this.writtenMark = mark;
    for (const id of owed) this.owed.set(id, 'waiting');
  }

  takeId(now: number): number {
    this.lastId = nextId(this.lastId, now);
    return this.lastId;
  }

  /** Everything up to it is delivered. */
  get mark(): number {
    for (const first of this.owed.keys()) return first - 1;
    return this.lastId;
  }

  get waiting(): boolean {
    for (const state of this.owed.values()) if (state === 'waiting') return true;
    return false;
  }
}

export const inboxOf = homePart<Inbox>({
  queries: [
    'select delivered from inboxes where account = ?',
    'select max(id) as last from archive where account = ?',
    `select id, flags from archive where account = ?
      and id > coalesce((select delivered from inboxes where inboxes.account = archive.account), 0) order by id`,
  ],
  load(_home, [marks, lasts, recent]) {
    const last = Number(lasts![0]?.last ?? 0);
    const mark = Number(marks![0]?.delivered ?? 0);
    const owed = recent!.filter((row) => (Number(row.flags) & OWED) !== 0).map((row) => Number(row.id));
    const inbox = new Inbox(Math.max(last, mark), mark, owed);
    inbox.hasPassing = recent!.some((row) => (Number(row.flags) & UNTIL_DELIVERED) !== 0);
    return inbox;
  },
  busy: (inbox) => inbox.writing !== undefined,
  flush: (inbox, home) => writeMark(home, inbox),
});

/** A device has the message: it has acknowledged it, or it cannot acknowledge and has been written to. */
export function messageDelivered(home: Home, archiveId: number): void {
  const inbox = inboxOf.of(home);
  if (inbox.owed.delete(archiveId)) writeMarkSoon(home, inbox);
}

/** A device that had it went away without acknowledging it. @returns whether it is still owed to the account */
export function messageReturned(home: Home, archiveId: number): boolean {
  const inbox = inboxOf.of(home);
  if (!inbox.owed.has(archiveId)) return false;
  inbox.owed.set(archiveId, 'waiting');
  return true;
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
  if (mark === writtenMark) return;
  const database: Database = home.homes.database;
  inbox.writtenMark = mark;
  const written = database.append(PUT_MARK, [home.account.id, mark]);
  if (inbox.hasPassing) {
    inbox.hasPassing = inbox.owed.size > 0;
    database.append(DROP_DELIVERED, [home.account.id, writtenMark, mark]);
  }
  written.onSettled(() => {
    if (written.state !== 'failed') return;
    inbox.writtenMark = Math.min(inbox.writtenMark, writtenMark);
    inbox.hasPassing = true;
    writeMarkSoon(home, inbox);
  });
}
