import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { SubscriptionRequest } from '#accounts/homes.ts';
import { Failure } from '#base/failure.ts';
import { contacts as migration } from '#store/migrations/0002-contacts.ts';
import { makeWorld, type World } from '../../test/support/homes.ts';
import { contactsOf } from './contact-list.ts';
import { addMutualContacts, putContact } from './editing.ts';
import { subscriptionArrived, subscriptionArriving, watcherJoined, watcherLeft } from './hooks.ts';
import { defaultContactLimits } from './settings.ts';
import { askAgain, removeContact, say } from './subscribing.ts';

const ROMEO = 'romeo@example.test';
const JULIET = 'juliet@example.test';
const NURSE = 'nurse@example.test';

let world: World;
/** What was told to whom, in order. */
let told: string[];

beforeEach(() => start());
afterEach(() => world.close());

async function start(limits = defaultContactLimits) {
  world = await makeWorld({ people: [ROMEO, JULIET, NURSE], migrations: [migration], limits });
  told = [];
  const note = (text: string) => void told.push(text.replaceAll('@example.test', ''));
  world.hooks.on(subscriptionArrived, 'observe', ({ home, from, type }) =>
    note(`${home.address} hears ${type} from ${from}`),
  );
  world.hooks.on(watcherJoined, 'tell', ({ home, watcher }) => note(`${watcher} may see ${home.address}`));
  world.hooks.on(watcherLeft, 'tell', ({ home, watcher }) => note(`${watcher} may not see ${home.address}`));
}

async function says(from: string, type: SubscriptionRequest, to: string): Promise<string[]> {
  await say(await world.home(from), type, to, '');
  await world.settled();
  return told.splice(0);
}

/** How one stands to the other: 'both', 'none + out', 'not listed: none + in' ... */
async function standing(of: string, to: string): Promise<string> {
  const contact = contactsOf(await world.home(of)).get(to);
  if (contact === undefined) return 'unknown';
  const more = `${contact.pendingOut ? ' + out' : ''}${contact.pendingIn ? ' + in' : ''}`;
  return `${contact.listed ? '' : 'not listed: '}${contact.subscription}${more}`;
}

