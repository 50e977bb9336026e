import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { until } from '../../test/support/until.ts';
import { openSqlite } from './sqlite.ts';

const CHILD = fileURLToPath(new URL('../../test/support/store-child.ts', import.meta.url));
const NOTES = 'create table notes (id integer not null primary key, body text not null)';
const PUT = 'insert into notes (id, body) values (?, ?)';

describe('SQLite', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rollcall-sqlite-'));
  });
  after(() => rm(folder, { recursive: true }));

  /** The rows that a process said were settled, and those that are there. */
  async function compare(file: string, output: string): Promise<{ settled: number[]; lost: number[] }> {
    const settled = output
      .slice(0, output.lastIndexOf('\n'))
      .split('\n')
      .map(Number)
      .filter((id) => id > 0);
    const db = await openSqlite(file);
    const found = new Set((await db.read('select id from notes')).map(({ id }) => id));
    assert.deepEqual(await db.read('pragma integrity_check'), [{ integrity_check: 'ok' }]);
    await db.close();
    return { settled, lost: settled.filter((id) => !found.has(id)) };
  }

  it('has every row that was settled before the process was killed', async () => {
    for (const rows of [1, 400, 3000]) {
      const file = join(folder, `killed-${rows}.db`);
      const child = spawn(process.execPath, [CHILD, file, '300'], { stdio: ['ignore', 'pipe', 'inherit'] });
      const exited = new Promise((resolve) => child.once('close', resolve));
      let output = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (output.split('\n').length > rows) child.kill('SIGKILL');
      });
      await exited;
      const { settled, lost } = await compare(file, output);
      assert.ok(settled.length >= rows);
      assert.deepEqual(lost, []);
    }
  });

  it('says so when files may not grow, loses nothing, and goes on once they may (RLIMIT_FSIZE, setrlimit(2))', async () => {
    const file = join(folder, 'limited.db');
    const command = 'ulimit -S -f 2048; exec "$0" "$@"';
    const child = spawn('sh', ['-c', command, process.execPath, CHILD, file, '2000'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = new Promise((resolve) => child.once('close', resolve));
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    const explain = () => output.slice(-500);
    try {
      await until('the store fails', () => /^failing /m.test(output), { explain });
      await promisify(execFile)('prlimit', ['--pid', `${child.pid}`, '--fsize=unlimited']);
      await until('the store is well and keeps rows', () => /^ok\n\d+\n/m.test(output), { explain });
    } finally {
      child.kill('SIGKILL');
      await exited;
    }
    const { settled, lost } = await compare(file, output);
    assert.ok(settled.length > 0);
    assert.deepEqual(lost, []);
  });

  it('is refused to a second server, and free again when the first has ended', async () => {
    const file = join(folder, 'shared.db');
    const first = await openSqlite(file);
    await assert.rejects(openSqlite(file), /another server is running on it/);
    await first.close();
    await (await openSqlite(file)).close();

    const child = spawn(process.execPath, [CHILD, file, '10'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = new Promise((resolve) => child.once('close', resolve));
    await new Promise((resolve) => child.stdout.once('data', resolve));
    await assert.rejects(openSqlite(file), /another server is running on it/);
    child.kill('SIGKILL');
    await exited;
    await (await openSqlite(file)).close();
  });

  it('waits for another process to let go of the file, then fails in words, and reads all the while', async () => {
    const file = join(folder, 'locked.db');
    const clock = new FakeClock();
    const db = await openSqlite(file, clock, { busyTimeoutMs: 100 });
    await db.write({ sql: NOTES });
    const other = new DatabaseSync(file);
    other.exec('begin immediate');
    await assert.rejects(db.write({ sql: PUT, values: [1, 'x'] }), { kind: 'store-failing', message: /locked/ });
    assert.deepEqual(await db.read('select id from notes'), []);
    clock.advance(1000);
    assert.equal(db.health().state, 'failing');
    other.exec('rollback');
    other.close();
    await until('the store is well', () => {
      clock.advance(1000);
      return db.health().state === 'ok';
    });
    await db.write({ sql: PUT, values: [2, 'x'] });
    assert.deepEqual(await db.read('select id from notes'), [{ id: 2 }]);
    await db.close();
  });

  it('starts its thread again when that died, with all that was settled', async () => {
    const file = join(folder, 'died.db');
    const clock = new FakeClock();
    const db = await openSqlite(file, clock, { maxHeapMb: 16 });
    await db.write({ sql: NOTES }, { sql: PUT, values: [1, 'x'] });
    const huge = 'with recursive n(i) as (select 1 union all select i + 1 from n limit 400000) select i, i, i from n';
    await assert.rejects(db.read(huge), { kind: 'store-failing' });
    assert.equal(db.health().state, 'failing');
    assert.match(db.health().reason!, /memory/);
    await assert.rejects(db.write({ sql: PUT, values: [2, 'x'] }), { kind: 'store-failing' });
    await until('the store is well', () => {
      clock.advance(1000);
      return db.health().state === 'ok';
    });
    await db.write({ sql: PUT, values: [3, 'x'] });
    assert.deepEqual(await db.read('select id from notes order by id'), [{ id: 1 }, { id: 3 }]);
    await db.close();
  });

  it('does not begin anew when its file is gone', async () => {
    const file = join(folder, 'gone.db');
    const clock = new FakeClock();
    const db = await openSqlite(file, clock, { maxHeapMb: 16 });
    const huge = 'with recursive n(i) as (select 1 union all select i + 1 from n limit 400000) select i, i, i from n';
    await assert.rejects(db.read(huge), { kind: 'store-failing' });
    for (const suffix of ['', '-wal', '-shm']) await rm(file + suffix, { force: true });
    await until('it says what is missing', () => {
      clock.advance(1000);
      return /gone/.test(db.health().reason ?? '');
    });
    await db.close();
  });

  it('takes any number of different statements', async () => {
    const db = await openSqlite(join(folder, 'statements.db'));
    for (let i = 0; i < 1100; i++) assert.deepEqual(await db.read(`select ${i} as n`), [{ n: i }]);
    await db.close();
  });

  it('says which file cannot be opened, and why', async () => {
    await assert.rejects(openSqlite(join(folder, 'nowhere', 'x.db')), {
      kind: 'store-failing',
      message: /nowhere\/x\.db: unable to open/,
    });
  });
});
