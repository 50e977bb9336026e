import assert from 'node:assert/strict';
import { afterEach, beforeEach, type TestContext, test } from 'node:test';
import type { Statement } from '#store/database.ts';
import { contacts as migration } from '#store/migrations/0002-contacts.ts';
import { makeWorld, RecordingDevice, type World } from '../../test/support/homes.ts';

const ROMEO = 'romeo@example.test';

let world: World;
beforeEach(async () => {
  world = await makeWorld({ people: [ROMEO], migrations: [migration] });
});
afterEach(() => world.close());

/** Holds back what is read from the store: `reached` says when that has happened, `letGo` ends it. */
function hold(t: TestContext): { reached: Promise<void>; letGo: () => void } {
  const { database } = world;
  const readAll = database.readAll.bind(database);
  const held = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  t.mock.method(database, 'readAll', async (statements: readonly Statement[]) => {
    const rows = await readAll(statements);
    reached.resolve();
    await held.promise;
    return rows;
  });
  return { reached: reached.promise, letGo: held.resolve };
}

test('a home is loaded once, however many ask for it', async () => {
  const [one, other] = await Promise.all([world.homes.load(ROMEO), world.homes.load(ROMEO)]);
  assert.equal(one, other);
  assert.equal(world.homes.loaded(ROMEO), one);
});

for (const reason of ['disabled', 'removed'] as const) {
  test(`a home that is being loaded while its account is ${reason} does not stay`, async (t) => {
    const { reached, letGo } = hold(t);
    const loading = [world.homes.load(ROMEO), world.homes.open(world.accounts.get(ROMEO)!)];
    await reached;
    world.accounts.delete(ROMEO);
    world.homes.drop(ROMEO, reason);
    letGo();
    assert.deepEqual(await Promise.all(loading), [undefined, undefined]);
    assert.equal(world.homes.loaded(ROMEO), undefined);
    assert.equal(await world.homes.load(ROMEO), undefined);
  });
}

test('an account that is disabled and enabled again while its home is loaded gets a home made after that', async (t) => {
  const { reached, letGo } = hold(t);
  const before = world.homes.load(ROMEO);
  await reached;
  world.homes.drop(ROMEO, 'disabled');
  const after = world.homes.load(ROMEO);
  letGo();
  assert.equal(await before, undefined);
  const home = await after;
  assert.ok(home);
  assert.equal(world.homes.loaded(ROMEO), home);
});

test('a changed password ends the devices but the one that changed it, and leaves the home', async () => {
  const home = await world.home(ROMEO);
  const [phone, laptop] = [new RecordingDevice(home, 'phone'), new RecordingDevice(home, 'laptop')];
  world.homes.drop(ROMEO, 'password-changed', phone.id);
  assert.deepEqual([...home.devices.values()], [phone]);
  assert.notEqual(home.devices.get(laptop.id), laptop);
  assert.equal(world.homes.loaded(ROMEO), home);
});

test('a home that nobody uses and nothing happens in is let go after a minute, and read again when it is wanted', async () => {
  const before = await world.home(ROMEO);
  world.clock.advance(50_000);
  assert.equal(world.homes.loaded(ROMEO), before);
  world.clock.advance(60_000);
  assert.equal(world.homes.loaded(ROMEO), undefined);
  const after = await world.home(ROMEO);
  assert.notEqual(after, before);
});

test('a home with a device is not idle, however long nothing happens', async () => {
  const home = await world.home(ROMEO);
  const phone = new RecordingDevice(home, 'phone');
  world.clock.advance(3_600_000);
  assert.equal(world.homes.loaded(ROMEO), home);
  phone.end();
  world.clock.advance(100_000);
  assert.equal(world.homes.loaded(ROMEO), undefined);
});
