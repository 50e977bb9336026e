import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { type AccountKeys, Accounts } from '#accounts/accounts.ts';
import type { EndUserFacts } from '#accounts/end-user.ts';
import { EndUsers, type TimedKeys } from '#accounts/end-users.ts';
import { accountAdded, accountDisabled, accountEnabled, passwordChanged } from '#accounts/hooks.ts';
import { Hooks } from '#base/hook.ts';
import type { Database } from '#store/database.ts';
import { accounts as accountTables } from '#store/migrations/0001-accounts.ts';
import { digestCredentials } from '#store/migrations/0006-digest-credentials.ts';
import { endUsers as endUserTables } from '#store/migrations/0015-end-users.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { postgresStore, sqliteStore } from './stores.ts';

const uuidOf = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

function person(number: number, userid: string, more: Partial<EndUserFacts> = {}): EndUserFacts {
  const texts = {
    firstName: '',
    lastName: userid,
    mail: '',
    directoryUri: '',
    telephone: '',
    department: '',
    title: '',
  };
  return {
    uuid: uuidOf(number),
    userid,
    ...texts,
    active: true,
    homeCluster: true,
    imAndPresence: true,
    ...more,
  };
}

for (const store of [sqliteStore(), postgresStore()]) {
  describe(`end users on ${store.name}`, () => {
    const clock = new FakeClock();
    const happened: string[] = [];
    const keys = new Map<string, TimedKeys>();
    let database: Database;
    let hooks: Hooks;
    let accounts: Accounts;
    let users: EndUsers;

    before(() => store.start());
    beforeEach(async () => {
      await database?.close();
      database = await store.fresh();
      for (const { statements } of [accountTables, digestCredentials, endUserTables]) {
        await database.write(...statements.map((sql) => ({ sql })));
      }
      hooks = new Hooks((name, error) => assert.fail(`${name}: ${error}`));
      for (const at of [accountAdded, accountDisabled, accountEnabled, passwordChanged]) {
        hooks.on(at, 'react', ({ address }) => void happened.push(`${at.name} ${address}`));
      }
      accounts = new Accounts({ database, clock, hooks, secret: Buffer.alloc(32, 1), settings: { iterations: 4096 } });
      keys.clear();
      users = await open();
      happened.length = 0;
    });
    after(async () => {
      await database.close();
      await store.stop();
    });

    const open = () =>
      EndUsers.open({
        database,
        accounts,
        clock,
        hooks,
        domains: ['example.test', 'other.test'],
        keysOf: async (uuid) => keys.get(uuid),
      });
    const told = () => happened.splice(0);
    const enabled = async (address: string) => (await accounts.find(address))?.enabled;
    const reasonOf = (number: number) => users.get(uuidOf(number))!.reason;

    it('each gets an account, which is enabled for who is licensed, at home here and active', async () => {
      await users.take([
        person(1, 'Ana'),
        person(2, 'bert', { imAndPresence: false }),
        person(3, 'carla', { homeCluster: false }),
        person(4, 'dora', { active: false }),
        person(5, 'eva@other.test'),
      ]);
      const listed = (await accounts.list()).map(({ address, enabled, endUser }) => [address, enabled, endUser]);
      assert.deepEqual(listed, [
        ['ana@example.test', true, uuidOf(1)],
        ['bert@example.test', false, uuidOf(2)],
        ['carla@example.test', false, uuidOf(3)],
        ['dora@example.test', false, uuidOf(4)],
        ['eva@other.test', true, uuidOf(5)],
      ]);
      assert.deepEqual(users.counts(), { total: 5, enabled: 2, aside: 0, missing: 0 });
    });

    it('who is taken again as before changes nothing, also after a restart', async () => {
      await users.take([person(1, 'ana'), person(2, 'bert')]);
      told();
      const again = await open();
      await again.take([person(1, 'ana'), person(2, 'bert')]);
      assert.deepEqual(told(), []);
      assert.equal(again.ofAddress('bert@example.test')?.uuid, uuidOf(2));
      assert.deepEqual(again.get(uuidOf(1)), users.get(uuidOf(1)));
      again.close();
    });

    it('the switch in Unified CM enables and disables, and both are told', async () => {
      await users.take([person(1, 'ana')]);
      const before = accounts.revision;
      await users.take([person(1, 'ana', { imAndPresence: false })]);
      assert.equal(await enabled('ana@example.test'), false);
      assert.ok(accounts.revision > before);
      await users.take([person(1, 'ana')]);
      assert.equal(await enabled('ana@example.test'), true);
      assert.deepEqual(told(), [
        'accounts.added ana@example.test',
        'accounts.disabled ana@example.test',
        'accounts.enabled ana@example.test',
      ]);
    });

    it('who cannot be taken is put aside with the reason, and holds nobody up', async () => {
      await users.take([
        person(1, 'ana', { directoryUri: 'Ana@corp.example' }),
        person(2, 'ANA'),
        person(3, 'bert', { directoryUri: 'ana@CORP.example' }),
        person(4, "o'neil"),
        person(5, 'x@elsewhere.test'),
        person(6, ''),
        person(7, 'carla'),
      ]);
      assert.deepEqual(
        (await accounts.list()).map(({ address }) => address),
        ['ana@example.test', 'carla@example.test'],
      );
      assert.match(reasonOf(2), /is that of the end user ana already/);
      assert.match(reasonOf(3), /directory URI .* is also that of ana/);
      assert.match(reasonOf(4), /the localpart holds one of/);
      assert.match(reasonOf(5), /elsewhere\.test is no domain of this server/);
      assert.notEqual(reasonOf(6), '');
      assert.equal(users.counts().aside, 5);
    });

    it('who was put aside is taken once what was in the way has gone', async () => {
      await users.take([person(1, 'ana', { directoryUri: 'a@b.c' }), person(2, 'bert', { directoryUri: 'A@B.C' })]);
      assert.equal(await enabled('bert@example.test'), undefined);
      await users.take([person(1, 'ana')]);
      assert.equal(await enabled('bert@example.test'), true);
      assert.equal(reasonOf(2), '');
    });

    it('one who is renamed keeps account and address, and is still disabled when Unified CM says so', async () => {
      await users.take([person(1, 'ana')]);
      await users.take([person(1, 'anna')]);
      assert.match(reasonOf(1), /renamed to anna; the account keeps the address ana@example\.test/);
      assert.equal(await enabled('ana@example.test'), true);
      await users.take([person(1, 'anna', { imAndPresence: false })]);
      assert.equal(await enabled('ana@example.test'), false);
      await users.take([person(1, 'ana')]);
      assert.equal(reasonOf(1), '');
    });

    it('one who is missing is disabled and kept, and comes back with the same account, also under another uuid', async () => {
      await users.take([person(1, 'ana')]);
      const { id } = (await accounts.find('ana@example.test'))!;
      await users.miss([uuidOf(1)]);
      assert.equal(await enabled('ana@example.test'), false);
      assert.deepEqual(users.counts(), { total: 0, enabled: 0, aside: 0, missing: 1 });
      assert.deepEqual(users.missingSince(clock.now() - 1), []);
      assert.equal(users.missingSince(clock.now()).length, 1);
      await users.take([person(1, 'ana')]);
      assert.equal(await enabled('ana@example.test'), true);
      await users.miss([uuidOf(1)]);
      await users.take([person(2, 'ana')]);
      const account = (await accounts.find('ana@example.test'))!;
      assert.deepEqual([account.id, account.enabled, account.endUser], [id, true, uuidOf(2)]);
      assert.equal(users.get(uuidOf(1))!.account, undefined);
      await users.forget(uuidOf(1));
      assert.equal(users.ofAddress('ana@example.test')?.uuid, uuidOf(2));
    });

    it('an account that was made here becomes the end user’s of that name, unless it is an administrator’s', async () => {
      const ana = await accounts.add({ address: 'ana@example.test', password: 'pencil' });
      await accounts.add({ address: 'admin@example.test', password: 'pencil', admin: true });
      await users.take([person(1, 'ana', { imAndPresence: false }), person(2, 'admin')]);
      const taken = (await accounts.find('ana@example.test'))!;
      assert.deepEqual([taken.id, taken.endUser, taken.enabled], [ana.id, uuidOf(1), false]);
      assert.match(reasonOf(2), /an administrator's account that was made here/);
      assert.equal((await accounts.find('admin@example.test'))!.endUser, undefined);
    });

    it('keys of a password are taken with it, and a new password ends what the old one began', async () => {
      const made = (setAt: number, from: AccountKeys): TimedKeys => ({ ...from, setAt });
      const pencil = await accounts.makeKeys('ana@example.test', 'pencil');
      keys.set(uuidOf(1), made(1, pencil));
      await users.take([person(1, 'ana')]);
      const { account, credentials } = await accounts.credentialsOf('ana@example.test');
      assert.equal(await accounts.verify(account, credentials, 'pencil'), true);
      assert.equal(await accounts.verify(account, credentials, 'paper'), false);
      keys.set(uuidOf(1), made(2, await accounts.makeKeys('ana@example.test', 'paper')));
      told();
      await users.take([person(1, 'ana')]);
      assert.deepEqual(told(), ['accounts.password-changed ana@example.test']);
      await users.take([person(1, 'ana')]);
      assert.deepEqual(told(), []);
    });

    it('an account that is removed here is made anew when its end user is taken again', async () => {
      await users.take([person(1, 'ana')]);
      await accounts.remove('ana@example.test');
      assert.equal(users.get(uuidOf(1))!.account, undefined);
      await users.take([person(1, 'ana')]);
      assert.equal(await enabled('ana@example.test'), true);
    });

    it('thousands are taken in many short transactions', async () => {
      let writes = 0;
      const most = { statements: 0 };
      const counted: Pick<Database, 'read' | 'write'> = {
        read: (sql, values) => database.read(sql, values),
        write: (...statements) => {
          writes++;
          most.statements = Math.max(most.statements, statements.length);
          return database.write(...statements);
        },
      };
      const own = new Accounts({ database: counted as Database, clock, hooks, secret: Buffer.alloc(32, 1) });
      const many = await EndUsers.open({
        database: counted as Database,
        accounts: own,
        clock,
        hooks,
        domains: ['example.test'],
      });
      await many.take(Array.from({ length: 2000 }, (_, i) => person(i, `user${i}`)));
      assert.equal(many.counts().enabled, 2000);
      assert.ok(writes >= 2000 / 50);
      assert.ok(most.statements <= 50 * 10);
      many.close();
    });

    it('which presence node somebody is assigned to is kept, and taken away again', async () => {
      await users.take([person(1, 'Ana'), person(2, 'bert')]);
      await users.assign(new Map([['ana', 'imp-pub']]));
      assert.deepEqual([users.get(uuidOf(1))!.node, users.get(uuidOf(2))!.node], ['imp-pub', '']);
      await users.assign(new Map());
      assert.equal((await open()).get(uuidOf(1))!.node, '');
    });
  });
}
