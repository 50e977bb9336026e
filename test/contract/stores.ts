/** The stores that the contract is tested on, each giving fresh databases. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '#base/clock.ts';
import type { Database } from '#store/database.ts';
import { openPostgres } from '#store/postgres.ts';
import { openSqlite } from '#store/sqlite.ts';
import { type PostgresServer, startPostgres } from '../support/postgres.ts';

export interface Store {
  name: string;
  start(): Promise<void>;
  /** An empty database. */
  fresh(clock?: Clock): Promise<Database>;
  /** Makes all writes to it fail, in truth; the returned function ends that. */
  breakDown(database: Database): Promise<() => Promise<void>>;
  stop(): Promise<void>;
}

export function sqliteStore(): Store {
  let folder: string;
  let count = 0;
  return {
    name: 'SQLite',
    start: async () => {
      folder = await mkdtemp(join(tmpdir(), 'rollcall-store-'));
    },
    fresh: (clock) => openSqlite(join(folder, `${count++}.db`), clock),
    // A file that may not grow gives SQLITE_FULL, as a full disk does.
    breakDown: async (database) => {
      await database.read('pragma max_page_count = 1');
      return async () => {
        await database.read('pragma max_page_count = 1000000');
      };
    },
    stop: () => rm(folder, { recursive: true }),
  };
}

export function postgresStore(): Store {
  let server: PostgresServer;
  let count = 0;
  return {
    name: 'PostgreSQL',
    start: async () => {
      server = await startPostgres();
    },
    fresh: async (clock) => openPostgres(await server.createDatabase(`contract${count++}`), clock),
    breakDown: async () => {
      await server.kill9();
      return () => server.start();
    },
    stop: () => server.stop(),
  };
}
