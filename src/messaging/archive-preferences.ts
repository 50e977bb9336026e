import { accountTable } from '#accounts/account-tables.ts';
import { type Home, homePart } from '#accounts/home.ts';
import type { WriteResult } from '#store/database.ts';

accountTable('archive_preferences', 'account');

export type ArchiveDefault = 'always' | 'never' | 'roster';

/** What an account's owner wants kept (XEP-0441); undefined where the server's own policy holds. */
export interface ArchivePreferences {
  readonly default: ArchiveDefault;
  /** Addresses ('local@domain', or with a resource) that are always or never kept, whatever the default. */
  readonly always: readonly string[];
  readonly never: readonly string[];
}

const preferencesOf = homePart<{ value: ArchivePreferences | undefined }>({
  queries: ['select preferences from archive_preferences where account = ?'],
  load: (_home, [rows]) => ({ value: rows![0] && (JSON.parse(String(rows![0].preferences)) as ArchivePreferences) }),
});

export function archivePreferences(home: Home): ArchivePreferences | undefined {
  return preferencesOf.of(home).value;
}

/** Resolves when it is on disk. */
export async function setArchivePreferences(home: Home, preferences: ArchivePreferences): Promise<void> {
  const sql = `insert into archive_preferences (account, preferences) values (?, ?)
    on conflict (account) do update set preferences = excluded.preferences`;
  const written: Promise<WriteResult[]> = home.homes.database.write({
    sql,
    values: [home.account.id, JSON.stringify(preferences)],
  });
  await written;
  preferencesOf.of(home).value = preferences;
}
