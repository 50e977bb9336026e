import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Accounts } from '#accounts/accounts.ts';
import type { Home } from '#accounts/home.ts';
import { Homes } from '#accounts/homes.ts';
import { Hooks } from '#base/hook.ts';
import { silentLog } from '#base/log.ts';
import { startContacts } from '#contacts/subscribing.ts';
import { startPresence } from '#presence/publishing.ts';
import { restoreSources } from '#presence/restoring.ts';
import { NEVER } from '#presence/source.ts';
import { putSource, removeSource, sourceOf, sourcesOf } from '#presence/sources.ts';
import type { Database } from '#store/database.ts';
import { migrate } from '#store/migrate.ts';
import { migrations } from '#store/migrations/all.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { source } from '../support/presence-world.ts';
import { until } from '../support/until.ts';
import { postgresStore, sqliteStore } from './stores.ts';

const ROMEO = 'romeo@example.test';

for (const store of [sqliteStore(), postgresStore()]) {
  describe(`publications on ${store.name}`, () => {
    const clock = new FakeClock();
    let database: Database;
    let accounts: Accounts;
    let homes: Homes;
    let home: Home;

    before(async () => {
      await store.start();
      database = await store.fresh();
      await migrate(database, migrations, clock);
      const hooks = new Hooks((name, error) => assert.fail(`${name}: ${error}`));
      accounts = new Accounts({ database, clock, hooks, secret: Buffer.alloc(32, 1), settings: { iterations: 4096 } });
      await accounts.add({ address: ROMEO, password: 'pencil' });
      await open();
    });
    beforeEach(async () => {
      for (const id of [...sourcesOf(home).keys()]) removeSource(home, id);
      await written();
    });
    after(async () => {
      homes.close();
      await database.close();
      await store.stop();
    });

    /** As after a start: nothing is in memory. */
    async function open(): Promise<void> {
      const hooks = new Hooks((name, error) => assert.fail(`${name}: ${error}`));
      homes = new Homes({ database, clock, hooks, log: silentLog(), find: (address) => accounts.find(address) });
      startContacts(homes);
      startPresence(homes);
      home = (await homes.load(ROMEO))!;
    }

    async function written(): Promise<void> {
      clock.advance(200);
      await turn();
      await database.write({ sql: 'delete from publications where account = -1' });
    }

    it('are as they were after a restart, whatever bytes they were published in', async () => {
      const native = { edge: 'sip', payload: Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join('') };
      const one = source(home, 'sip-1', { tag: 'a', expiresAt: clock.now() + 3_600_000, says: { native } });
      const two = source(home, 'line-1', { kind: 'phone-line', line: { state: 'busy', doNotDisturb: true } });
      for (const each of [one, two]) putSource(home, each);
      await written();
      await open();
      assert.deepEqual(
        [...sourcesOf(home).values()].sort((a, b) => (a.id < b.id ? 1 : -1)),
        [one, two],
      );
      assert.equal(sourceOf(home, 'line-1')!.expiresAt, NEVER);
    });

    it('that are refreshed keep what they say', async () => {
      const one = source(home, 'sip-1', { tag: 'a', says: { notes: { '': 'Hi' } } });
      putSource(home, one);
      await written();
      putSource(home, { ...one, tag: 'b', expiresAt: clock.now() + 60_000 });
      await written();
      await open();
      assert.deepEqual(sourceOf(home, 'sip-1'), { ...one, tag: 'b', expiresAt: sourceOf(home, 'sip-1')!.expiresAt });
      assert.notEqual(sourceOf(home, 'sip-1')!.expiresAt, NEVER);
    });

    it('bring their homes back at a start, but for those that have ended', async () => {
      putSource(home, source(home, 'ends', { expiresAt: clock.now() + 10_000 }));
      putSource(home, source(home, 'stays'));
      await written();
      homes.close();
      clock.advance(3_600_000);
      const hooks = new Hooks((name, error) => assert.fail(`${name}: ${error}`));
      homes = new Homes({ database, clock, hooks, log: silentLog(), find: (address) => accounts.find(address) });
      startContacts(homes);
      startPresence(homes);
      const stop = restoreSources(homes);
      home = await until('the home is loaded', () => homes.loaded(ROMEO), { everyMs: 1 });
      assert.deepEqual([...sourcesOf(home).keys()], ['stays']);
      assert.deepEqual(await database.read('select id from publications'), [{ id: 'stays' }]);
      stop();
      await open();
    });

    it('go with their account', async () => {
      const nurse = await accounts.add({ address: 'nurse@example.test', password: 'pencil' });
      const hers = (await homes.load(nurse.address))!;
      putSource(hers, source(hers, 'sip-1'));
      await written();
      assert.equal((await database.read('select id from publications where account = ?', [nurse.id])).length, 1);
      await accounts.remove(nurse.address);
      assert.equal((await database.read('select id from publications where account = ?', [nurse.id])).length, 0);
    });
  });
}
