import type { Device } from '#accounts/device.ts';
import type { Row } from '#store/database.ts';
import { element } from '#xml/element.ts';
import { parseElement } from '#xml/parse-element.ts';
import { serialize } from '#xml/serializer.ts';
import { takenAt } from './archive-id.ts';
import { type Inbox, inboxOf } from './inbox.ts';

const PAGE = 100;
const NS = 'jabber:client';
const SELECT_OWED = `select id, stanza from archive where account = ? and id > ? and id <= ?
  and flags >= 4 order by id limit ${PAGE}`;

const SELECT_ONE = 'select id from archive where account = ? and id = ?';

const catchingUp = new WeakSet<Device>();

/** Whether a device is being given what waited for its account; what comes meanwhile is given in its turn. */
export function isCatchingUp(device: Device): boolean {
  return catchingUp.has(device);
}

/**
 * Gives a device that has become ready all that waits for its account, oldest first (XEP-0160, XEP-0203), in pages so
 * that neither memory nor the event loop is taken by a long absence.
 */
export async function deliverWaiting(device: Device, by: string): Promise<void> {
  const { home } = device;
  const inbox = inboxOf.of(home);
  if (catchingUp.has(device) || !inbox.waiting) return;
  catchingUp.add(device);
  try {
    for (let after = inbox.mark; ; ) {
      const last = inbox.lastId;
      const rows: Row[] = await home.homes.database.read(SELECT_OWED, [home.account.id, after, last]);
      for (const row of rows) {
        const id = Number(row.id);
        if (home.devices.get(device.id) !== device) return;
        after = id;
        if (inbox.owed.get(id) !== 'waiting') continue;
        inbox.owed.set(id, 'with-device');
        handOver(device, id, String(row.stanza), by);
      }
      if (rows.length === PAGE) continue;
      if (nextWaiting(inbox, after) === undefined) return;
      // It was not on disk when we looked. When it is not there after its commit, it failed or was deleted since.
      await inbox.lastCommit?.settled().catch(() => undefined);
      const missing = nextWaiting(inbox, after);
      if (missing === undefined) return;
      const [there] = await home.homes.database.read(SELECT_ONE, [home.account.id, missing]);
      if (there === undefined) inbox.owed.delete(missing);
    }
  } finally {
    catchingUp.delete(device);
  }
}

function nextWaiting(inbox: Inbox, after: number): number | undefined {
  for (const [id, state] of inbox.owed) if (id > after && state === 'waiting') return id;
  return undefined;
}

function handOver(device: Device, archiveId: number, stored: string, by: string): void {
  const delay = element('delay', 'urn:xmpp:delay', { from: by, stamp: new Date(takenAt(archiveId)).toISOString() });
  const text = `${stored.slice(0, -'</message>'.length)}${serialize(delay, NS)}</message>`;
  device.takeMessage({
    text,
    archiveId,
    get element() {
      return parseElement(text, NS);
    },
  });
}
