import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { systemClock } from '#base/clock.ts';
import { Failure } from '#base/failure.ts';
import type { Database, Migration } from './database.ts';
import { checksum, migrate } from './migrate.ts';
import { migrations as shipped } from './migrations/all.ts';
import { openDatabase } from './open.ts';
import { openSqlite } from './sqlite.ts';

const first: Migration = { version: 1, name: 'people', statements: ['create table people (id integer)'] };
const second: Migration = { version: 2, name: 'names', statements: ['alter table people add column name text'] };
const third: Migration = { version: 3, name: 'rooms', statements: ['create table rooms (id integer)'] };

describe('the data', () => {
  let folder: string;
  let db: Database;
  let count = 0;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rollcall-migrate-'));
  });
  beforeEach(async () => {
    db = await openSqlite(join(folder, `${count++}.db`));
  });
  afterEach(() => db.close());
  after(() => rm(folder, { recursive: true }));

  const run = (...migrations: Migration[]) => migrate(db, migrations, systemClock);
  const refused = (text: RegExp) => (error: unknown) =>
    error instanceof Failure && error.kind === 'store-failing' && text.test(error.message);

  it('of an older release are brought up to this one, keeping what is there', async () => {
    await run(first);
    await db.write({ sql: 'insert into people (id) values (7)' });
    await run(first, second, third);
    await run(first, second, third);
    assert.deepEqual(await db.read('select id, name from people'), [{ id: 7, name: null }]);
  });

  it('of a newer release are refused, and left as they are', async () => {
    await run(first, second, third);
    await assert.rejects(run(first), refused(/newer release \(schema 3, this release knows 1\).*restore a backup/));
    assert.equal((await db.read('select * from migrations')).length, 3);
  });

  it('made by a changed migration are refused', async () => {
    await run(first, second);
    const changed = { ...first, statements: ['create table people (id text)'] };
    await assert.rejects(run(changed, second, third), refused(/migration 1 "people"/));
    await assert.rejects(db.read('select * from rooms'));
  });

  it('that lack a migration in the middle are refused', async () => {
    await run(first, second);
    await db.write({ sql: 'delete from migrations where version = 1' });
    await assert.rejects(run(first, second), refused(/lack migration 1 "people"/));
  });

  it('are not touched by a list with a gap', async () => {
    await assert.rejects(run(first, third), /"rooms" has number 3, but is the 2/);
  });

  it('are migrated to what this release ships, and open again', async () => {
    await db.close();
    const options = { kind: 'sqlite', file: join(folder, 'shipped.db') } as const;
    for (let start = 0; start < 2; start++) {
      db = await openDatabase(options);
      const applied = await db.read('select version, checksum from migrations order by version');
      assert.deepEqual(
        applied,
        shipped.map((migration) => ({ version: migration.version, checksum: checksum(migration) })),
      );
      await db.close();
    }
  });
});
