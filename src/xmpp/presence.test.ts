import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { contactsOf } from '#contacts/contact-list.ts';
import { addMutualContacts } from '#contacts/editing.ts';
import { defaultContactLimits } from '#contacts/settings.ts';
import { NEVER } from '#presence/source.ts';
import { putSource, removeSource } from '#presence/sources.ts';
import { contacts as migration } from '#store/migrations/0002-contacts.ts';
import { Element, element } from '#xml/element.ts';
import { FeatureHost } from '../../test/support/feature-host.ts';
import { makeWorld, type World } from '../../test/support/homes.ts';
import { RecordingSession } from '../../test/support/recording-session.ts';
import { subscriptions } from './features/rfc-6121-subscriptions.ts';
import { handlePresence, renderPresence, sessionGone } from './presence.ts';
import { NS_CLIENT } from './wire/namespaces.ts';
import { StanzaError } from './wire/stanza-error.ts';

const ROMEO = 'romeo@example.test';
const JULIET = 'juliet@example.test';
const NURSE = 'nurse@example.test';

let world: World;
let romeo: RecordingSession;
let juliet: RecordingSession;
let nurse: RecordingSession;

beforeEach(async () => {
  world = await makeWorld({
    people: [ROMEO, JULIET, NURSE],
    migrations: [migration],
    limits: { ...defaultContactLimits, maxRequestLength: 200 },
  });
  new FeatureHost(subscriptions, world.hooks);
  const people = [ROMEO, JULIET].map((address) => ({ address, name: '', groups: [] }));
  await addMutualContacts(world.homes, people);
  romeo = await session(ROMEO, 'orchard');
  juliet = await session(JULIET, 'balcony');
  nurse = await session(NURSE, 'hall');
});
afterEach(() => world.close());

async function session(address: string, resource: string): Promise<RecordingSession> {
  return new RecordingSession(await world.home(address), resource);
}

async function sends(from: RecordingSession, attributes: Record<string, string>, ...children: Element[]) {
  const stanza = new Element('presence', NS_CLIENT, { from: from.jid.full, ...attributes }, children);
  await handlePresence(from.session, stanza);
  await world.settled();
}

const status = (text: string) => element('status', NS_CLIENT, {}, text);

describe('what clients are sent', () => {
  test('RFC 6121 §4.2, §4.4, §4.5: presence comes word for word, and leaves with its last words', async () => {
    await sends(juliet, {});
    juliet.received();
    await sends(romeo, { id: 'p1' }, element('show', NS_CLIENT, {}, 'away'), status('at Laurence’s <cell>'));
    await sends(romeo, {}, element('c', 'http://jabber.org/protocol/caps', { ver: 'x' }));
    await sends(romeo, { type: 'unavailable' }, status('adieu'));
    assert.deepEqual(juliet.received(), [
      `<presence from='romeo@example.test/orchard' to='juliet@example.test/balcony'><show>away</show><status>at Laurence’s &lt;cell&gt;</status></presence>`,
      `<presence from='romeo@example.test/orchard' to='juliet@example.test/balcony'><c xmlns='http://jabber.org/protocol/caps' ver='x'/></presence>`,
      `<presence from='romeo@example.test/orchard' type='unavailable' to='juliet@example.test/balcony'><status>adieu</status></presence>`,
    ]);
    assert.equal(romeo.publication, undefined);
    const last = "<presence from='romeo@example.test/orchard' type='unavailable' to='romeo@example.test/orchard'>";
    assert.ok(romeo.received().at(-1)!.startsWith(last));
  });

  test('somebody on the phone: the call in place of show and status, the rest word for word, for contacts and own devices', async () => {
    await sends(juliet, {});
    await sends(romeo, {}, status('free'), element('c', 'http://jabber.org/protocol/caps', { ver: 'x' }));
    for (const one of [juliet, romeo]) one.received();
    const said = { device: 'line', availability: 'available', priority: -1, notes: {}, at: 0 } as const;
    const line = { state: 'busy', doNotDisturb: false } as const;
    putSource(romeo.home, { id: 'line', kind: 'phone-line', line, publication: said, tag: '', expiresAt: NEVER });
    const onACall = (to: string) =>
      `<presence from='romeo@example.test/orchard' to='${to}'><show>away</show><status>On a call</status><c xmlns='http://jabber.org/protocol/caps' ver='x'/></presence>`;
    assert.deepEqual(juliet.received(), [onACall('juliet@example.test/balcony')]);
    assert.deepEqual(romeo.received(), [onACall('romeo@example.test/orchard')]);
    removeSource(romeo.home, 'line');
    assert.match(juliet.received().join(), /^<presence [^>]*><status>free<\/status><c [^>]*\/><\/presence>$/);
  });

  test('a phone alone is a resource that takes no messages (RFC 6121 §8.5.2)', async () => {
    await sends(juliet, {});
    juliet.received();
    const said = { device: 'line', availability: 'available', priority: -1, notes: {}, at: 0 } as const;
    const line = { state: 'busy', doNotDisturb: false } as const;
    putSource(romeo.home, { id: 'line', kind: 'phone-line', line, publication: said, tag: '', expiresAt: NEVER });
    removeSource(romeo.home, 'line');
    assert.deepEqual(juliet.received(), [
      `<presence from='romeo@example.test/phone' to='juliet@example.test/balcony'><show>away</show><status>On a call</status><priority>-1</priority></presence>`,
      `<presence from='romeo@example.test/phone' type='unavailable' to='juliet@example.test/balcony'/>`,
    ]);
  });

  test('RFC 6121 §4.5.2: a stream that breaks tells the contacts too', async () => {
    await sends(juliet, {});
    await sends(romeo, {});
    juliet.received();
    sessionGone(romeo.session);
    sessionGone(romeo.session);
    assert.deepEqual(juliet.received(), [
      "<presence from='romeo@example.test/orchard' type='unavailable' to='juliet@example.test/balcony'/>",
    ]);
  });

  test('an address is written so that it stays an attribute', () => {
    const notice = { from: ROMEO, device: "Romeo's <phone>", publication: undefined };
    assert.equal(
      renderPresence(notice, "juliet@example.test/'&"),
      "<presence from='romeo@example.test/Romeo&apos;s &lt;phone&gt;' type='unavailable' to='juliet@example.test/&apos;&amp;'/>",
    );
  });

  test('RFC 8048 §3: what another protocol says is put in XMPP’s words', () => {
    const said = { device: 'x', availability: 'do-not-disturb', priority: -1, notes: { en: 'no' }, at: 0 } as const;
    assert.equal(
      renderPresence({ from: ROMEO, device: 'x', publication: said }, JULIET),
      "<presence from='romeo@example.test/x' to='juliet@example.test'><show>dnd</show><status xml:lang='en'>no</status><priority>-1</priority></presence>",
    );
    const gone = { from: ROMEO, device: 'x', publication: undefined, notes: { '': 'bye' } };
    assert.match(renderPresence(gone, JULIET), /<status>bye<\/status>/);
  });
});

