import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { Homes } from '#accounts/homes.ts';
import { Hooks } from '#base/hook.ts';
import { silentLog } from '#base/log.ts';
import { bindingsOf, type Registration } from '#sip/bindings.ts';
import type { SipEdge } from '#sip/edge.ts';
import { Registrar } from '#sip/features/rfc-3261-registrar/registrar.ts';
import type { Flow } from '#sip/transport/flow.ts';
import { parseUri } from '#sip/wire/sip-uri.ts';
import type { Database } from '#store/database.ts';
import { migrate } from '#store/migrate.ts';
import { migrations } from '#store/migrations/all.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { until } from '../support/until.ts';
import { postgresStore, sqliteStore } from './stores.ts';

const JULIET = 'juliet@example.test';
const UDP = {
  transport: 'udp',
  id: 'udp 192.0.2.1:5060 198.51.100.1:4000',
  isReliable: false,
  isClosed: false,
} as Flow;

for (const store of [sqliteStore(), postgresStore()]) {
  describe(`contact bindings on ${store.name}`, () => {
    let database: Database;
    let clock: FakeClock;
    let homes: Homes;
    let registrar: Registrar;
    let writes: number;

    before(() => store.start());
    after(() => store.stop());
    afterEach(() => database.close());
    beforeEach(async () => {
      clock = new FakeClock();
      database = await store.fresh();
      await migrate(database, migrations, clock);
      await database.write({
        sql: 'insert into accounts (id, address, admin, enabled, created_at, password_changed_at) values (1, ?, 0, 1, 0, 0)',
        values: [JULIET],
      });
      start();
    });

    /** As a server that starts; what was in memory is forgotten. */
    function start(): void {
      writes = 0;
      const append: Database['append'] = (sql, values) => {
        if (sql.includes('bindings')) writes++;
        return database.append(sql, values);
      };
      const counting = Object.assign(Object.create(database) as Database, {
        read: database.read.bind(database),
        readAll: database.readAll.bind(database),
        write: database.write.bind(database),
        append,
      });
      const hooks = new Hooks((name, error) => assert.fail(`${name}: ${error}`));
      const find = async (address: string) => (address === JULIET ? { id: 1, address, admin: false } : undefined);
      homes = new Homes({ database: counting, clock, hooks, log: silentLog(), find });
      const listening = Promise.withResolvers<void>();
      listening.resolve();
      const transports = { flowOf: (id: string) => (id === UDP.id ? UDP : undefined) };
      registrar = new Registrar({ homes, clock, log: silentLog(), transports, listening } as unknown as SipEdge);
    }

    function said(changes: Partial<Registration> = {}): Registration {
      const uri = 'sip:juliet@198.51.100.1:4000;x=\xe4';
      return {
        id: 'contact 1', device: 'sip-1', uri, parsed: parseUri('sip:juliet@198.51.100.1:4000'), params: ';audio', q: 700,
        expiresAt: clock.now() + 3_600_000, registeredAt: clock.now(), callId: 'a\xff@b', cseq: 2 ** 31 - 1, instance: '',
        regId: 0, path: '<sip:p;lr>', userAgent: 'Test', methods: 'MESSAGE', ...changes,
      }; // biome-ignore format: a list
    }

    async function registered(...registrations: Registration[]) {
      const home = (await homes.load(JULIET))!;
      registrar.apply(home, { put: registrations, removed: [] }, UDP);
      return home;
    }

    /** What is due is written, and on disk. */
    async function written(): Promise<void> {
      clock.advance(400);
      await until('nothing waits', () => [...homes.all()].every((home) => !isBusy(home)));
      await database.write({ sql: 'select 1' });
    }

    const isBusy = (home: Parameters<typeof bindingsOf>[0]) =>
      bindingsOf(home).some((binding) => binding.writtenUntil === 0);

    it('what is registered is there again after a restart, byte for byte, on the flow that it came', async () => {
      const uri = 'sip:juliet@198.51.100.1:4000';
      await registered(said({ uri }));
      await written();
      const before = said({ uri });
      start();
      await registrar.start();
      const [binding] = bindingsOf(homes.loaded(JULIET)!);
      assert.deepEqual(
        { ...binding!.said, expiresAt: 0, registeredAt: 0 },
        { ...before, expiresAt: 0, registeredAt: 0 },
      );
      assert.equal(binding!.flow, UDP);
      assert.deepEqual([...homes.loaded(JULIET)!.devices.keys()], ['sip-1']);
    });

    it('who registers again and again costs no writes, until what is on disk would not do', async () => {
      await registered(said());
      await registered(said({ cseq: 1 }), said({ id: 'contact 2', device: 'sip-2' }));
      await written();
      assert.equal(writes, 2);
      for (let n = 0; n < 10; n++) {
        clock.advance(60_000);
        await registered(said());
      }
      await written();
      assert.equal(writes, 2);
      clock.advance(1_800_000);
      await registered(said());
      await written();
      assert.equal(writes, 3);
      await registered(said({ q: 100 }));
      await written();
      assert.equal(writes, 4);
    });

    it('what has ended or was taken back is not there after a restart', async () => {
      const home = await registered(
        said(),
        said({ id: 'contact 2', device: 'sip-2', expiresAt: clock.now() + 60_000 }),
      );
      await written();
      registrar.apply(home, { put: [], removed: ['contact 1'] }, UDP);
      clock.advance(62_000);
      // In slices, for there may be many.
      await new Promise(setImmediate);
      assert.equal(home.devices.size, 0);
      registrar.stop();
      await database.write({ sql: 'select 1' });
      assert.deepEqual(await database.read('select id from bindings'), []);
      start();
      await registrar.start();
      assert.equal(homes.loaded(JULIET), undefined);
    });
  });
}
