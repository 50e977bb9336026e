/** Roles, tokens and the audit log mean the same on every store. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Accounts } from '#accounts/accounts.ts';
import { ApiTokens } from '#accounts/api-tokens.ts';
import { Homes } from '#accounts/homes.ts';
import { giveRole, roleHolders, rolesOf, takeRole } from '#accounts/roles.ts';
import { Hooks } from '#base/hook.ts';
import { silentLog } from '#base/log.ts';
import { AuditLog } from '#commands/audit-log.ts';
import { commandLine } from '#commands/caller.ts';
import { messageToAccount } from '#messaging/hooks.ts';
import {
  deleteStanding,
  loadStanding,
  setStanding,
  standingMessages,
  tellStanding,
} from '#messaging/standing-messages.ts';
import type { Database } from '#store/database.ts';
import { migrate } from '#store/migrate.ts';
import { migrations } from '#store/migrations/all.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { postgresStore, sqliteStore } from './stores.ts';

const DAY_MS = 86_400_000;

for (const store of [sqliteStore(), postgresStore()]) {
  describe(`administration on ${store.name}`, () => {
    const clock = new FakeClock();
    const secret = Buffer.alloc(32, 1);
    let database: Database;
    let accounts: Accounts;

    before(async () => {
      await store.start();
      database = await store.fresh(clock);
      await migrate(database, migrations, clock);
      const hooks = new Hooks((name, error) => assert.fail(`${name}: ${error}`));
      accounts = new Accounts({ database, clock, hooks, secret, settings: { iterations: 4096 } });
      for (const name of ['romeo', 'juliet']) await accounts.add({ address: `${name}@example.test`, password: 'x' });
    });

    after(async () => {
      await database.close();
      await store.stop();
    });

    it('roles are given once, listed, taken, and gone with their account', async () => {
      const services = { database, accounts, loaded: () => undefined };
      const romeo = (await accounts.find('romeo@example.test'))!;
      await giveRole(services, romeo, 'monitor');
      assert.deepEqual(await giveRole(services, romeo, 'monitor'), ['monitor']);
      assert.deepEqual(await giveRole(services, romeo, 'administrator'), ['administrator', 'monitor']);
      assert.deepEqual(await roleHolders(database), [
        { address: 'romeo@example.test', roles: ['administrator', 'monitor'] },
      ]);
      assert.deepEqual(await takeRole(services, romeo, 'administrator'), ['monitor']);
      assert.deepEqual(await rolesOf(database, { ...romeo, enabled: false }), []);
      await accounts.remove(romeo.address);
      assert.deepEqual(await roleHolders(database), []);
      await assert.rejects(giveRole(services, romeo, 'monitor'), { kind: 'not-found' });
    });

    it('tokens are found by themselves alone, until they expire or are revoked', async () => {
      const tokens = new ApiTokens(database, clock);
      const token = await tokens.create('backup', 'operator', clock.now() + DAY_MS);
      await assert.rejects(tokens.create('backup', 'monitor', clock.now() + DAY_MS), { kind: 'conflict' });
      assert.equal((await tokens.find(token))?.role, 'operator');
      for (const other of ['', 'backup', `${token}x`, `rc_${'A'.repeat(43)}`])
        assert.equal(await tokens.find(other), undefined);
      clock.advance(DAY_MS);
      assert.equal(await tokens.find(token), undefined);
      await tokens.revoke('backup');
      await assert.rejects(tokens.revoke('backup'), { kind: 'not-found' });
      assert.deepEqual(await tokens.list(), []);
    });

    it('the audit log goes on, verifies, is cut, and finds what was changed', async () => {
      const settings = { keepDays: 1 };
      const open = () => new AuditLog({ database, clock, log: silentLog(), secret, settings });
      const audit = open();
      const action = { caller: commandLine, command: 'user.add', subject: 'a\0\ud800 é 𝄞' };
      for (let i = 0; i < 3; i++) await audit.end(action, await audit.begin(action), 'done');
      clock.advance(2 * DAY_MS);
      await Promise.all(Array.from({ length: 5 }, () => audit.refuse(action, 'no')));
      assert.equal(await audit.cut(), 6);
      const again = open();
      await again.begin(action);
      const { rows, cutUpTo, broken } = await again.verify();
      assert.deepEqual([rows, cutUpTo, broken], [8, 6, undefined]);
      const outcomes: string[] = [];
      for await (const { outcome } of again.entries()) outcomes.push(outcome);
      assert.deepEqual(outcomes, ['unknown', 'done', ...Array<string>(5).fill('refused')]);
      await database.write({ sql: "update audit_log set outcome = 'done' where id = 9" });
      assert.equal((await again.verify()).broken?.id, 9);
    });

    it('a message that stands is told once, a welcome to accounts that are newer than it, and to nobody who is gone', async () => {
      const hooks = new Hooks((name, error) => assert.fail(`${name}: ${error}`));
      const homes = new Homes({ database, clock, hooks, log: silentLog(), find: (address) => accounts.find(address) });
      const told: string[] = [];
      hooks.on(
        messageToAccount,
        'deliver',
        ({ to, element }) => void told.push(`${to.address}: ${element.childText('body')}`),
      );
      const juliet = (await homes.load('juliet@example.test'))!;
      clock.advance(1);
      const motd = await setStanding(homes, { kind: 'motd', subject: '', body: 'Lent begins.' });
      await setStanding(homes, { kind: 'welcome', subject: '', body: 'Well met.' });
      await accounts.add({ address: 'peter@example.test', password: 'x' });
      const peter = (await homes.load('peter@example.test'))!;
      await accounts.add({ address: 'ghost@example.test', password: 'x' });
      const ghost = (await homes.load('ghost@example.test'))!;
      await accounts.remove('ghost@example.test');
      const again = new Homes({ database, clock, hooks, log: silentLog(), find: (address) => accounts.find(address) });
      await loadStanding(again);
      assert.deepEqual(
        standingMessages(again).find(({ kind }) => kind === 'motd'),
        motd,
      );
      for (const home of [juliet, peter, ghost, juliet]) tellStanding(home);
      // Behind what was written, and told.
      await deleteStanding(homes, 'welcome');
      tellStanding((await again.load('juliet@example.test'))!);
      await setStanding(again, { kind: 'motd', subject: '', body: 'Lent has begun.' }, false);
      tellStanding(juliet);
      await deleteStanding(again, 'motd');
      assert.deepEqual(told.sort(), [
        'juliet@example.test: Lent begins.',
        'peter@example.test: Lent begins.',
        'peter@example.test: Well met.',
      ]);
      assert.deepEqual(await database.read('select * from standing_seen'), []);
      for (const each of [homes, again]) each.close();
    });

    it('two that write the same log do not make one row twice: the second reads what is there, and goes on', async () => {
      const open = () => new AuditLog({ database, clock, log: silentLog(), secret, settings: { keepDays: 0 } });
      const [one, other] = [open(), open()];
      const action = { caller: commandLine, command: 'user.add', subject: '' };
      await one.begin(action);
      await other.begin(action);
      await assert.rejects(one.begin(action), { kind: 'store-failing' });
      await one.begin(action);
    });
  });
}