describe('directed presence', () => {
  test('RFC 6121 §4.6.3: whoever was shown a session is told when it leaves, once', async () => {
    await sends(nurse, {});
    await sends(romeo, {});
    nurse.received();
    await sends(romeo, { to: NURSE });
    await sends(romeo, { to: `${NURSE}/hall` });
    await sends(romeo, { to: JULIET });
    await sends(juliet, {});
    juliet.received();
    assert.equal(nurse.received().length, 2);
    await sends(romeo, { to: NURSE, type: 'unavailable' });
    nurse.received();
    sessionGone(romeo.session);
    const gone = "<presence from='romeo@example.test/orchard' type='unavailable' to=";
    assert.deepEqual(nurse.received(), [`${gone}'nurse@example.test/hall'/>`]);
    assert.deepEqual(juliet.received(), [`${gone}'juliet@example.test/balcony'/>`]);
  });

  test('RFC 6121 §4.6: works before and without presence for all', async () => {
    await sends(nurse, {});
    nurse.received();
    await sends(romeo, { to: NURSE });
    await sends(romeo, { type: 'unavailable' });
    assert.equal(nurse.received().length, 2);
    assert.deepEqual(romeo.received(), []);
  });

  test('RFC 6121 §8.5.3.1: reaches a device that is named, available or not', async () => {
    await sends(romeo, { to: `${NURSE}/hall` });
    assert.equal(nurse.received().length, 1);
    await sends(romeo, { to: NURSE });
    assert.equal(nurse.received().length, 0);
  });

  test('a session shows itself to a bounded number of addresses', async () => {
    for (let i = 0; i < 1000; i++) {
      void handlePresence(romeo.session, element('presence', NS_CLIENT, { to: `${NURSE}/${i}` }));
    }
    assert.throws(() => handlePresence(romeo.session, element('presence', NS_CLIENT, { to: NURSE })), {
      kind: 'over-limit',
    });
  });
});

