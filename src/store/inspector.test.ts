/** Looking into the store proves: nothing is written, nothing secret is seen by any way, and nothing goes on for ever. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Database } from './database.ts';
import { isHidden } from './hidden-columns.ts';
import { postgresInspector, sqliteInspector } from './inspector.ts';
import { openDatabase } from './open.ts';

const folder = mkdtempSync(join(tmpdir(), 'inspector-'));
const file = join(folder, 'store.db');
const inspector = sqliteInspector(file);
const LIMITS = { maxRows: 10, maxSize: 10_000, seconds: 20 };
let database: Database;

before(async () => {
  database = await openDatabase({ kind: 'sqlite', file });
  await database.write(
    {
      sql: "insert into accounts (id, address, admin, enabled, created_at, password_changed_at) values (1, 'a@b', 1, 1, 5, 6)",
    },
    { sql: "insert into credentials values (1, 'SCRAM', x'00', 1, x'01', x'02')" },
    { sql: "insert into archive values (1, 1, 'c@d', 0, 'what was said')" },
    { sql: 'create view sly as select stored_key as harmless from credentials' },
  );
});
after(async () => {
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

const ask = (sql: string, limits = {}) => inspector.query(sql, { ...LIMITS, ...limits });

test('a SELECT is answered while the server has the file', async () => {
  assert.deepEqual(await ask('select id, address, password_changed_at from accounts'), {
    columns: ['id', 'address', 'password_changed_at'],
    rows: [[1, 'a@b', 6]],
    cut: false,
  });
  assert.deepEqual((await ask('select count(*) as n from credentials')).rows, [[1]]);
  assert.deepEqual((await ask('select peer, flags from archive')).rows, [['c@d', 0]]);
  assert.deepEqual((await ask("select x'00ff' as bytes, null as none")).rows, [["x'00ff'", null]]);
});

test('what proves who somebody is and what people say is not shown, by whatever way', async () => {
  for (const sql of [
    'select stored_key from credentials',
    'select * from credentials',
    'select harmless from sly',
    'select (select hex(salt) from credentials) as x',
    'with t as (select server_key as k from credentials) select k from t',
    "select 1 as one from accounts where exists (select 1 from credentials where stored_key > x'00')",
    'select local_key from digest_credentials',
    'select stanza from archive',
    'select peer from archive order by stanza',
    'select "stanza" from (select * from archive)',
  ]) {
    await assert.rejects(ask(sql), { kind: 'forbidden' }, sql);
  }
});

test('nothing but a SELECT is run, and of several statements none but the first could be', async () => {
  for (const sql of [
    "insert into accounts values (2, 'x', 1, 1, 1, 1)",
    'delete from accounts',
    'pragma writable_schema = 1',
    "attach database 'other.db' as other",
    'vacuum',
    'with t as (select 1) delete from accounts',
    "select load_extension('x')",
    'select * from nothing_there',
    'select',
  ]) {
    await assert.rejects(ask(sql), { name: 'Failure' }, sql);
  }
  await ask('select 1 as one; delete from accounts').catch(() => undefined);
  assert.equal((await database.read('select count(*) as n from accounts'))[0]?.n, 1);
});

test('rows, size and time have their limits', async () => {
  const many = 'with recursive n(i) as (select 1 union all select i + 1 from n where i < 100) select i from n';
  const few = await ask(many);
  assert.deepEqual([few.rows.length, few.cut], [10, true]);
  assert.equal((await ask(`select printf('%.5000c', 'x') as a from (${many})`)).rows.length, 2);
  const endless = 'with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) as c from n';
  await assert.rejects(ask(endless, { seconds: 1 }), { kind: 'over-limit', message: /more than 1 seconds/ });
});

test('every column of the schema that could prove something is hidden', async () => {
  const columns = await database.read(
    "select m.name as at, c.name as name from sqlite_master m, pragma_table_info(m.name) c where m.type = 'table'",
  );
  const shown = columns
    .map(({ at, name }) => `${at}.${name}`)
    .filter((column) => !isHidden(column.split('.')[0]!, column.split('.')[1]!));
  const suspicious = shown.filter((column) =>
    /key|pass|secret|token|salt|hash|proof|verifier/i.test(column.split('.')[1]!),
  );
  assert.deepEqual(
    suspicious.filter((column) => !column.endsWith('_at')),
    [],
  );
});

test('a store that is whole has no faults, one that is damaged says where, and PostgreSQL has its own tools', async () => {
  assert.deepEqual(await inspector.faults(60), []);
  const damaged = join(folder, 'damaged.db');
  writeFileSync(damaged, 'SQLite format 3\0 and then nonsense'.padEnd(8192, 'x'));
  await assert.rejects(sqliteInspector(damaged).faults(60), { name: 'Failure' });
  await assert.rejects(postgresInspector().query('select 1', LIMITS), { kind: 'not-acceptable', message: /psql/ });
});