describe('between two accounts', () => {
  test('RFC 6121 §3.1: who asks and is approved sees the other', async () => {
    assert.deepEqual(await says(ROMEO, 'subscribe', JULIET), ['juliet hears subscribe from romeo']);
    assert.equal(await standing(ROMEO, JULIET), 'none + out');
    assert.equal(await standing(JULIET, ROMEO), 'not listed: none + in');
    assert.deepEqual(await says(JULIET, 'subscribed', ROMEO), [
      'romeo hears subscribed from juliet',
      'romeo may see juliet',
    ]);
    assert.equal(await standing(ROMEO, JULIET), 'to');
    assert.equal(await standing(JULIET, ROMEO), 'from');
  });

  test('RFC 6121 §3.1.3: asking again while the question is open is not delivered twice', async () => {
    await says(ROMEO, 'subscribe', JULIET);
    assert.deepEqual(await says(ROMEO, 'subscribe', JULIET), []);
  });

  test('RFC 6121 §3.1.5: who is refused is told so, and the one who refused keeps nothing', async () => {
    await says(ROMEO, 'subscribe', JULIET);
    assert.deepEqual(await says(JULIET, 'unsubscribed', ROMEO), ['romeo hears unsubscribed from juliet']);
    assert.equal(await standing(ROMEO, JULIET), 'none');
    assert.equal(await standing(JULIET, ROMEO), 'unknown');
  });

  test('RFC 6121 §3.2: who cancels a subscription is seen to leave before the other is told', async () => {
    await addMutualContacts(world.homes, [
      { address: ROMEO, name: '', groups: [] },
      { address: JULIET, name: '', groups: [] },
    ]);
    assert.deepEqual(await says(JULIET, 'unsubscribed', ROMEO), [
      'romeo may not see juliet',
      'romeo hears unsubscribed from juliet',
    ]);
    assert.equal(await standing(ROMEO, JULIET), 'from');
    assert.equal(await standing(JULIET, ROMEO), 'to');
  });

  test('RFC 6121 §3.3: who gives up a subscription no longer sees the other, who is told', async () => {
    await says(ROMEO, 'subscribe', JULIET);
    await says(JULIET, 'subscribed', ROMEO);
    assert.deepEqual(await says(ROMEO, 'unsubscribe', JULIET), [
      'juliet hears unsubscribe from romeo',
      'romeo may not see juliet',
    ]);
    assert.equal(await standing(ROMEO, JULIET), 'none');
    assert.equal(await standing(JULIET, ROMEO), 'none');
  });

  test('RFC 6121 §3.3.3: a question that is taken back before it was answered leaves nothing behind', async () => {
    await says(ROMEO, 'subscribe', JULIET);
    await says(ROMEO, 'unsubscribe', JULIET);
    assert.equal(await standing(JULIET, ROMEO), 'unknown');
  });

  test('RFC 6121 §3.4: who was approved in advance sees the other at once, and nobody is asked', async () => {
    assert.deepEqual(await says(JULIET, 'subscribed', ROMEO), []);
    assert.equal(contactsOf(await world.home(JULIET)).get(ROMEO)?.approved, true);
    assert.equal(await standing(ROMEO, JULIET), 'unknown');
    assert.deepEqual(await says(ROMEO, 'subscribe', JULIET), [
      'romeo hears subscribed from juliet',
      'romeo may see juliet',
    ]);
    assert.equal(await standing(ROMEO, JULIET), 'to');
    assert.equal(await standing(JULIET, ROMEO), 'from');
  });

  test('RFC 6121 §3.1.3 (2): one side that forgot is put right when it asks again', async () => {
    await says(ROMEO, 'subscribe', JULIET);
    await says(JULIET, 'subscribed', ROMEO);
    const list = contactsOf(await world.home(ROMEO));
    await list.change(() => [{ address: JULIET, wanted: undefined }]);
    assert.deepEqual(await says(ROMEO, 'subscribe', JULIET), [
      'romeo hears subscribed from juliet',
      'romeo may see juliet',
    ]);
    assert.equal(await standing(ROMEO, JULIET), 'to');
  });

  test('RFC 6121 §3.1.2: a question that was lost on its way is asked again, and one that was not is not', async () => {
    await says(ROMEO, 'subscribe', JULIET);
    askAgain(await world.home(ROMEO));
    await world.settled();
    assert.deepEqual(told, []);
    const list = contactsOf(await world.home(JULIET));
    await list.change(() => [{ address: ROMEO, wanted: undefined }]);
    askAgain(await world.home(ROMEO));
    await world.settled();
    assert.deepEqual(told, ['juliet hears subscribe from romeo']);
    assert.equal(await standing(JULIET, ROMEO), 'not listed: none + in');
  });

  test('both may ask each other at once, and both be approved', async () => {
    await Promise.all([says(ROMEO, 'subscribe', JULIET), says(JULIET, 'subscribe', ROMEO)]);
    assert.equal(await standing(ROMEO, JULIET), 'none + out + in');
    await Promise.all([says(ROMEO, 'subscribed', JULIET), says(JULIET, 'subscribed', ROMEO)]);
    assert.equal(await standing(ROMEO, JULIET), 'both');
    assert.equal(await standing(JULIET, ROMEO), 'both');
  });

  test('both may have approved the other in advance, and ask each other at once', async () => {
    await says(ROMEO, 'subscribed', JULIET);
    await says(JULIET, 'subscribed', ROMEO);
    await Promise.all([says(ROMEO, 'subscribe', JULIET), says(JULIET, 'subscribe', ROMEO)]);
    assert.equal(await standing(ROMEO, JULIET), 'both');
    assert.equal(await standing(JULIET, ROMEO), 'both');
  });

  test('a handler that blocks makes as if nothing had been said', async () => {
    world.hooks.on(subscriptionArriving, 'block', ({ from }) => (from === ROMEO ? 'stop' : undefined));
    assert.deepEqual(await says(ROMEO, 'subscribe', JULIET), []);
    assert.equal(await standing(JULIET, ROMEO), 'unknown');
    assert.equal(await standing(ROMEO, JULIET), 'none + out');
  });
});

