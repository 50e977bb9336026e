import type { Device, Handover } from '#accounts/device.ts';
import type { Home } from '#accounts/home.ts';
import type { Row } from '#store/database.ts';
import { parseElement } from '#xml/parse-element.ts';
import { serialize } from '#xml/serializer.ts';
import { OWED } from './archive-flags.ts';
import { takenAt } from './archive-id.ts';
import { CatchUp } from './catch-up.ts';
import { writeDelay } from './delay.ts';
import { waitingMessage } from './hooks.ts';
import { type Inbox, inboxOf, messageDelivered, messageReturned } from './inbox.ts';
import { hasRefused } from './refusals.ts';
import { isTaker, lastTaker } from './takers.ts';

const PAGE = 50;
/** A device is given no more while so many are not acknowledged. */
const WINDOW = 100;
const NS = 'jabber:client';
const END = '</message>';
const SELECT_OWED = `select id, stanza from archive where account = ? and id > ? and id <= ?
  and flags >= ${OWED} order by id limit ${PAGE}`;

const SELECT_ONE = 'select id from archive where account = ? and id = ?';

/** What waited, and was then read in the archive by a device (XEP-0313 §5.1.1): it need not be told again. */
const read = new WeakMap<Device, Set<number>>();

/**
 * Gives a device that has become ready all that waits for its account, oldest first (XEP-0160, XEP-0203): in pages, and
 * no faster than it takes them, so that neither memory nor the event loop is taken by a long absence.
 * @param by the domain of the account, for the note of the delay
 */
export async function deliverWaiting(device: Device, by: string): Promise<void> {
  const { home } = device;
  const inbox = inboxOf.of(home);
  if (inbox.catchUps.has(device) || nextWaiting(inbox, device) === undefined) return;
  const catchUp = new CatchUp();
  inbox.catchUps.set(device, catchUp);
  try {
    await handOverAll(device, inbox, catchUp, by);
  } finally {
    inbox.catchUps.delete(device);
    const there = isThere(device);
    for (const message of catchUp.queue) {
      if (there || isForIt(device, message)) device.takeMessage(message);
      else messageReturned(home, message.archiveId);
    }
    if (!there) giveToNext(home, by);
  }
}

/** What waits goes to a device, when one is there that takes messages. */
export function giveToNext(home: Home, by: string, next = lastTaker(home)): void {
  if (next === undefined) return;
  deliverWaiting(next, by).catch((err: unknown) => {
    home.homes.log.error({ err, account: home.address }, 'waiting messages could not be delivered');
  });
}

/**
 * A message for a device that is being given older ones comes after those.
 * @returns whether it is, and the message need not be handed to it
 */
export function comesAfterWaiting(inbox: Inbox, device: Device, message: Handover): boolean {
  const catchUp = inbox.catchUps.get(device);
  if (catchUp === undefined) return false;
  if (catchUp.isFull) {
    // They wait with the others then.
    for (const { archiveId } of catchUp.queue.splice(0)) messageReturned(device.home, archiveId);
  } else {
    inbox.handed(message.archiveId);
    catchUp.queue.push(message);
  }
  return true;
}

/** A device has seen these in its account's archive. Of those that wait, it is told none again. */
export function readInArchive(device: Device, ids: readonly number[]): void {
  const { owed } = inboxOf.of(device.home);
  for (const id of ids) {
    if (owed.get(id) !== 0) continue;
    const known = read.get(device) ?? new Set();
    read.set(device, known.add(id));
  }
}

async function handOverAll(device: Device, inbox: Inbox, catchUp: CatchUp, by: string): Promise<void> {
  const { home } = device;
  const { database } = home.homes;
  for (let after = inbox.mark; ; ) {
    const rows: Row[] = await database.read(SELECT_OWED, [home.account.id, after, inbox.lastId]);
    for (const row of rows) {
      if (!isThere(device)) return;
      after = Number(row.id);
      handOver(device, inbox, catchUp, after, String(row.stanza), by);
      await device.drained?.();
      while (catchUp.unacknowledged.size >= WINDOW && isThere(device)) await catchUp.something();
    }
    if (rows.length === PAGE) continue;
    if (!isThere(device) || nextWaiting(inbox, device) === undefined) return;
    // It was not on disk when we looked. When it is not there after its commit, it failed or was deleted since.
    await inbox.lastCommit?.settled().catch(() => undefined);
    const missing = nextWaiting(inbox, device);
    if (missing === undefined) return;
    const [there] = await database.read(SELECT_ONE, [home.account.id, missing]);
    if (there === undefined) inbox.owed.delete(missing);
    else after = missing - 1;
  }
}

/** Whether it is signed in and still takes messages. */
function isThere(device: Device): boolean {
  return device.home.devices.get(device.id) === device && isTaker(device);
}

/** What is for that device alone comes to it also when it takes nothing else any more, or what follows overtakes it. */
function isForIt(device: Device, { element }: Handover): boolean {
  const { home, id } = device;
  return home.devices.get(id) === device && element.attributes.to === `${home.address}/${id}`;
}

function isStopped(home: Home, stored: string): boolean {
  const waiting = {
    home,
    stored,
    get element() {
      return parseElement(stored, NS);
    },
  };
  return home.homes.hooks.run(waitingMessage, waiting) === 'stop';
}

/** The oldest that nobody has, and that is for this device. */
function nextWaiting({ owed }: Inbox, device: Device): number | undefined {
  for (const [id, holders] of owed) if (holders === 0 && !hasRefused(device, id)) return id;
  return undefined;
}

function handOver(device: Device, inbox: Inbox, catchUp: CatchUp, archiveId: number, stored: string, by: string): void {
  if (inbox.owed.get(archiveId) !== 0 || hasRefused(device, archiveId)) return;
  const { home } = device;
  if (read.get(device)?.has(archiveId) || isStopped(home, stored)) {
    messageDelivered(home, archiveId);
    return;
  }
  const delay = writeDelay({ from: by, at: takenAt(archiveId) });
  const text = `${stored.slice(0, -END.length)}${serialize(delay, NS)}${END}`;
  inbox.handed(archiveId);
  catchUp.unacknowledged.add(archiveId);
  device.takeMessage({
    text,
    archiveId,
    get element() {
      return parseElement(text, NS);
    },
  });
}
