import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { Availability, Publication } from '#accounts/device.ts';
import { Failure } from '#base/failure.ts';
import { contactsOf } from '#contacts/contact-list.ts';
import { addMutualContacts } from '#contacts/editing.ts';
import { say } from '#contacts/subscribing.ts';
import { contacts as migration } from '#store/migrations/0002-contacts.ts';
import { makeWorld, RecordingDevice, type World } from '../../test/support/homes.ts';
import { presenceArriving, presenceLeaving, presencePublished, probeArriving } from './hooks.ts';
import { isAvailable, lastUnavailable } from './last-unavailable.ts';
import type { Farewell } from './notices.ts';
import { publish, publishTo } from './publishing.ts';

const ROMEO = 'romeo@example.test';
const JULIET = 'juliet@example.test';
const NURSE = 'nurse@example.test';

let world: World;
let romeo: RecordingDevice;
let juliet: RecordingDevice;

beforeEach(async () => {
  world = await makeWorld({ people: [ROMEO, JULIET, NURSE], migrations: [migration] });
  const people = [ROMEO, JULIET].map((address) => ({ address, name: '', groups: [] }));
  await addMutualContacts(world.homes, people);
  romeo = await device(ROMEO, 'orchard');
  juliet = await device(JULIET, 'balcony');
});
afterEach(() => world.close());

async function device(address: string, id: string): Promise<RecordingDevice> {
  return new RecordingDevice(await world.home(address), id);
}

function publication(id: string, availability: Availability): Publication {
  return { device: id, availability, priority: 0, notes: {}, at: world.clock.now() };
}

function says(device: RecordingDevice, availability: Availability | undefined, farewell?: Farewell) {
  const before = device.publication;
  device.publication = availability && publication(device.id, availability);
  return publish(device, before, farewell);
}

describe('presence is told', () => {
  test('RFC 6121 §4.2.2: to the contacts who may see it, and to the device itself', () => {
    says(juliet, 'available');
    assert.deepEqual(juliet.told(), ['juliet@example.test/balcony available']);
    says(romeo, 'available');
    assert.deepEqual(juliet.told(), ['romeo@example.test/orchard available']);
    says(romeo, 'away');
    assert.deepEqual(juliet.told(), ['romeo@example.test/orchard away']);
  });

  test('RFC 6121 §4.3: a device that becomes available hears what its contacts say, and nobody else does', async () => {
    const chamber = await device(JULIET, 'chamber');
    says(juliet, 'do-not-disturb');
    says(chamber, 'chat');
    juliet.told();
    says(romeo, 'available');
    assert.deepEqual(romeo.told(), [
      'romeo@example.test/orchard available',
      'juliet@example.test/balcony do-not-disturb',
      'juliet@example.test/chamber chat',
    ]);
    assert.deepEqual(juliet.told(), ['romeo@example.test/orchard available']);
  });

  test('RFC 6121 §4.2.2: a second device hears of the first, and the first of it', async () => {
    says(romeo, 'away');
    romeo.told();
    const phone = await device(ROMEO, 'phone');
    says(phone, 'available');
    assert.deepEqual(phone.told(), ['romeo@example.test/phone available', 'romeo@example.test/orchard away']);
    assert.deepEqual(romeo.told(), ['romeo@example.test/phone available']);
  });

  test('RFC 6121 §4.4.2: not to devices that are not available', () => {
    says(romeo, 'available');
    assert.deepEqual(juliet.told(), []);
  });

  test('RFC 6121 §4.5.2: when a device leaves, with what it said when leaving', () => {
    says(juliet, 'available');
    says(romeo, 'available');
    juliet.told();
    const farewell = { notes: { '': 'gone home' }, native: { edge: 'xmpp', payload: '<status>gone home</status>' } };
    says(romeo, undefined, farewell);
    assert.deepEqual(juliet.notices.at(-1), { from: ROMEO, device: 'orchard', publication: undefined, ...farewell });
    assert.deepEqual(juliet.told(), ['romeo@example.test/orchard unavailable']);
  });

  test('RFC 6121 §4.6: to one address that is not a contact, and only to that', async () => {
    const nurse = await device(NURSE, 'hall');
    const other = await device(NURSE, 'kitchen');
    for (const one of [juliet, nurse, other]) says(one, 'available');
    for (const one of [juliet, nurse, other]) one.told();
    publishTo(romeo, NURSE, 'hall', publication('orchard', 'away'));
    assert.deepEqual([nurse.told(), other.told()], [['romeo@example.test/orchard away'], []]);
    publishTo(romeo, NURSE, undefined, undefined);
    assert.deepEqual(nurse.told(), ['romeo@example.test/orchard unavailable']);
    assert.deepEqual(other.told(), ['romeo@example.test/orchard unavailable']);
    assert.deepEqual(juliet.told(), []);
  });
});

