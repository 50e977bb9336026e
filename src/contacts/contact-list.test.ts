import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import fc from 'fast-check';
import { Failure } from '#base/failure.ts';
import type { Database } from '#store/database.ts';
import { contacts as migration } from '#store/migrations/0002-contacts.ts';
import { makeWorld, type World } from '../../test/support/homes.ts';
import { type Contact, newContact, type Wanted } from './contact.ts';
import {
  type ContactList,
  contactsOf,
  type Edit,
  isContact,
  isSubscribedFrom,
  isSubscribedTo,
} from './contact-list.ts';
import { contactChanged } from './hooks.ts';
import type { Subscription } from './subscription.ts';

const ROMEO = 'romeo@example.test';

function put(address: string, more: Partial<Wanted> = {}): Edit {
  return { address, wanted: { ...newContact(address), listed: true, ...more } };
}

function snapshot(list: ContactList) {
  const byAddress = (a: Contact, b: Contact) => (a.address < b.address ? -1 : 1);
  return { version: list.version, contacts: [...list.all()].sort(byAddress), missed: list.since(0) };
}

describe('a contact list', () => {
  let world: World;
  let failing: Failure | undefined;

  const wrap = (database: Database): Database =>
    Object.assign(Object.create(database), {
      readAll: database.readAll.bind(database),
      read: database.read.bind(database),
      append: database.append.bind(database),
      write: (...statements: Parameters<Database['write']>) =>
        failing ? Promise.reject(failing) : database.write(...statements),
    });

  beforeEach(async () => {
    world = await makeWorld({ people: [ROMEO], migrations: [migration], wrap });
  });
  afterEach(() => {
    failing = undefined;
    return world.close();
  });

  test('RFC 6121 §2.1.2: what is known of a contact is the same after a restart', async () => {
    const juliet: Partial<Wanted> = {
      name: 'Juliet 🌹',
      groups: ['Friends', "Lovers' lane"],
      subscription: 'to',
      pendingIn: true,
      approved: true,
      request: "<presence type='subscribe'/>",
    };
    const list = contactsOf(await world.home(ROMEO));
    await list.change(() => [put('juliet@example.test', juliet), put('nurse@example.test', { pendingOut: true })]);
    await list.change(() => [{ address: 'nurse@example.test', wanted: undefined }]);
    const before = snapshot(list);
    world.restart();
    const after = contactsOf(await world.home(ROMEO));
    assert.notEqual(after, list);
    assert.deepEqual(snapshot(after), before);
    assert.equal(after.get('juliet@example.test')!.name, 'Juliet 🌹');
  });

  test('RFC 6121 §2.6: who knows a version is told only what has changed since, oldest first', async () => {
    const list = contactsOf(await world.home(ROMEO));
    for (const name of ['a', 'b', 'c']) await list.change(() => [put(`${name}@example.test`)]);
    const known = list.version;
    await list.change(() => [put('b@example.test', { name: 'B' })]);
    await list.change(() => [{ address: 'a@example.test', wanted: undefined }]);
    const missed = list.since(known)!.map(({ address, version, contact }) => [address, version, contact?.name]);
    assert.deepEqual(missed, [
      ['b@example.test', known + 1, 'B'],
      ['a@example.test', known + 2, undefined],
    ]);
    assert.deepEqual(list.since(list.version), []);
    assert.equal(list.since(list.version + 1), undefined);
  });

  test('RFC 6121 §2.6: a contact that was removed and has come back is told once, as it is', async () => {
    const list = contactsOf(await world.home(ROMEO));
    await list.change(() => [put('a@example.test')]);
    await list.change(() => [{ address: 'a@example.test', wanted: undefined }]);
    await list.change(() => [put('a@example.test', { name: 'again' })]);
    world.restart();
    const missed = contactsOf(await world.home(ROMEO)).since(1)!;
    assert.deepEqual(
      missed.map(({ version, contact }) => [version, contact?.name]),
      [[3, 'again']],
    );
  });

  test('RFC 6121 §2.6.3: when too many removals lie between, the whole list has to be told', async () => {
    const list = contactsOf(await world.home(ROMEO));
    const addresses = Array.from({ length: 510 }, (_, i) => `c${i}@example.test`);
    await list.change(() => addresses.map((address) => put(address)));
    const known = list.version;
    await list.change(() => addresses.map((address) => ({ address, wanted: undefined })));
    assert.equal(list.since(known), undefined);
    assert.equal(list.since(known + 10)?.length, 500);
    world.restart();
    const after = contactsOf(await world.home(ROMEO));
    assert.equal(after.since(known), undefined);
    assert.equal(after.since(known + 10)?.length, 500);
  });

  test('RFC 6121 §3.1.3: somebody who only asks is kept, but is not on the list and makes no version', async () => {
    const list = contactsOf(await world.home(ROMEO));
    await list.change(() => [put('juliet@example.test', { listed: false, pendingIn: true })]);
    assert.equal(list.version, 0);
    assert.deepEqual(list.since(0), []);
    world.restart();
    assert.equal(contactsOf(await world.home(ROMEO)).get('juliet@example.test')?.pendingIn, true);
    assert.equal(isContact(await world.home(ROMEO), 'juliet@example.test'), false);
  });

  test('changes are made one after the other, each on what the one before left', async () => {
    const list = contactsOf(await world.home(ROMEO));
    const seen: number[] = [];
    world.hooks.on(contactChanged, 'observe', ({ version }) => void seen.push(version));
    const append = (i: number) =>
      list.change(() => {
        const groups = list.get('a@example.test')?.groups ?? [];
        return [put('a@example.test', { groups: [...groups, `${i}`] })];
      });
    await Promise.all([1, 2, 3, 4].map(append));
    assert.deepEqual(list.get('a@example.test')!.groups, ['1', '2', '3', '4']);
    assert.deepEqual(seen, [1, 2, 3, 4]);
    assert.equal(list.busy, false);
  });

  test('what the store cannot keep has not happened, and the next change does not mind', async () => {
    const home = await world.home(ROMEO);
    const list = contactsOf(home);
    const told: string[] = [];
    world.hooks.on(contactChanged, 'push', ({ address }) => void told.push(address));
    failing = new Failure('store-failing', 'the disk is full');
    await assert.rejects(
      list.change(() => [put('a@example.test', { subscription: 'from' })]),
      failing,
    );
    assert.equal(list.version, 0);
    assert.equal(isSubscribedFrom(home, 'a@example.test'), false);
    failing = undefined;
    await list.change(() => [put('b@example.test')]);
    assert.deepEqual(told, ['b@example.test']);
    assert.equal(list.version, 1);
  });
});

