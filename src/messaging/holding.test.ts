import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { Handover } from '#accounts/device.ts';
import type { Home } from '#accounts/home.ts';
import type { Commit } from '#store/database.ts';
import { migrations } from '#store/migrations/all.ts';
import { Element, element } from '#xml/element.ts';
import { makeWorld, RecordingDevice, type World } from '../../test/support/homes.ts';
import { until } from '../../test/support/until.ts';
import type { MessagingSettings } from './archive.ts';
import { Delivery } from './delivery.ts';
import { inboxOf, messageDelivered, messageReturned } from './inbox.ts';
import { messageRefused } from './redeliver.ts';
import { giveWaiting, startMessaging } from './start.ts';
import { submit } from './submit.ts';

const ROMEO = 'romeo@example.test';
const JULIET = 'juliet@example.test';
const SETTINGS: MessagingSettings = { archive: 'none', maxWaiting: 100 };

/** Says of each message whether it has it, when the test says so. */
class AnsweringDevice extends RecordingDevice {
  readonly answersEach = true;
  readonly got: Handover[] = [];

  override get takesMessages(): boolean {
    return true;
  }

  override takeMessage(message: Handover): void {
    this.got.push(message);
  }

  get bodies(): (string | undefined)[] {
    return this.got.map((message) => message.element.childText('body'));
  }
}

/** Says nothing of it: what it was given is on its way until it leaves. */
class QuietDevice extends AnsweringDevice {
  // @ts-expect-error as an XMPP session
  override readonly answersEach = undefined;
}

let world: World;
let juliet: Home;

beforeEach(async () => {
  world = await makeWorld({ people: [ROMEO, JULIET], migrations });
  startMessaging(world.homes, SETTINGS);
  juliet = await world.home(JULIET);
});
afterEach(() => world.close());

async function send(body: string): Promise<{ delivery: Delivery; commit: Commit | undefined }> {
  const attributes = { from: ROMEO, to: JULIET, type: 'chat' };
  const delivery = new Delivery({
    element: new Element('message', 'jabber:client', attributes, [element('body', 'jabber:client', {}, body)]),
    type: 'chat',
    from: { address: ROMEO, device: '' },
    to: { address: JULIET, device: '' },
    at: world.clock.now(),
    sender: await world.home(ROMEO),
    promised: true,
  });
  return { delivery, commit: await submit(world.homes, delivery) };
}

const rows = async () => (await world.database.read('select id from archive', [])).length;
const owed = () => [...inboxOf.of(juliet).owed.values()];

test('what a device answers for at once never sees the disk, and its sender waits until it does', async () => {
  const phone = new AnsweringDevice(juliet, 'phone');
  const { commit } = await send('one');
  assert.equal(commit!.state, 'pending');
  messageDelivered(juliet, phone.got[0]!.archiveId);
  assert.equal(commit!.state, 'done');
  world.clock.advance(10_000);
  await world.settled();
  assert.equal(await rows(), 0);
  assert.deepEqual(owed(), []);
});

test('what no device has answered for within 100 ms goes to the disk, and is taken from there when one has', async () => {
  const phone = new AnsweringDevice(juliet, 'phone');
  const { commit } = await send('one');
  world.clock.advance(99);
  await world.settled();
  assert.deepEqual([commit!.state, await rows()], ['pending', 0]);
  world.clock.advance(51);
  await world.settled();
  assert.deepEqual([commit!.state, await rows()], ['done', 1]);
  messageDelivered(juliet, phone.got[0]!.archiveId);
  world.clock.advance(1000);
  await world.settled();
  assert.equal(await rows(), 0);
});

test('of several devices one that has it is enough, in whatever order they answer', async () => {
  for (const order of [
    [0, 1],
    [1, 0],
  ]) {
    const phones = ['a', 'b'].map((id) => new AnsweringDevice(juliet, id));
    const { commit } = await send('one');
    const [refuses, takes] = order.map((i) => phones[i]!.got[0]!.archiveId);
    assert.equal(messageReturned(juliet, refuses!), false);
    assert.equal(commit!.state, 'pending');
    messageDelivered(juliet, takes!);
    assert.equal(commit!.state, 'done');
    for (const phone of phones) phone.end();
  }
  assert.equal(await rows(), 0);
});

