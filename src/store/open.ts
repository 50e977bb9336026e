import { type Clock, systemClock } from '#base/clock.ts';
import type { Database } from './database.ts';
import { migrate } from './migrate.ts';
import { migrations } from './migrations/all.ts';
import { openSqlite } from './sqlite.ts';

export type StoreOptions = { kind: 'sqlite'; file: string } | { kind: 'postgres'; url: string };

/**
 * Opens the store and brings its schema up to this release.
 * @throws {Failure} 'store-failing' when it cannot be opened, is in use by another server (SQLite), or holds data of a
 *   newer or of an altered release
 */
export async function openDatabase(options: StoreOptions, clock: Clock = systemClock): Promise<Database> {
  const database = await open(options, clock);
  try {
    await migrate(database, migrations, clock);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function open(options: StoreOptions, clock: Clock): Promise<Database> {
  if (options.kind === 'sqlite') return openSqlite(options.file, clock);
  // The client for PostgreSQL takes 8 MB that an embedded server has better uses for.
  const { openPostgres } = await import('./postgres.ts');
  return openPostgres(options.url, clock);
}
