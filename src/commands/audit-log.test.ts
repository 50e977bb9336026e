/** The record of administrative commands is whole, says so, and says where it is not. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { silentLog } from '#base/log.ts';
import type { Database, Value } from '#store/database.ts';
import { migrate } from '#store/migrate.ts';
import { migrations } from '#store/migrations/all.ts';
import { openSqlite } from '#store/sqlite.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { type AuditEntry, AuditLog } from './audit-log.ts';
import { commandLine } from './caller.ts';

const DAY_MS = 86_400_000;
const SECRET = Buffer.alloc(32, 7);
const action = { caller: commandLine, command: 'user.add', subject: 'romeo@example.test' };

async function open(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'audit-'));
  const clock = new FakeClock();
  const database = await openSqlite(join(folder, 'store.db'), clock);
  t.after(async () => {
    await database.close();
    rmSync(folder, { recursive: true });
  });
  await migrate(database, migrations, clock);
  const settings = { keepDays: 0 };
  const restart = () => new AuditLog({ database, clock, log: silentLog(), secret: SECRET, settings });
  return { clock, database, settings, restart, audit: restart() };
}

async function run(audit: AuditLog, times = 1): Promise<void> {
  for (let i = 0; i < times; i++) await audit.end(action, await audit.begin(action), 'done');
}

async function all(audit: AuditLog): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  for await (const entry of audit.entries()) entries.push(entry);
  return entries;
}

const write = (database: Database, sql: string, ...values: Value[]) => database.write({ sql, values });

test('a command is one entry, with how it ended; one that was cut short is told as unknown', async (t) => {
  const { audit, clock } = await open(t);
  const begins = await audit.begin(action);
  clock.advance(5);
  await audit.end(action, begins, 'failed', 'it exists already');
  await audit.refuse({ ...action, caller: { name: 'iago', face: 'rest', roles: [] } }, 'it takes a role');
  await audit.begin({ ...action, command: 'user.remove' });
  const now = clock.now();
  assert.deepEqual(await all(audit), [
    { id: 4, at: now, ...told('user.remove'), outcome: 'unknown', detail: '' },
    {
      id: 3,
      at: now,
      ...told('user.add'),
      caller: 'iago',
      face: 'rest',
      outcome: 'refused',
      detail: 'it takes a role',
    },
    { id: 1, at: now - 5, endedAt: now, ...told('user.add'), outcome: 'failed', detail: 'it exists already' },
  ]);
});

const told = (command: string) => ({
  caller: 'command line',
  face: 'command line',
  command,
  subject: 'romeo@example.test',
});

test('the chain goes on after a restart, and verifies from the first row to the last', async (t) => {
  const { audit, restart } = await open(t);
  assert.deepEqual(await audit.verify(), { rows: 0, firstId: 0, cutUpTo: 0, head: '0'.repeat(64) });
  await run(audit, 3);
  const again = restart();
  await run(again, 2);
  const { rows, firstId, broken } = await again.verify();
  assert.deepEqual({ rows, firstId, broken }, { rows: 10, firstId: 1, broken: undefined });
});

const tampered: [what: string, sql: string, values: Value[], id: number, reason: RegExp][] = [
  ['a row that was changed', 'update audit_log set subject = ? where id = 4', ['nobody'], 4, /changed/],
  ['a time that was changed', 'update audit_log set at = at + 1 where id = 1', [], 1, /changed/],
  ['a row that was taken out', 'delete from audit_log where id = 5', [], 5, /missing; the next one there is 6/],
  ['the first rows taken out without a checkpoint', 'delete from audit_log where id <= 2', [], 1, /missing/],
  ['the last rows taken out', 'delete from audit_log where id > 7', [], 8, /rows at the end are missing/],
  ['another hash in the last row', 'update audit_log set hash = zeroblob(32) where id = 10', [], 10, /changed/],
];
for (const [what, sql, values, id, reason] of tampered) {
  test(`${what} is found, and named`, async (t) => {
    const { audit, database } = await open(t);
    await run(audit, 5);
    await write(database, sql, ...values);
    const { broken } = await audit.verify();
    assert.equal(broken?.id, id);
    assert.match(broken.reason, reason);
  });
}

test('what is older than the setting says is taken out, and the rest still verifies', async (t) => {
  const { audit, clock, settings, restart } = await open(t);
  await run(audit, 3);
  clock.advance(3 * DAY_MS);
  await run(audit);
  assert.equal(await audit.cut(), 0, 'kept for ever');
  settings.keepDays = 2;
  assert.equal(await audit.cut(), 6);
  assert.equal(await audit.cut(), 0);
  const { rows, firstId, cutUpTo, broken } = await audit.verify();
  assert.deepEqual({ rows, firstId, cutUpTo, broken }, { rows: 4, firstId: 7, cutUpTo: 6, broken: undefined });
  assert.deepEqual(
    (await all(audit)).map(({ command, subject }) => `${command} ${subject}`),
    ['audit.cut rows up to 6', 'user.add romeo@example.test'],
  );
  const again = restart();
  await run(again);
  assert.equal((await again.verify()).broken, undefined);
});

test('a checkpoint that this server did not sign is no excuse for rows that are gone', async (t) => {
  const { audit, database, clock, settings } = await open(t);
  await run(audit, 3);
  clock.advance(3 * DAY_MS);
  settings.keepDays = 1;
  await audit.cut();
  await write(database, 'delete from audit_log where id <= 7');
  await write(database, 'update audit_checkpoint set row_id = 7, hash = ?', Buffer.alloc(32, 1));
  assert.match((await audit.verify()).broken?.reason ?? '', /checkpoint was not made by this server/);
});

test('many commands at once are one row after the other, in one chain', async (t) => {
  const { audit } = await open(t);
  await Promise.all(Array.from({ length: 50 }, () => run(audit)));
  const { rows, broken } = await audit.verify();
  assert.deepEqual({ rows, broken }, { rows: 100, broken: undefined });
});

test('one who is refused again and again does not fill the store', async (t) => {
  const { audit, clock } = await open(t);
  for (let i = 0; i < 100; i++) await audit.refuse(action, 'no');
  assert.equal((await all(audit)).length, 20);
  clock.advance(60_000);
  await audit.refuse(action, 'no');
  assert.equal((await all(audit)).length, 21);
});

test('texts that a store would not keep as they are still verify', async (t) => {
  const { audit, restart } = await open(t);
  const subject = `a\0b\ud800c${'x'.repeat(1000)}`;
  await audit.refuse({ ...action, subject }, 'é'.repeat(2000));
  assert.equal((await restart().verify()).broken, undefined);
  const [entry] = await all(audit);
  assert.equal(entry!.subject.slice(0, 5), 'a\ufffdb\ufffdc');
  assert.deepEqual([entry!.subject.length, entry!.detail.length], [256, 500]);
});

test('a store that keeps nothing lets no command begin', async (t) => {
  const { audit, database } = await open(t);
  await run(audit);
  await database.read('pragma max_page_count = 1');
  const filling = { ...action, subject: 'x'.repeat(256) };
  await assert.rejects(
    async () => {
      for (let i = 0; i < 1000; i++) await audit.begin(filling);
    },
    { kind: 'store-failing' },
  );
  await database.read('pragma max_page_count = 1000000');
});