test('what every device gives back goes to the disk at once, and waits', async () => {
  const phones = ['a', 'b'].map((id) => new AnsweringDevice(juliet, id));
  const { commit, delivery } = await send('one');
  for (const { got } of phones) messageReturned(juliet, got[0]!.archiveId);
  await world.settled();
  assert.deepEqual([commit!.state, await rows()], ['done', 1]);
  assert.equal(inboxOf.of(juliet).owed.get(delivery.receiverArchiveId), 0);
  const next = new AnsweringDevice(juliet, 'next');
  giveWaiting(juliet, next);
  await world.settled();
  assert.deepEqual(next.bodies, ['one']);
  messageDelivered(juliet, next.got[0]!.archiveId);
});

test('where one of the devices does not answer for each, it goes to the disk at once', async () => {
  new AnsweringDevice(juliet, 'phone');
  new QuietDevice(juliet, 'session');
  const { commit } = await send('one');
  await world.settled();
  assert.deepEqual([commit!.state, await rows()], ['done', 1]);
});

test('what is held when the server stops goes to the disk, and waits at the next start', async () => {
  new AnsweringDevice(juliet, 'phone');
  const { commit } = await send('one');
  const inbox = inboxOf.of(juliet);
  assert.equal(inbox.held.size, 1);
  world.restart();
  startMessaging(world.homes, SETTINGS);
  await world.settled();
  assert.equal(commit!.state, 'done');
  juliet = await world.home(JULIET);
  const next = new AnsweringDevice(juliet, 'next');
  giveWaiting(juliet, next);
  await world.settled();
  assert.deepEqual(next.bodies, ['one']);
});

test('a device that comes while one is held is given it when the other gives it back, and not before', async () => {
  const phone = new AnsweringDevice(juliet, 'phone');
  await send('one');
  const next = new AnsweringDevice(juliet, 'next');
  giveWaiting(juliet, next);
  await world.settled();
  assert.deepEqual(next.bodies, []);
  phone.end();
  assert.equal(messageReturned(juliet, phone.got[0]!.archiveId), true);
  giveWaiting(juliet, next);
  await world.settled();
  assert.deepEqual(next.bodies, ['one']);
});

test('what comes while a device catches up goes to the disk, and follows in order', async () => {
  await send('one');
  const phone = new AnsweringDevice(juliet, 'phone');
  giveWaiting(juliet, phone);
  const { commit } = await send('two');
  assert.equal(inboxOf.of(juliet).held.size, 0);
  await until('both have come', () => phone.got.length === 2, { everyMs: 5 });
  assert.equal(commit!.state, 'done');
  assert.deepEqual(phone.bodies, ['one', 'two']);
});

test('one that a device refuses for good waits for another, and the first is given what follows', async () => {
  const phone = new AnsweringDevice(juliet, 'phone');
  const { commit } = await send('one');
  messageRefused(phone, phone.got[0]!.archiveId);
  await world.settled();
  assert.deepEqual([commit!.state, await rows()], ['done', 1]);
  giveWaiting(juliet, phone);
  await world.settled();
  await send('two');
  assert.deepEqual(phone.bodies, ['one', 'two']);
  messageDelivered(juliet, phone.got[1]!.archiveId);
  const other = new AnsweringDevice(juliet, 'other');
  giveWaiting(juliet, other);
  await world.settled();
  assert.deepEqual(other.bodies, ['one']);
});

test('one that was refused by the device that catches up goes to another that is there', async () => {
  const other = new AnsweringDevice(juliet, 'other');
  await send('one');
  const phone = new AnsweringDevice(juliet, 'phone');
  messageReturned(juliet, other.got[0]!.archiveId);
  giveWaiting(juliet, phone);
  // What waits is read in several round trips to the store.
  for (let i = 0; i < 100 && phone.bodies.length === 0; i++) await world.settled();
  assert.deepEqual(phone.bodies, ['one']);
  messageRefused(phone, phone.got[0]!.archiveId);
  for (let i = 0; i < 100 && other.bodies.length < 2; i++) await world.settled();
  assert.deepEqual(other.bodies, ['one', 'one']);
});

test('an account that is removed meanwhile leaves nothing on the disk, and the sender is told', async () => {
  new AnsweringDevice(juliet, 'phone');
  const { commit } = await send('one');
  world.accounts.delete(JULIET);
  world.homes.drop(JULIET, 'removed');
  world.clock.advance(200);
  await world.settled();
  assert.deepEqual([commit!.state, await rows()], ['failed', 0]);
});