describe('subscriptions', () => {
  test('RFC 6121 §3.1.2: a request goes from bare JID to bare JID, to the devices that are available', async () => {
    await sends(nurse, {});
    const away = await session(NURSE, 'away');
    nurse.received();
    await sends(romeo, { id: 'x', type: 'subscribe', to: `${NURSE}/hall` }, status('hello'));
    assert.deepEqual(nurse.received(), [
      "<presence type='subscribe' from='romeo@example.test' to='nurse@example.test' id='x'><status>hello</status></presence>",
    ]);
    assert.deepEqual(away.received(), []);
  });

  test('RFC 6121 §3.1.3 (4): a request waits, complete, for each device until it is answered', async () => {
    await sends(romeo, { type: 'subscribe', to: NURSE }, status('hello'));
    assert.deepEqual(nurse.received(), []);
    world.restart();
    new FeatureHost(subscriptions, world.hooks);
    const hall = await session(NURSE, 'hall');
    const kitchen = await session(NURSE, 'kitchen');
    const request =
      "<presence type='subscribe' from='romeo@example.test' to='nurse@example.test'><status>hello</status></presence>";
    for (const one of [hall, kitchen]) {
      await sends(one, {});
      assert.ok(one.received().includes(request));
    }
    await sends(hall, {}, status('a change is no sign-in'));
    assert.ok(!hall.received().includes(request));
    await sends(hall, { type: 'subscribed', to: ROMEO });
    const garden = await session(NURSE, 'garden');
    await sends(garden, {});
    assert.ok(!garden.received().includes(request));
  });

  test('a request that is too long to keep waits without what was added to it', async () => {
    await sends(romeo, { type: 'subscribe', to: NURSE }, status('o'.repeat(300)));
    await sends(nurse, {});
    assert.ok(
      nurse.received().includes("<presence from='romeo@example.test' to='nurse@example.test' type='subscribe'/>"),
    );
  });

  test('RFC 6121 §3.1.6: an answer goes to the devices that follow the list', async () => {
    await sends(romeo, { type: 'subscribe', to: NURSE });
    romeo.wantsContacts = true;
    const phone = await session(ROMEO, 'phone');
    await sends(phone, {});
    phone.received();
    await sends(nurse, { type: 'subscribed', to: ROMEO });
    assert.deepEqual(romeo.received(), [
      "<presence type='subscribed' from='nurse@example.test' to='romeo@example.test'/>",
    ]);
    assert.deepEqual(phone.received(), []);
  });

  test('RFC 6121 §3.2.2: presence leaves before the subscription does', async () => {
    for (const one of [romeo, juliet]) await sends(one, {});
    romeo.wantsContacts = true;
    romeo.received();
    await sends(juliet, { type: 'unsubscribed', to: ROMEO });
    assert.deepEqual(romeo.received(), [
      "<presence from='juliet@example.test/balcony' type='unavailable' to='romeo@example.test/orchard'/>",
      "<presence type='unsubscribed' from='juliet@example.test' to='romeo@example.test'/>",
    ]);
  });

  test('RFC 6121 §3.4.1: approval in advance is announced', () => {
    const [feature] = new FeatureHost(subscriptions, world.hooks).streamFeatures;
    assert.ok(feature!.is('sub', 'urn:xmpp:features:pre-approval'));
  });
});

test('RFC 6120 §8.3.1: an error goes to the device that it is for, and to nobody else', async () => {
  await sends(juliet, {});
  juliet.received();
  await sends(romeo, { type: 'error', to: `${JULIET}/balcony`, id: 'e' });
  await sends(romeo, { type: 'error', to: JULIET });
  await sends(romeo, { type: 'error', to: 'far@example.org/away' });
  await sends(romeo, { type: 'error' });
  assert.deepEqual(juliet.received(), [
    "<presence from='romeo@example.test/orchard' type='error' to='juliet@example.test/balcony' id='e'/>",
  ]);
});

describe('what is refused', () => {
  const rows: [what: string, attributes: Record<string, string>, condition: string][] = [
    ['RFC 6121 §4.3: a probe by a client', { type: 'probe', to: JULIET }, 'not-allowed'],
    ['RFC 6121 §4.7.1: a type that does not exist', { type: 'available' }, 'bad-request'],
    ['RFC 6121 §3.1.1: a request to nobody', { type: 'subscribe' }, 'bad-request'],
    [
      'RFC 6121 §3.1.2: a request to another domain',
      { type: 'subscribe', to: 'a@example.org' },
      'remote-server-not-found',
    ],
    ['RFC 6121 §4.6: presence to another domain', { to: 'a@example.org' }, 'remote-server-not-found'],
    ['a request to the server', { type: 'subscribe', to: 'example.test' }, 'item-not-found'],
    ['a request to oneself', { type: 'subscribe', to: `${ROMEO}/phone` }, 'not-allowed'],
  ];
  for (const [what, attributes, condition] of rows) {
    test(`${what}: ${condition}`, () => {
      const refused = (error: unknown) => error instanceof StanzaError && error.condition === condition;
      assert.throws(() => handlePresence(romeo.session, element('presence', NS_CLIENT, attributes)), refused);
    });
  }

  test('RFC 6121 §8.5.1: a request to somebody who does not exist is silently ignored', async () => {
    await sends(romeo, { type: 'subscribe', to: 'nobody@example.test' });
    assert.equal(contactsOf(romeo.home).get('nobody@example.test'), undefined);
  });

  test('what is wrong changes nothing', async () => {
    await sends(juliet, {});
    await sends(romeo, {}, status('here'));
    juliet.received();
    const before = romeo.publication;
    await assert.rejects(sends(romeo, {}, element('show', NS_CLIENT, {}, 'busy')), StanzaError);
    assert.equal(romeo.publication, before);
    assert.deepEqual(juliet.received(), []);
  });

  test('directed presence to the server itself is of no interest to anyone', async () => {
    await sends(romeo, { to: 'example.test' });
    assert.deepEqual(romeo.received(), []);
  });
});
