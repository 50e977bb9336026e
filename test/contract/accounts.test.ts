import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { accountTable } from '#accounts/account-tables.ts';
import { Accounts } from '#accounts/accounts.ts';
import { keysOfAccount } from '#accounts/digest-credentials.ts';
import { accountAdded, accountDisabled, accountEnabled, accountRemoved, passwordChanged } from '#accounts/hooks.ts';
import { Hooks } from '#base/hook.ts';
import { scramMechanisms, verifyPassword } from '#keys/credentials.ts';
import { deriveDigestKeys } from '#keys/digest-keys.ts';
import type { Database } from '#store/database.ts';
import { migrate } from '#store/migrate.ts';
import { migrations } from '#store/migrations/all.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { postgresStore, sqliteStore } from './stores.ts';

for (const store of [sqliteStore(), postgresStore()]) {
  describe(`accounts on ${store.name}`, () => {
    const clock = new FakeClock();
    const happened: string[] = [];
    let database: Database;
    let accounts: Accounts;

    before(async () => {
      await store.start();
      database = await store.fresh();
      await migrate(database, migrations, clock);
      const hooks = new Hooks((name, error) => assert.fail(`${name}: ${error}`));
      for (const at of [accountAdded, accountRemoved, accountDisabled, accountEnabled, passwordChanged]) {
        hooks.on(at, 'react', ({ address, id }) => void happened.push(`${at.name} ${id} ${address}`));
      }
      accounts = new Accounts({ database, clock, hooks, secret: Buffer.alloc(32, 1), settings: { iterations: 4096 } });
    });

    after(async () => {
      await database.close();
      await store.stop();
    });

    /** What the hooks have told since the last call. */
    const told = () => happened.splice(0);

    it('an account that was added is found under any spelling of its address', async () => {
      const account = await accounts.add({ address: 'Juliet@Example.TEST', password: 'pencil' });
      assert.deepEqual(account, {
        id: account.id,
        address: 'juliet@example.test',
        admin: false,
        enabled: true,
        createdAt: clock.now(),
        passwordChangedAt: clock.now(),
      });
      assert.deepEqual(await accounts.find('JULIET@example.test.'), account);
      assert.equal(await accounts.find('romeo@example.test'), undefined);
      assert.deepEqual(told(), [`accounts.added ${account.id} juliet@example.test`]);
    });

    it('an account is added once, also when two ask at the same moment', async () => {
      await assert.rejects(accounts.add({ address: 'JULIET@example.test', password: 'other' }), {
        kind: 'conflict',
        message: 'juliet@example.test exists already',
      });
      const both = await Promise.allSettled(
        ['one', 'two'].map((password) => accounts.add({ address: 'twin@example.test', password })),
      );
      assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
      const refused = both.find((one) => one.status === 'rejected');
      assert.equal(refused?.reason.kind, 'conflict');
      const { credentials } = await accounts.credentialsOf('twin@example.test');
      const winner = both[0]!.status === 'fulfilled' ? 'one' : 'two';
      assert.equal(await verifyPassword(credentials, winner), true);
      assert.equal(told().length, 1);
    });

    it('a wrong address and an empty password are refused, and say what to do', async () => {
      await assert.rejects(accounts.add({ address: 'juliet', password: 'x' }), {
        kind: 'malformed',
        message: /write it as name@domain/,
      });
      await assert.rejects(accounts.add({ address: 'new@example.test', password: '' }), {
        kind: 'malformed',
        message: /give one of at least one character/,
      });
      assert.equal(await accounts.find('new@example.test'), undefined);
    });

    it('the keys of an account are those of its password, for each mechanism', async () => {
      const { account, credentials } = await accounts.credentialsOf('juliet@example.test');
      assert.equal(account?.address, 'juliet@example.test');
      for (const mechanism of scramMechanisms) assert.equal(credentials[mechanism].iterations, 4096);
      assert.equal(await verifyPassword(credentials, 'pencil'), true);
    });

    it('an unknown account has keys as well, always the same', async () => {
      const once = await accounts.credentialsOf('nobody@example.test');
      assert.equal(once.account, undefined);
      assert.deepEqual(await accounts.credentialsOf('nobody@example.test'), once);
    });

    it('a new password takes the place of the old one', async () => {
      const revision = accounts.revision;
      clock.advance(5000);
      await accounts.setPassword('juliet@example.test', 'crayon');
      const { account, credentials } = await accounts.credentialsOf('juliet@example.test');
      assert.equal(await verifyPassword(credentials, 'crayon'), true);
      assert.equal(await verifyPassword(credentials, 'pencil'), false);
      assert.equal(account?.passwordChangedAt, clock.now());
      assert.notEqual(accounts.revision, revision);
      assert.deepEqual(told(), [`accounts.password-changed ${account?.id} juliet@example.test`]);
      await assert.rejects(accounts.setPassword('juliet@example.test', ''), { kind: 'malformed' });
    });

    it('disabling and enabling is told once each', async () => {
      await accounts.setEnabled('juliet@example.test', false);
      await accounts.setEnabled('juliet@example.test', false);
      assert.equal((await accounts.find('juliet@example.test'))?.enabled, false);
      await accounts.setEnabled('juliet@example.test', true);
      assert.equal((await accounts.find('juliet@example.test'))?.enabled, true);
      assert.deepEqual(
        told().map((line) => line.split(' ')[0]),
        ['accounts.disabled', 'accounts.enabled'],
      );
    });

    it('an administrator is made and unmade', async () => {
      await accounts.setAdmin('juliet@example.test', true);
      assert.equal((await accounts.find('juliet@example.test'))?.admin, true);
      await accounts.setAdmin('juliet@example.test', false);
      assert.equal((await accounts.find('juliet@example.test'))?.admin, false);
      const chief = await accounts.add({ address: 'chief@example.test', password: 'x', admin: true, enabled: false });
      assert.deepEqual([chief.admin, chief.enabled], [true, false]);
    });

    it('accounts are listed by address', async () => {
      const addresses = (await accounts.list()).map(({ address }) => address);
      assert.deepEqual(addresses, ['chief@example.test', 'juliet@example.test', 'twin@example.test']);
    });

    it('removing an account removes its rows in every table, and its id is not given again', async () => {
      await database.write({ sql: 'create table gifts (receiver integer not null, what text not null)' });
      accountTable('gifts', 'receiver');
      const other = (await accounts.find('juliet@example.test'))!;
      const { id } = await accounts.add({ address: 'zoe@example.test', password: 'x' });
      for (const receiver of [id, other.id]) {
        await database.write({ sql: 'insert into gifts (receiver, what) values (?, ?)', values: [receiver, 'rose'] });
      }
      told();
      await accounts.remove('ZOE@example.test');
      assert.deepEqual(told(), [`accounts.removed ${id} zoe@example.test`]);
      assert.equal(await accounts.find('zoe@example.test'), undefined);
      assert.deepEqual(await database.read('select * from credentials where account = ?', [id]), []);
      assert.deepEqual(await database.read('select receiver from gifts'), [{ receiver: other.id }]);
      const next = await accounts.add({ address: 'zoe@example.test', password: 'x' });
      assert.ok(next.id > id);
    });

    it('keys for digest authentication are kept beside the others, and follow the password', async () => {
      const { id } = await accounts.add({ address: 'sip@example.test', password: 'one' });
      assert.deepEqual(await keysOfAccount(database, id), deriveDigestKeys('sip@example.test', 'one'));
      await accounts.setPassword('SIP@example.test', 'two');
      assert.deepEqual(await keysOfAccount(database, id), deriveDigestKeys('sip@example.test', 'two'));
      await accounts.remove('sip@example.test');
      assert.equal(await keysOfAccount(database, id), undefined);
      told();
    });

    it('what is not there cannot be changed or removed', async () => {
      const nobody = 'nobody@example.test';
      const missing = { kind: 'not-found', message: 'there is no account nobody@example.test' };
      await assert.rejects(accounts.remove(nobody), missing);
      await assert.rejects(accounts.setPassword(nobody, 'x'), missing);
      await assert.rejects(accounts.setEnabled(nobody, true), missing);
      await assert.rejects(accounts.setAdmin(nobody, true), missing);
    });

    it('a password that is set while the account is removed leaves nothing behind', async () => {
      const { id } = await accounts.add({ address: 'brief@example.test', password: 'x' });
      // The keys take time to make; the account goes just before they are written.
      const write: Database['write'] = async (...statements) => {
        await accounts.remove('brief@example.test');
        return database.write(...statements);
      };
      const late = { read: database.read.bind(database), write } as Partial<Database> as Database;
      const others = new Accounts({ database: late, clock, hooks: new Hooks(() => {}), secret: Buffer.alloc(32, 1) });
      await assert.rejects(others.setPassword('brief@example.test', 'y'), { kind: 'not-found' });
      assert.deepEqual(await database.read('select * from credentials where account = ?', [id]), []);
    });
  });
}