describe('what cannot be done', () => {
  test('RFC 6121 §3.1.2: who asks somebody who does not exist is told, and the list is as before', async () => {
    const home = await world.home(ROMEO);
    await assert.rejects(say(home, 'subscribe', 'nobody@example.test', ''), { kind: 'not-found' });
    assert.equal(await standing(ROMEO, 'nobody@example.test'), 'unknown');
    await putContact(home, { address: 'nobody@example.test', name: 'Nobody', groups: [] });
    await assert.rejects(say(home, 'subscribe', 'nobody@example.test', ''), { kind: 'not-found' });
    assert.equal(await standing(ROMEO, 'nobody@example.test'), 'none');
  });

  test('too many open questions to one account: the next one is refused, and taken back', async () => {
    await world.close();
    await start({ ...defaultContactLimits, maxRequests: 1 });
    await says(ROMEO, 'subscribe', JULIET);
    const nurse = await world.home(NURSE);
    await assert.rejects(say(nurse, 'subscribe', JULIET, ''), { kind: 'over-limit' });
    assert.equal(await standing(NURSE, JULIET), 'unknown');
  });

  test('a full list takes nobody else, in whatever way', async () => {
    await world.close();
    await start({ ...defaultContactLimits, maxContacts: 1 });
    const romeo = await world.home(ROMEO);
    await putContact(romeo, { address: NURSE, name: '', groups: [] });
    await putContact(romeo, { address: NURSE, name: 'Angelica', groups: [] });
    await assert.rejects(putContact(romeo, { address: JULIET, name: '', groups: [] }), { kind: 'over-limit' });
    await assert.rejects(say(romeo, 'subscribe', JULIET, ''), { kind: 'over-limit' });
    await says(JULIET, 'subscribe', ROMEO);
    await assert.rejects(say(romeo, 'subscribed', JULIET, ''), { kind: 'over-limit' });
    assert.equal(await standing(ROMEO, JULIET), 'not listed: none + in');
  });

  test('RFC 6121 §2.5.3: who is not on the list cannot be taken off it', async () => {
    await says(JULIET, 'subscribe', ROMEO);
    await assert.rejects(removeContact(await world.home(ROMEO), JULIET), Failure);
    assert.equal(await standing(ROMEO, JULIET), 'not listed: none + in');
  });
});

describe('taking somebody off the list', () => {
  const cases: { before: string; make: () => Promise<void>; told: string[] }[] = [
    {
      before: 'both',
      make: () => mutual(),
      told: ['juliet may not see romeo', 'juliet hears unsubscribe from romeo', 'romeo may not see juliet'].concat(
        'juliet hears unsubscribed from romeo',
      ),
    },
    {
      before: 'none + out',
      make: async () => void (await says(ROMEO, 'subscribe', JULIET)),
      told: ['juliet hears unsubscribe from romeo'],
    },
    {
      before: 'none + in',
      make: async () => {
        await putContact(await world.home(ROMEO), { address: JULIET, name: '', groups: [] });
        await says(JULIET, 'subscribe', ROMEO);
      },
      told: ['juliet hears unsubscribed from romeo'],
    },
    {
      before: 'none',
      make: async () => putContact(await world.home(ROMEO), { address: JULIET, name: '', groups: [] }),
      told: [],
    },
  ];
  for (const { before, make, told: expected } of cases) {
    test(`RFC 6121 §2.5.2: ends what there was between the two ("${before}")`, async () => {
      await make();
      assert.equal(await standing(ROMEO, JULIET), before);
      told = [];
      await removeContact(await world.home(ROMEO), JULIET);
      await world.settled();
      assert.deepEqual(told, expected);
      assert.equal(await standing(ROMEO, JULIET), 'unknown');
      assert.match(await standing(JULIET, ROMEO), /^(none|unknown)$/);
    });
  }

  async function mutual() {
    const people = [ROMEO, JULIET].map((address) => ({ address, name: '', groups: [] }));
    await addMutualContacts(world.homes, people);
  }
});

test("people who are made each other's contacts keep the names and groups that they have", async () => {
  await putContact(await world.home(ROMEO), { address: JULIET, name: 'My sun', groups: ['East'] });
  await addMutualContacts(world.homes, [
    { address: ROMEO, name: 'Romeo', groups: ['Verona'] },
    { address: JULIET, name: 'Juliet', groups: ['Verona'] },
    { address: 'nobody@example.test', name: 'Nobody', groups: [] },
  ]);
  const mine = contactsOf(await world.home(ROMEO)).get(JULIET)!;
  assert.deepEqual([mine.name, mine.groups, mine.subscription], ['My sun', ['East'], 'both']);
  const hers = contactsOf(await world.home(JULIET)).get(ROMEO)!;
  assert.deepEqual([hers.name, hers.groups, hers.subscription], ['Romeo', ['Verona'], 'both']);
  assert.equal(await standing(ROMEO, 'nobody@example.test'), 'unknown');
});

describe('RFC 6121 §2.3.3', () => {
  const rows: [what: string, name: string, groups: string[], kind: string][] = [
    ['a group that is named twice', '', ['Friends', 'Friends'], 'malformed'],
    ['a group without a name', '', [''], 'not-acceptable'],
    ['a group with too long a name', '', ['g'.repeat(257)], 'not-acceptable'],
    ['a name that is too long', 'n'.repeat(513), [], 'not-acceptable'],
    ['too many groups', '', Array.from({ length: 101 }, (_, i) => `${i}`), 'not-acceptable'],
  ];
  for (const [what, name, groups, kind] of rows) {
    test(`${what} is refused as ${kind}`, async () => {
      const home = await world.home(ROMEO);
      await assert.rejects(putContact(home, { address: JULIET, name, groups }), { kind });
      assert.equal(await standing(ROMEO, JULIET), 'unknown');
    });
  }
});
