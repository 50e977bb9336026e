import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { systemClock } from '#base/clock.ts';
import { Failure } from '#base/failure.ts';
import type { Database, Health, Migration, Value } from '#store/database.ts';
import { migrate } from '#store/migrate.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { until } from '../support/until.ts';
import { postgresStore, sqliteStore } from './stores.ts';

const PUT = 'insert into notes (id, body) values (?, ?)';
const NOTES = 'create table notes (id integer not null primary key, body text not null, extra blob)';
const ofKind = (kind: string) => (error: unknown) => error instanceof Failure && error.kind === kind;

for (const store of [sqliteStore(), postgresStore()]) {
  describe(`${store.name}, as a store`, () => {
    let db: Database;
    const open = async (clock?: FakeClock) => {
      db = await store.fresh(clock);
      await db.write({ sql: NOTES });
      return db;
    };
    const ids = async () => (await db.read('select id from notes order by id')).map(({ id }) => id);
    const put = (id: number, body = 'x') => ({ sql: PUT, values: [id, body] });

    before(() => store.start());
    afterEach(() => db.close());
    after(() => store.stop());

    it('gives back what was written: integers to 2^53-1, any text, bytes, null', async () => {
      await open();
      const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
      const rows: [number, string, Uint8Array | null][] = [
        [Number.MAX_SAFE_INTEGER, '', new Uint8Array()],
        [Number.MIN_SAFE_INTEGER, 'Ῥωμαῖος 𐍈 👩‍❤️‍👨 \u0001\uffff', bytes],
        [0, `'"?$1\\x00 -- ;`, null],
      ];
      for (const values of rows)
        await db.write({ sql: 'insert into notes (id, body, extra) values (?, ?, ?)', values });
      for (const [id, body, extra] of rows) {
        assert.deepEqual(await db.read('select id, body, extra from notes where id = ?', [id]), [{ id, body, extra }]);
      }
    });

    it('keeps a value of several megabytes', async () => {
      await open();
      const body = 'ä'.repeat(3_000_000);
      const extra = new Uint8Array(5_000_000).fill(7);
      await db.write({ sql: 'insert into notes (id, body, extra) values (?, ?, ?)', values: [1, body, extra] });
      const [row] = await db.read('select body, extra from notes');
      assert.equal(row!.body === body, true);
      assert.equal(Buffer.compare(row!.extra as Uint8Array, extra), 0);
    });

    it('reads a value of any kind back the same', async () => {
      await open();
      const text = fc.string({ unit: 'grapheme' }).filter((value) => !value.includes('\0') && value.isWellFormed());
      const row = fc.tuple(text, fc.option(fc.uint8Array()), fc.maxSafeInteger());
      let id = 0;
      await fc.assert(
        fc.asyncProperty(row, async ([body, extra, number]) => {
          id++;
          await db.write(
            { sql: 'insert into notes (id, body, extra) values (?, ?, ?)', values: [id, body, extra] },
            { sql: 'insert into notes (id, body) values (?, ?) on conflict (id) do nothing', values: [number, ''] },
          );
          const [found] = await db.read('select body, extra from notes where id = ?', [id]);
          assert.deepEqual(found, { body, extra });
          assert.equal((await db.read('select id from notes where id = ?', [number])).length, 1);
          await db.write({ sql: 'delete from notes' });
        }),
        { numRuns: 50 },
      );
    });

    it('says what a write changed and what it returns', async () => {
      await open();
      const [inserted, updated, removed] = await db.write(
        { sql: `${PUT}, (?, ?) returning id, body`, values: [1, 'a', 2, 'b'] },
        { sql: "update notes set body = 'c'" },
        { sql: 'delete from notes where id = ?', values: [9] },
      );
      assert.deepEqual(inserted, {
        rows: [
          { id: 1, body: 'a' },
          { id: 2, body: 'b' },
        ],
        changes: 2,
      });
      assert.deepEqual(updated, { rows: [], changes: 2 });
      assert.deepEqual(removed, { rows: [], changes: 0 });
      assert.deepEqual(await db.write(), []);
    });

    it('inserts or updates with `on conflict`', async () => {
      await open();
      const sql = `${PUT} on conflict (id) do update set body = excluded.body returning body`;
      await db.write({ sql, values: [1, 'a'] });
      assert.deepEqual(await db.write({ sql, values: [1, 'b'] }), [{ rows: [{ body: 'b' }], changes: 1 }]);
    });

    it('keeps `on conflict do update` apart for rows of the same key in one group', async () => {
      await open();
      const sql = `${PUT} on conflict (id) do update set body = excluded.body`;
      db.append(sql, [1, 'a']);
      await db.append(sql, [1, 'b']).settled();
      assert.deepEqual(await db.read('select body from notes'), [{ body: 'b' }]);
    });

    it('carries out all statements of a unit or none', async () => {
      await open();
      await db.write(put(5));
      await assert.rejects(db.write(put(1), put(2), put(5)), ofKind('conflict'));
      await assert.rejects(db.write(put(1), { sql: 'insert into nowhere values (1)' }), { name: 'Error' });
      assert.deepEqual(await ids(), [5]);
      assert.equal(db.health().state, 'ok');
    });

    it('lets a conflict be the affair of its unit alone', async () => {
      await open();
      const outcomes = await Promise.allSettled([
        db.write(put(1)),
        db.write(put(2), put(1)),
        db.write(put(1)),
        db.append(PUT, [3, 'x']).settled(),
        db.write({ sql: 'selec 1' }),
        db.write(put(4), put(5)),
      ]);
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        ['fulfilled', 'rejected', 'rejected', 'fulfilled', 'rejected', 'fulfilled'],
      );
      assert.deepEqual(await ids(), [1, 3, 4, 5]);
    });

    it('fails the whole group of a row that cannot be kept, and only that group', async () => {
      await open();
      const commit = db.append(PUT, [1, 'x']);
      assert.equal(db.append(PUT, [1, 'again']), commit);
      const unit = db.write(put(2));
      await assert.rejects(commit.settled(), ofKind('conflict'));
      await assert.rejects(unit, ofKind('store-failing'));
      assert.equal(db.health().state, 'ok');
      await db.append(PUT, [3, 'x']).settled();
      assert.deepEqual(await ids(), [3]);
    });

    it('shares one commit among all that is queued in a turn, and while the last one is under way', async () => {
      await open();
      const first = db.append(PUT, [1, 'x']);
      assert.equal(db.append(PUT, [2, 'x']), first);
      await new Promise((resolve) => setImmediate(resolve)); // the first group is sent
      const second = db.append(PUT, [3, 'x']);
      assert.notEqual(second, first);
      assert.equal(db.append(PUT, [4, 'x']), second);
      assert.equal(first.state, 'pending');
      await second.settled();
      assert.equal(first.state, 'done');
      assert.deepEqual(await ids(), [1, 2, 3, 4]);
    });

    it('begins another group when one is full, in order', async () => {
      await open();
      const commits = new Set(Array.from({ length: 5000 }, (_, id) => db.append(PUT, [id, 'x'])));
      assert.ok(commits.size > 1 && commits.size < 10);
      const settled: unknown[] = [];
      for (const commit of commits) commit.onSettled(() => settled.push(commit));
      await [...commits].at(-1)!.settled();
      assert.deepEqual(settled, [...commits]);
      assert.equal((await ids()).length, 5000);
    });

    it('carries out appends and units in the order of the calls', async () => {
      await open();
      const sql = 'insert into notes (id, body) values ((select coalesce(max(id), 0) + 1 from notes), ?)';
      const call = fc.oneof(
        fc.constant('append' as const),
        fc.constant('unit' as const),
        fc.constant('pause' as const),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(call, { maxLength: 40 }), async (calls) => {
          await db.write({ sql: 'delete from notes' });
          const expected: string[] = [];
          for (const [i, name] of calls.entries()) {
            if (name === 'pause') await new Promise((resolve) => setImmediate(resolve));
            else if (name === 'append') db.append(sql, [`${i}`]);
            else db.write({ sql, values: [`${i}`] }, { sql, values: [`${i}b`] });
            if (name !== 'pause') expected.push(`${i}`);
            if (name === 'unit') expected.push(`${i}b`);
          }
          await db.write({ sql: 'delete from notes where id < 0' });
          const rows = await db.read('select body from notes order by id');
          assert.deepEqual(
            rows.map(({ body }) => body),
            expected,
          );
        }),
        { numRuns: 30 },
      );
    });

    it('shows a read all that was settled before it', async () => {
      await open();
      for (let id = 0; id < 50; id++) {
        await db.append(PUT, [id, 'x']).settled();
        const [row] = await db.read('select count(*) as n from notes');
        assert.equal(row!.n, id + 1);
      }
    });

    it('reads several statements in one go, and only what is right', async () => {
      await open();
      await db.write(put(1), put(2));
      const [all, one, none] = await db.readAll([
        { sql: 'select id from notes order by id' },
        { sql: 'select body from notes where id = ?', values: [2] },
        { sql: 'select * from notes where id > ?', values: [2] },
      ]);
      assert.deepEqual([all, one, none], [[{ id: 1 }, { id: 2 }], [{ body: 'x' }], []]);
      const reads = [db.read('select nothing from notes'), db.read('select id from notes where id = 1')];
      assert.deepEqual(
        (await Promise.allSettled(reads)).map(({ status }) => status),
        ['rejected', 'fulfilled'],
      );
    });

    it('gives a comparison and a sum as integers', async () => {
      await open();
      await db.write(put(1), put(2));
      const sql =
        "select sum(id) as total, count(*) as n, exists(select 1 from notes where body = 'x') as found from notes";
      assert.deepEqual(await db.read(sql), [{ total: 3, n: 2, found: 1 }]);
    });

    it('orders text by its bytes', async () => {
      await open();
      for (const [id, body] of ['b', 'a', 'B', 'ä', 'A', '_'].entries()) await db.write(put(id, body));
      const rows = await db.read('select body from notes order by body');
      assert.equal(rows.map(({ body }) => body).join(''), 'AB_abä');
    });

    it('takes a `?` inside quotes for what it is', async () => {
      await open();
      await db.write({ sql: `insert into notes (id, body) values (?, 'why?') -- ?`, values: [1] });
      assert.deepEqual(await db.read(`select body as "what?" from notes where body = 'why?' and id = ?`, [1]), [
        { 'what?': 'why?' },
      ]);
    });

    it('refuses values that it could not give back, before they spoil a group', async () => {
      await open();
      for (const value of [1.5, Number.NaN, 2 ** 53, undefined, true, 1n, {}]) {
        assert.throws(() => db.append(PUT, [1, value as Value]), TypeError);
        await assert.rejects(db.write({ sql: PUT, values: [1, value as Value] }), TypeError);
        await assert.rejects(db.read('select id from notes where id = ?', [value as Value]), TypeError);
      }
      assert.throws(() => db.append(PUT, [1, 'a\0b']), ofKind('malformed'));
      assert.throws(() => db.append(PUT, [1]), TypeError);
      assert.throws(() => db.append(PUT, [1, 'x', 2]), TypeError);
      assert.deepEqual(await ids(), []);
    });

    it('numbers rows by itself where the key is left out', async () => {
      await open();
      await db.write({ sql: 'create table numbered (id integer primary key, body text)' });
      const sql = 'insert into numbered (body) values (?) returning id';
      const [a, b] = await db.write({ sql, values: ['a'] }, { sql, values: ['b'] });
      assert.equal(Number(b!.rows[0]!.id), Number(a!.rows[0]!.id) + 1);
    });

    it('waits on closing for what is under way, and refuses what comes after', async () => {
      await open();
      const commit = db.append(PUT, [1, 'x']);
      const unit = db.write(put(2));
      const closing = db.close();
      const late = db.append(PUT, [3, 'x']);
      await closing;
      assert.equal(commit.state, 'done');
      assert.equal((await unit).length, 1);
      assert.ok(ofKind('store-failing')(late.error));
      await assert.rejects(db.write(put(4)), ofKind('store-failing'));
      await assert.rejects(db.read('select 1'), ofKind('store-failing'));
      await db.close();
    });

    it('turns failing when nothing can be kept, refuses at once, heals by itself and has lost nothing', async () => {
      const clock = new FakeClock();
      await open(clock);
      const heard: Health[] = [];
      db.onHealth((health) => heard.push(health));
      const settled: number[] = [];
      let id = 0;
      const add = () => {
        const own = ++id;
        const commit = db.append(PUT, [own, 'x'.repeat(5000)]);
        commit.onSettled(() => {
          if (commit.state === 'done') settled.push(own);
        });
        return commit;
      };
      await add().settled();
      const mend = await store.breakDown(db);
      await until('the store fails', async () => {
        await add()
          .settled()
          .catch(() => {});
        return db.health().state === 'failing';
      });
      assert.equal(typeof db.health().reason, 'string');
      assert.equal(db.health().sinceAt, clock.now());
      const refused = add();
      assert.equal(refused.state, 'failed', 'at once');
      assert.ok(ofKind('store-failing')(refused.error));
      await assert.rejects(db.write(put(1_000_000)), ofKind('store-failing'));
      await mend();
      await until('the store is well again', () => {
        clock.advance(1000);
        return db.health().state === 'ok';
      });
      assert.deepEqual(
        heard.map(({ state }) => state),
        ['failing', 'ok'],
      );
      await add().settled();
      const found = new Set(await ids());
      assert.deepEqual(
        settled.filter((own) => !found.has(own)),
        [],
      );
      assert.ok(found.has(id) && !found.has(1_000_000));
    });

    it('applies each migration once, whoever starts at the same time', async () => {
      await open();
      const migrations: Migration[] = [
        { version: 1, name: 'people', statements: ['create table people (id integer primary key)'] },
        {
          version: 2,
          name: 'names',
          statements: ['alter table people add column name text', 'create index n on people (name)'],
        },
      ];
      await migrate(db, migrations.slice(0, 1), systemClock);
      await Promise.all([migrate(db, migrations, systemClock), migrate(db, migrations, systemClock)]);
      assert.deepEqual(await db.read('select version, name from migrations order by version'), [
        { version: 1, name: 'people' },
        { version: 2, name: 'names' },
      ]);
      await db.write({ sql: 'insert into people (id, name) values (?, ?)', values: [1, 'Juliet'] });
    });

    it('takes back all of a migration that fails', async () => {
      await open();
      const broken: Migration = {
        version: 1,
        name: 'broken',
        statements: ['create table half (id integer)', 'create nonsense'],
      };
      await assert.rejects(migrate(db, [broken], systemClock));
      await assert.rejects(db.read('select * from half'));
      assert.deepEqual(await db.read('select * from migrations'), []);
    });
  });
}
