/** Bulk jobs on each store: what is asked of it is in the SQL that both share. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Accounts } from '#accounts/accounts.ts';
import { Homes } from '#accounts/homes.ts';
import { systemClock } from '#base/clock.ts';
import { Hooks } from '#base/hook.ts';
import { Settings } from '#base/loaded-settings.ts';
import { silentLog } from '#base/log.ts';
import { Bulk, type JobView } from '#bulk/bulk.ts';
import { type BulkSettings, bulkSettings } from '#bulk/settings.ts';
import { contactsOf } from '#contacts/contact-list.ts';
import { startContacts } from '#contacts/subscribing.ts';
import { Directory } from '#directory/directory.ts';
import { startPresence } from '#presence/publishing.ts';
import type { Database } from '#store/database.ts';
import { migrate } from '#store/migrate.ts';
import { migrations } from '#store/migrations/all.ts';
import { until } from '../support/until.ts';
import { postgresStore, sqliteStore } from './stores.ts';

const VCARD = 'BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Jane\r\nEND:VCARD';

for (const store of [sqliteStore(), postgresStore()]) {
  describe(`bulk jobs on ${store.name}`, () => {
    const data = mkdtempSync(join(tmpdir(), 'bulk-'));
    const log = silentLog();
    let database: Database;
    let homes: Homes;
    let settings: { -readonly [Name in keyof BulkSettings]: BulkSettings[Name] };
    let bulk: Bulk;

    before(async () => {
      await store.start();
      database = await store.fresh();
      await migrate(database, migrations, systemClock);
      const hooks = new Hooks((name, error) => assert.fail(`${name}: ${error}`));
      const options = { database, clock: systemClock, hooks };
      const accounts = new Accounts({ ...options, secret: Buffer.alloc(32, 1), settings: { iterations: 4096 } });
      homes = new Homes({ ...options, log, find: (address) => accounts.find(address) });
      startContacts(homes);
      startPresence(homes);
      const directory = new Directory({
        database,
        clock: systemClock,
        domain: 'example.test',
        version: '9.0.1.10000-1',
      });
      await directory.start();
      for (const name of ['romeo', 'juliet'])
        await accounts.add({ address: `${name}@example.test`, password: 'pencil' });
      const world = {
        database,
        accounts,
        homes,
        directory,
        domains: ['example.test'],
        isVisibleToAll: () => false,
        maxContacts: () => 100,
        defaultGroup: () => 'Contacts',
      };
      settings = { ...Settings.load({ groups: [bulkSettings] }).of(bulkSettings) };
      bulk = new Bulk({ world, clock: systemClock, log, settings, data, isPublisher: true });
      await bulk.start();
    });

    after(async () => {
      await bulk.stop();
      homes.close();
      await database.close();
      await store.stop();
      rmSync(data, { recursive: true });
    });

    async function run(transaction: string, content = '', options: string[] = []): Promise<JobView> {
      const file = content === '' ? '' : `${transaction}.csv`;
      const piece = { name: file, transaction, offset: 0, bytes: Buffer.from(content), isLast: true };
      if (file !== '') await bulk.upload({ ...piece, replace: true, by: 'test' });
      const about = { description: '', sequence: 0, output: '', dryRun: false, by: 'test' };
      const { id } = await bulk.submit({ ...about, transaction, file, options, start: 'now', frequency: 'once' });
      return until(`${transaction} ends`, async () => {
        const job = await bulk.job(id);
        return job.log === '' ? undefined : job;
      });
    }

    const counts = async (job: Promise<JobView>) => {
      const { state, reason, figures } = await job;
      return `${state} ${reason} ${figures.done}/${figures.failed}/${figures.ignored}/${figures.unprocessed}`;
    };

    it('contact lists come in, are renamed, and go out', async () => {
      const line = 'romeo,example.test,juliet,example.test,J,Verona,3';
      assert.equal(await counts(run('import-contacts', `${line}\n${line}\nx\n`)), 'Completed  2/0/1/0');
      const rename = 'Contact ID, New Contact ID\njuliet@example.test, capulet@example.test\n';
      assert.equal(await counts(run('rename-contacts', rename)), 'Completed  1/0/0/0');
      assert.equal(await counts(run('export-contacts')), 'Completed  1/0/0/0');
    });

    it('contacts without an address come in and go out', async () => {
      const line = `romeo@example.test,id-1,People,text/directory,3.0,"${VCARD}"\n`;
      assert.equal(await counts(run('import-non-presence-contacts', line)), 'Completed  1/0/0/0');
      assert.equal(await counts(run('export-non-presence-contacts')), 'Completed  1/0/0/0');
    });

    it('users come in, are changed by a query, go out, and are removed', async () => {
      const file = 'LAST NAME,USER ID\nRuiz,aruiz\nChen,tchen\n';
      assert.equal(await counts(run('insert-users', file)), 'Completed  2/0/0/0');
      const options = ['where=USER ID ends with N', 'set=DEPARTMENT=Sales'];
      assert.equal(await counts(run('update-users-query', '', options)), 'Completed  1/0/0/0');
      assert.equal(await counts(run('export-users')), 'Completed  2/0/0/0');
      assert.equal(await counts(run('delete-users', 'aruiz\ntchen\n')), 'Completed  2/0/0/0');
    });

    it('a store that fails ends a job early; resumed when the store is back, it does the rest', async () => {
      Object.assign(settings, { recordsPerStep: 5, linesPerSecond: 200 });
      const line = (i: number) => `juliet,example.test,c${i},example.test,,Friends,2`;
      const bytes = Buffer.from(Array.from({ length: 90 }, (_, i) => line(i)).join('\n'));
      const about = { description: '', sequence: 0, output: '', dryRun: false, by: 'test', options: [] };
      const transaction = 'import-contacts';
      await bulk.upload({ name: 'long.csv', transaction, offset: 0, bytes, isLast: true, replace: false, by: 'test' });
      const { id } = await bulk.submit({ ...about, transaction, file: 'long.csv', start: 'now', frequency: 'once' });
      await until('it has begun', async () => (await bulk.job(id)).done >= 10, { everyMs: 2 });
      const repair = await store.breakDown(database);
      await until('the store fails', () => database.health().state === 'failing');
      await repair();
      const early = await until('it has ended early', async () => {
        const job = await bulk.job(id);
        return job.log === '' ? undefined : job;
      });
      assert.equal(early.state, 'InComplete');
      assert.ok(early.figures.unprocessed > 0);
      await bulk.resume(id);
      const ended = await until('it is complete', async () => {
        const job = await bulk.job(id);
        return job.state === 'Completed' ? job : undefined;
      });
      assert.deepEqual(ended.figures, { done: 90, failed: 0, ignored: 0, unprocessed: 0 });
      const home = await homes.load('juliet@example.test');
      assert.equal(
        contactsOf(home!).count(({ listed }) => listed),
        90,
      );
    });

    it('a job that waits for its time is not run before, and is held and deleted', async () => {
      const about = { file: '', options: [], description: '', sequence: 0, output: '', dryRun: false, by: 'test' };
      const start = { at: Date.now() + 3_600_000 };
      const { id } = await bulk.submit({ ...about, transaction: 'export-users', start, frequency: 'daily' });
      assert.equal((await bulk.schedule(id, 'hold')).state, 'Hold');
      await bulk.remove(id);
      assert.ok((await bulk.jobs(0, 100)).every((job) => job.id !== id));
    });

    it('what has ended, and files that no job needs, go when they are older than is kept', async () => {
      await bulk.tidy();
      assert.ok((await bulk.jobs(0, 100)).length > 0);
      // All that was before tomorrow.
      settings.keepDays = -1;
      await bulk.tidy();
      assert.deepEqual(await bulk.jobs(0, 100), []);
      assert.deepEqual(await bulk.files(), []);
      const left = ['files', 'logs', 'exports', 'work'].flatMap((folder) => readdirSync(join(data, 'bulk', folder)));
      assert.deepEqual(left, []);
    });
  });
}