describe('who sees whom', () => {
  let world: World;
  before(async () => {
    world = await makeWorld({ people: [ROMEO], migrations: [migration] });
  });
  after(() => world.close());

  const rows: [Subscription, from: boolean, to: boolean][] = [
    ['none', false, false],
    ['to', false, true],
    ['from', true, false],
    ['both', true, true],
  ];
  for (const [subscription, from, to] of rows) {
    test(`RFC 6121 §2.1.2.5: "${subscription}": the contact sees me: ${from}, I see the contact: ${to}`, async () => {
      const home = await world.home(ROMEO);
      const list = contactsOf(home);
      await list.change(() => [put('juliet@example.test', { subscription })]);
      assert.equal(isSubscribedFrom(home, 'juliet@example.test'), from);
      assert.equal(isSubscribedTo(home, 'juliet@example.test'), to);
      assert.deepEqual(list.watchers, from ? ['juliet@example.test'] : []);
      assert.deepEqual(list.watched, to ? ['juliet@example.test'] : []);
    });
  }

  test('RFC 6121 §2.6: a device that applies what it missed to an old list has the new one', async () => {
    const list = contactsOf(await world.home(ROMEO));
    const edit = fc.record({
      address: fc.constantFrom('a@example.test', 'b@example.test', 'c@example.test'),
      wanted: fc.option(fc.string({ maxLength: 3 }), { nil: undefined }),
      listed: fc.boolean(),
    });
    const names = () => new Map([...list.all()].filter((c) => c.listed).map((c) => [c.address, c.name]));
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { maxLength: 6 }), async (edits) => {
        const [version, known] = [list.version, names()];
        for (const { address, wanted, listed } of edits) {
          await list.change(() => [
            wanted === undefined ? { address, wanted } : put(address, { name: wanted, listed, pendingIn: !listed }),
          ]);
        }
        for (const { address, contact } of list.since(version)!) {
          if (contact === undefined) known.delete(address);
          else known.set(address, contact.name);
        }
        assert.deepEqual([...known].sort(), [...names()].sort());
      }),
      { numRuns: 30 },
    );
  });
});