describe('subscriptions and presence', () => {
  test('RFC 6121 §3.1.5: who is approved hears at once what each device says', async () => {
    const nurse = await device(NURSE, 'hall');
    says(nurse, 'available');
    says(juliet, 'away');
    nurse.told();
    await say(nurse.home, 'subscribe', JULIET, '');
    assert.deepEqual(nurse.told(), []);
    await say(juliet.home, 'subscribed', NURSE, '');
    assert.deepEqual(nurse.told(), ['juliet@example.test/balcony away']);
  });

  test('RFC 6121 §3.2.2: who may no longer see an account sees its devices leave', async () => {
    says(romeo, 'available');
    says(juliet, 'available');
    romeo.told();
    await say(juliet.home, 'unsubscribed', ROMEO, '');
    assert.deepEqual(romeo.told(), ['juliet@example.test/balcony unavailable']);
    says(juliet, 'away');
    assert.deepEqual(romeo.told(), []);
  });

  test('RFC 6121 §3.3.3: so does who gives the subscription up', async () => {
    says(romeo, 'available');
    says(juliet, 'available');
    romeo.told();
    await say(romeo.home, 'unsubscribe', JULIET, '');
    await world.settled();
    assert.deepEqual(romeo.told(), ['juliet@example.test/balcony unavailable']);
  });

  test('RFC 6121 §4.3.2: who only believes to be subscribed hears nothing, and is told that it is not', async () => {
    says(juliet, 'available');
    await contactsOf(juliet.home).change(() => [{ address: ROMEO, wanted: undefined }]);
    says(romeo, 'available');
    await world.settled();
    assert.deepEqual(romeo.told(), ['romeo@example.test/orchard available']);
    assert.equal(contactsOf(romeo.home).get(JULIET)!.subscription, 'from');
  });
});

describe('what stands between two people', () => {
  test('XEP-0191 §3: what is blocked on its way out is not told, changes and answers to probes alike', () => {
    says(juliet, 'available');
    world.hooks.on(presenceLeaving, 'block', ({ home, other }) =>
      home.address === ROMEO && other === JULIET ? 'stop' : undefined,
    );
    juliet.told();
    says(romeo, 'available');
    assert.deepEqual(juliet.told(), []);
    says(juliet, undefined);
    says(juliet, 'available');
    assert.deepEqual(juliet.told(), ['juliet@example.test/balcony available']);
  });

  test('XEP-0191 §3: what is blocked on its way in is not shown, but an account always sees itself', () => {
    says(juliet, 'available');
    juliet.told();
    world.hooks.on(presenceArriving, 'block', () => 'stop');
    says(romeo, 'available');
    assert.deepEqual(juliet.told(), []);
    assert.deepEqual(romeo.told(), ['romeo@example.test/orchard available']);
  });

  test('a probe that is blocked is left unanswered', async () => {
    says(juliet, 'available');
    world.hooks.on(probeArriving, 'block', () => 'stop');
    says(romeo, 'available');
    await world.settled();
    assert.deepEqual(romeo.told(), ['romeo@example.test/orchard available']);
    assert.equal(contactsOf(romeo.home).get(JULIET)!.subscription, 'both');
  });

  test('what is not authorized is told to nobody', () => {
    says(juliet, 'available');
    juliet.told();
    world.hooks.on(presencePublished, 'authorize', () => {
      throw new Failure('forbidden', 'not now');
    });
    assert.throws(() => says(romeo, 'available'), Failure);
    assert.deepEqual([...juliet.told(), ...romeo.told()], []);
  });
});

test('a change is one notice for all contacts and all devices', async () => {
  const chamber = await device(JULIET, 'chamber');
  for (const one of [juliet, chamber, romeo]) says(one, 'available');
  const notice = says(romeo, 'away');
  for (const one of [juliet, chamber, romeo]) assert.equal(one.notices.at(-1), notice);
});

describe('XEP-0012 §4: when somebody was last available', () => {
  test('is known once the last device has left, also after a restart', async () => {
    const phone = await device(ROMEO, 'phone');
    assert.equal(lastUnavailable(romeo.home), undefined);
    says(romeo, 'available');
    says(phone, 'available');
    says(romeo, undefined);
    assert.equal(isAvailable(romeo.home), true);
    assert.equal(lastUnavailable(romeo.home), undefined);
    world.clock.advance(5000);
    says(phone, undefined, { notes: { en: 'asleep' } });
    const last = { at: world.clock.now(), note: 'asleep' };
    assert.deepEqual(lastUnavailable(romeo.home), last);
    // Units are carried out in order: once this one is on disk, so is what went before.
    await world.database.write({ sql: 'delete from contacts where account = -1' });
    world.restart();
    assert.deepEqual(lastUnavailable(await world.home(ROMEO)), last);
  });
});
