import { setImmediate as turn } from 'node:timers/promises';
import type { Availability, Publication } from '#accounts/device.ts';
import type { Home } from '#accounts/home.ts';
import { addMutualContacts } from '#contacts/editing.ts';
import { publish } from '#presence/publishing.ts';
import type { PresenceSettings } from '#presence/settings.ts';
import { NEVER, type Source } from '#presence/source.ts';
import { accounts } from '#store/migrations/0001-accounts.ts';
import { contacts } from '#store/migrations/0002-contacts.ts';
import { makeWorld, type RecordingDevice, type World, type WorldOptions } from './homes.ts';

export const ROMEO = 'romeo@example.test';
export const JULIET = 'juliet@example.test';
export const NURSE = 'nurse@example.test';

/** Romeo and Juliet are each other's contacts, the nurse is nobody's; their rows are there for those who join them. */
export async function makePresenceWorld(settings?: PresenceSettings, wrap?: WorldOptions['wrap']): Promise<World> {
  const people = [ROMEO, JULIET, NURSE];
  const world = await makeWorld({
    people,
    migrations: [accounts, contacts],
    presence: { domains: ['example.test'], ...(settings && { settings }) },
    ...(wrap && { wrap }),
  });
  for (const [i, address] of people.entries()) {
    const sql =
      'insert into accounts (id, address, admin, enabled, created_at, password_changed_at) values (?, ?, 0, 1, 0, 0)';
    await world.database.write({ sql, values: [i + 1, address] });
  }
  await addMutualContacts(
    world.homes,
    [ROMEO, JULIET].map((address) => ({ address, name: '', groups: [] })),
  );
  return world;
}

/** A device signs in, or says something else; undefined: it becomes unavailable. */
export function says(
  device: RecordingDevice,
  availability: Availability | undefined,
  more: Partial<Publication> = {},
): void {
  const before = device.publication;
  const at = device.home.homes.clock.now();
  device.publication = availability && { device: device.id, availability, priority: 0, notes: {}, at, ...more };
  publish(device, before);
}

/** A client that publishes, unless another kind is named. */
export function source(home: Home, id: string, more: Partial<Source> & { says?: Partial<Publication> } = {}): Source {
  const { says: said = {}, ...rest } = more;
  const publication: Publication = {
    device: id,
    availability: 'available',
    priority: 0,
    notes: {},
    at: home.homes.clock.now(),
    ...said,
  };
  return { id, kind: 'event-publication', publication, tag: '', expiresAt: NEVER, ...rest };
}

/** What one device was told since it was asked last, with the first note: 'romeo/phone away (On a call)'. */
export function heard(device: RecordingDevice): string[] {
  return device.notices.splice(0).map(({ from, device: resource, publication }) => {
    const [note] = Object.values(publication?.notes ?? {});
    const who = `${from.slice(0, from.indexOf('@'))}/${resource}`;
    return `${who} ${publication?.availability ?? 'unavailable'}${note ? ` (${note})` : ''}`;
  });
}

/** What is written shortly after it changed is on disk. */
export async function written({ clock, database }: World): Promise<void> {
  clock.advance(200);
  await turn();
  await database.write({ sql: 'delete from publications where account = -1' });
}
