import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { Failure } from '#base/failure.ts';
import { contacts as contactsMigration } from '#store/migrations/0002-contacts.ts';
import { personal } from '#store/migrations/0005-personal.ts';
import { makeWorld, type World } from '../../test/support/homes.ts';
import { type BlockList, blockListOf, covers, isBlocked } from './block-list.ts';
import { addressesBlocking, blockListChanged } from './hooks.ts';
import { defaultContactLimits } from './settings.ts';

const JULIET = 'juliet@example.test';
const ROMEO = 'romeo@example.test';

let world: World;
let list: BlockList;
beforeEach(async () => {
  const limits = { ...defaultContactLimits, maxBlocked: 3 };
  world = await makeWorld({ people: [JULIET, ROMEO], migrations: [contactsMigration, personal], limits });
  list = blockListOf(await world.home(JULIET));
});
afterEach(() => world.close());

describe('XEP-0191 §6: an address covers', () => {
  const rows: [blocked: string, address: string, device: string, isCovered: boolean][] = [
    ['user@domain/device', 'user@domain', 'device', true],
    ['user@domain/device', 'user@domain', 'other', false],
    ['user@domain/device', 'user@domain', '', false],
    ['user@domain', 'user@domain', 'device', true],
    ['user@domain', 'user@domain', '', true],
    ['user@domain', 'other@domain', '', false],
    ['user@domain', 'domain', '', false],
    ['domain/device', 'domain', 'device', true],
    ['domain/device', 'domain', '', false],
    ['domain/device', 'user@domain', 'device', false],
    ['domain', 'domain', '', true],
    ['domain', 'domain', 'device', true],
    ['domain', 'user@domain', 'device', true],
    ['domain', 'user@sub.domain', '', false],
    ['sub.domain', 'user@domain', '', false],
    ['domain/a@b', 'domain', 'a@b', true],
  ];
  for (const [blocked, address, device, isCovered] of rows) {
    test(`${blocked}: ${address}${device && '/'}${device}: ${isCovered}`, () => {
      assert.equal(covers(new Set([blocked]), address, device), isCovered);
    });
  }
});

test('nobody is blocked from oneself, nor from the server of the account', async () => {
  await list.block([JULIET, 'example.test', `${JULIET}/phone`]);
  const home = await world.home(JULIET);
  assert.deepEqual(
    [isBlocked(home, JULIET), isBlocked(home, JULIET, 'phone'), isBlocked(home, 'example.test')],
    [false, false, false],
  );
  assert.deepEqual([isBlocked(home, ROMEO, 'x'), isBlocked(home, 'example.test', 'x')], [true, true]);
});

test('a change is told before it is in force, and after; and what it changes, apart from what was named', async () => {
  const told: unknown[] = [];
  const tell = (when: string) => (change: { named: readonly string[]; changed: readonly string[] }) =>
    void told.push([when, change.named, change.changed, list.blocks(ROMEO, '')]);
  world.hooks.on(addressesBlocking, 'tell', tell('before'));
  world.hooks.on(blockListChanged, 'tell', tell('after'));
  await list.block(['example.org']);
  await list.block(['example.org', ROMEO, ROMEO]);
  await list.unblock([ROMEO, 'example.net']);
  await list.unblockAll();
  assert.deepEqual(told, [
    ['before', ['example.org'], ['example.org'], false],
    ['after', ['example.org'], ['example.org'], false],
    ['before', ['example.org', ROMEO], [ROMEO], false],
    ['after', ['example.org', ROMEO], [ROMEO], true],
    ['after', [ROMEO, 'example.net'], [ROMEO], false],
    ['after', [], ['example.org'], false],
  ]);
});

test('changes are made one after the other, and are on disk', async () => {
  const changes = [list.block(['a', 'b']), list.unblock(['a']), list.block(['c', 'd']), list.block(['e'])];
  assert.ok(list.busy);
  const [, , , last] = await Promise.allSettled(changes);
  assert.equal(last?.status === 'rejected' && last.reason.kind, 'over-limit');
  assert.ok(!list.busy);
  world.restart();
  assert.deepEqual([...blockListOf(await world.home(JULIET)).addresses].sort(), ['b', 'c', 'd']);
  assert.equal(blockListOf(await world.home(ROMEO)).addresses.size, 0);
});

test('a store that fails leaves the list as it was', async (t) => {
  await list.block([ROMEO]);
  t.mock.method(world.database, 'write', async () => {
    throw new Failure('store-failing', 'the disk is full');
  });
  for (const change of [list.block(['a']), list.unblock([ROMEO]), list.unblockAll()]) {
    await assert.rejects(change, { kind: 'store-failing' });
  }
  assert.deepEqual([...list.addresses], [ROMEO]);
});
