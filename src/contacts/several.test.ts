import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { Failure } from '#base/failure.ts';
import type { Database } from '#store/database.ts';
import { contacts as migration } from '#store/migrations/0002-contacts.ts';
import { makeWorld, type World } from '../../test/support/homes.ts';
import { contactsOf } from './contact-list.ts';
import { contactChanged } from './hooks.ts';
import { defaultContactLimits } from './settings.ts';
import { editContacts } from './several.ts';
import { say } from './subscribing.ts';

const ROMEO = 'romeo@example.test';
const JULIET = 'juliet@example.test';
const NURSE = 'nurse@example.test';

describe('several contacts at once', () => {
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
    const limits = { ...defaultContactLimits, maxContacts: 2 };
    world = await makeWorld({ people: [ROMEO, JULIET, NURSE], migrations: [migration], wrap, limits });
  });
  afterEach(() => {
    failing = undefined;
    return world.close();
  });

  const put = (address: string, name = '', ...groups: string[]) => ({ address, name, groups });
  const listed = async () => {
    const list = contactsOf(await world.home(ROMEO));
    return [...list.all()].filter((one) => one.listed).map(({ address, name }) => `${address} ${name}`.trim());
  };

  test('RFC 6121 §2: each is told by itself, in the order of the versions', async () => {
    const home = await world.home(ROMEO);
    const told: string[] = [];
    world.hooks.on(contactChanged, 'push', ({ address, after, version }) => {
      told.push(`${version} ${after === undefined ? '-' : '+'}${address}`);
    });
    await editContacts(home, () => ({ put: [put(JULIET, 'Juliet', 'a')], removed: [NURSE] }));
    await editContacts(home, () => ({ put: [put(NURSE)], removed: [JULIET] }));
    assert.deepEqual(told, [`1 +${JULIET}`, `2 +${NURSE}`, `3 -${JULIET}`]);
    assert.deepEqual(await listed(), [NURSE]);
  });

  test('RFC 6121 §2.5.2: whoever is removed hears that it is over', async () => {
    const home = await world.home(ROMEO);
    await editContacts(home, () => ({ put: [put(JULIET)], removed: [] }));
    await say(home, 'subscribe', JULIET, '');
    await say(await world.home(JULIET), 'subscribed', ROMEO, '');
    await editContacts(home, () => ({ put: [], removed: [JULIET] }));
    await world.settled();
    assert.deepEqual(contactsOf(await world.home(JULIET)).watchers, []);
  });

  test('all of it, or nothing: a limit, a bad name or a failing store leave the list as it was', async () => {
    const home = await world.home(ROMEO);
    await editContacts(home, () => ({ put: [put(JULIET, 'Juliet')], removed: [] }));
    const fails = (kind: Failure['kind'], ...contacts: ReturnType<typeof put>[]) =>
      assert.rejects(
        editContacts(home, () => ({ put: contacts, removed: [] })),
        { kind },
      );
    await fails('over-limit', put(NURSE), put('paris@example.test'));
    await fails('not-acceptable', put(JULIET, 'J'), put(NURSE, 'x'.repeat(1000)));
    await fails('malformed', put(JULIET, 'J'), put(NURSE, '', 'a', 'a'));
    failing = new Failure('store-failing', 'no');
    await fails('store-failing', put(JULIET, 'J'));
    failing = undefined;
    assert.deepEqual(await listed(), [`${JULIET} Juliet`]);
    // One that goes makes room for one that comes.
    await editContacts(home, () => ({ put: [put(NURSE), put('paris@example.test')], removed: [JULIET] }));
    assert.deepEqual(await listed(), [NURSE, 'paris@example.test']);
  });
});
