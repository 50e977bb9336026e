import { accountTable } from '#accounts/account-tables.ts';
import { type Home, homePart } from '#accounts/home.ts';
import type { Row } from '#store/database.ts';
import type { PresenceChange } from './hooks.ts';
import { clientsOf } from './shown.ts';

accountTable('last_unavailable', 'account');

/** When an account's last device became unavailable (XEP-0012 §4, RFC 6121 §4.3.2). */
export interface LastUnavailable {
  /** Epoch milliseconds. */
  readonly at: number;
  /** What the person said when leaving; '' for nothing. */
  readonly note: string;
}

const PUT = `insert into last_unavailable (account, at, note) values (?, ?, ?)
  on conflict (account) do update set at = excluded.at, note = excluded.note`;

const memories = homePart<{ last: LastUnavailable | undefined }>({
  queries: ['select at, note from last_unavailable where account = ?'],
  load: (_home, [rows = []]) => ({ last: rows[0] && read(rows[0]) }),
});

/** @returns undefined while a device or a client that publishes is available, and for an account that never had one */
export function lastUnavailable(home: Home): LastUnavailable | undefined {
  return isAvailable(home) ? undefined : memories.of(home).last;
}

/** Whether a device of the account, or a client that publishes, is available. */
export function isAvailable(home: Home): boolean {
  for (const device of home.devices.values()) if (device.publication !== undefined) return true;
  return clientsOf(home).length > 0;
}

export function rememberLast({ home, source, publication, notice }: PresenceChange): void {
  if (publication !== undefined && publication.isOpen !== false) return;
  if (source !== undefined && source.kind !== 'event-publication') return;
  rememberLeaving(home, firstNote(notice.notes));
}

/**
 * Somebody has left, and is remembered if it was the last one of the account. Nobody waits for it to be on disk; lost with
 * a crash, it is only older than it might be.
 */
export function rememberLeaving(home: Home, note: string): void {
  if (isAvailable(home)) return;
  // Of an account that was removed nothing is remembered.
  if (home.homes.loaded(home.address) !== home) return;
  const last = { at: home.homes.clock.now(), note };
  memories.of(home).last = last;
  home.homes.database.append(PUT, [home.account.id, last.at, last.note]);
}

function firstNote(notes: Readonly<Record<string, string>> = {}): string {
  return notes[''] ?? Object.values(notes)[0] ?? '';
}

function read(row: Row): LastUnavailable {
  return { at: row.at as number, note: row.note as string };
}
