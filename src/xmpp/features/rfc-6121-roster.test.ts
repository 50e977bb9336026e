import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { contactsOf } from '#contacts/contact-list.ts';
import { contacts as migration } from '#store/migrations/0002-contacts.ts';
import { type Element, element } from '#xml/element.ts';
import { serialize } from '#xml/serializer.ts';
import { FeatureHost } from '../../../test/support/feature-host.ts';
import { makeWorld, type World } from '../../../test/support/homes.ts';
import { RecordingSession } from '../../../test/support/recording-session.ts';
import { handlePresence } from '../presence.ts';
import { NS_CLIENT, NS_ROSTER } from '../wire/namespaces.ts';
import { roster } from './rfc-6121-roster.ts';

const ROMEO = 'romeo@example.test';
const JULIET = 'juliet@example.test';

let world: World;
let host: FeatureHost;
let romeo: RecordingSession;
let phone: RecordingSession;

beforeEach(async () => {
  world = await makeWorld({ people: [ROMEO, JULIET], migrations: [migration] });
  host = new FeatureHost(roster, world.hooks);
  romeo = new RecordingSession(await world.home(ROMEO), 'orchard');
  phone = new RecordingSession(await world.home(ROMEO), 'phone');
});
afterEach(() => world.close());

async function get(session: RecordingSession, ver?: string): Promise<string> {
  const answer = await host.ask(session, 'get', element('query', NS_ROSTER, { ver }));
  return answer === undefined ? '' : serialize(answer);
}

function set(...items: Element[]): Promise<Element | undefined> {
  return host.ask(romeo, 'set', element('query', NS_ROSTER, {}, ...items));
}

function item(jid: string | undefined, attributes: Record<string, string> = {}, ...groups: string[]): Element {
  const children = groups.map((group) => element('group', NS_ROSTER, {}, group));
  return element('item', NS_ROSTER, { jid, ...attributes }, ...children);
}

function pushed(version: number, text: string, to = 'orchard'): string {
  return `<iq type='set' id='push-${version}' to='${ROMEO}/${to}'><query xmlns='jabber:iq:roster' ver='1.${version}'>${text}</query></iq>`;
}

describe('the roster', () => {
  test('RFC 6121 §2.1.4: an empty one is an empty query, with its version', async () => {
    assert.equal(await get(romeo), "<query xmlns='jabber:iq:roster' ver='1.0'/>");
  });

  test('RFC 6121 §2.3: an item that is added is pushed to the devices that have asked for the roster', async () => {
    await get(romeo);
    assert.equal(
      await set(item(JULIET, { name: 'Juliet', subscription: 'both', ask: 'subscribe' }, 'Servants')),
      undefined,
    );
    const juliet = `<item jid='${JULIET}' name='Juliet' subscription='none'><group>Servants</group></item>`;
    assert.deepEqual(romeo.received(), [pushed(1, juliet)]);
    assert.deepEqual(phone.received(), []);
    assert.equal(await get(phone), `<query xmlns='jabber:iq:roster' ver='1.1'>${juliet}</query>`);
  });

  test('RFC 6121 §2.4: an item that is changed loses what is not said again', async () => {
    await set(item(JULIET, { name: 'Juliet' }, 'Friends', 'Lovers'));
    await get(romeo);
    await set(item(`${JULIET}/balcony`, {}, 'Lovers'));
    assert.deepEqual(romeo.received(), [
      pushed(2, `<item jid='${JULIET}' subscription='none'><group>Lovers</group></item>`),
    ]);
  });

  test('RFC 6121 §2.5: an item that is removed is pushed as removed', async () => {
    await set(item(JULIET));
    await get(romeo);
    await set(item(JULIET, { subscription: 'remove' }));
    assert.deepEqual(romeo.received(), [pushed(2, `<item jid='${JULIET}' subscription='remove'/>`)]);
    assert.equal(contactsOf(romeo.home).get(JULIET), undefined);
  });

  test('RFC 6121 §3.1.2: a question that is open shows as ask; who only asks does not show', async () => {
    await get(romeo);
    const juliet = new RecordingSession(await world.home(JULIET), 'balcony');
    await get(juliet);
    await handlePresence(romeo.session, element('presence', NS_CLIENT, { type: 'subscribe', to: JULIET }));
    assert.deepEqual(romeo.received(), [pushed(1, `<item jid='${JULIET}' subscription='none' ask='subscribe'/>`)]);
    assert.deepEqual(juliet.received(), []);
    assert.equal(await get(juliet), "<query xmlns='jabber:iq:roster' ver='2.0'/>");
  });

  test('RFC 6121 §3.4.2: an approval in advance shows as approved', async () => {
    await handlePresence(romeo.session, element('presence', NS_CLIENT, { type: 'subscribed', to: JULIET }));
    assert.match(await get(romeo), /<item jid='juliet@example.test' subscription='none' approved='true'\/>/);
  });
});

describe('roster versions', () => {
  test('RFC 6121 §2.6.1: are announced', () => {
    assert.ok(host.streamFeatures[0]!.is('ver', 'urn:xmpp:features:rosterver'));
  });

  test('RFC 6121 §2.6.3: who has the latest is told nothing', async () => {
    await set(item(JULIET));
    assert.equal(await get(romeo, '1.1'), '');
    await turn();
    assert.deepEqual(romeo.received(), []);
    assert.equal(romeo.wantsContacts, true);
  });

  test('RFC 6121 §2.6.3: who has an old one gets a push for each thing that was missed, after the result', async () => {
    for (const name of ['a', 'b', 'c', 'd']) await set(item(`${name}@example.test`));
    await set(item('b@example.test', { name: 'B' }));
    await set(item('a@example.test', { subscription: 'remove' }));
    const answer = get(romeo, '1.4');
    assert.deepEqual(romeo.received(), []);
    assert.equal(await answer, '');
    await turn();
    assert.deepEqual(romeo.received(), [
      pushed(5, "<item jid='b@example.test' name='B' subscription='none'/>"),
      pushed(6, "<item jid='a@example.test' subscription='remove'/>"),
    ]);
  });

  test('RFC 6121 §2.6.3: when the pushes would be more than the list, the list is sent', async () => {
    for (const name of ['a', 'b', 'c']) await set(item(`${name}@example.test`));
    for (const name of ['a', 'b']) await set(item(`${name}@example.test`, { subscription: 'remove' }));
    assert.match(await get(romeo, '1.0'), /^<query .*c@example.test/);
  });

  for (const ver of ['', '1.9', '2.1', 'x', '1.-1', '1', '99999999999999999999.1']) {
    test(`RFC 6121 §2.6.3: a version that this list never had (${JSON.stringify(ver)}) gets the whole list`, async () => {
      await set(item(JULIET));
      assert.match(await get(romeo, ver), /^<query/);
    });
  }
});

describe('what is refused', () => {
  test('RFC 6121 §2.3.3: the roster of somebody else: forbidden', async () => {
    const juliet = await world.home(JULIET);
    for (const type of ['get', 'set'] as const) {
      const query = element('query', NS_ROSTER, {}, item(ROMEO));
      await assert.rejects(host.ask(romeo, type, query, juliet), { condition: 'forbidden' });
    }
    assert.equal(romeo.wantsContacts, false);
  });

  const rows: [what: string, items: Element[], error: object][] = [
    ['no item', [], { condition: 'bad-request' }],
    ['two items', [item('a@example.test'), item('b@example.test')], { condition: 'bad-request' }],
    ['something else', [element('item', 'urn:other', { jid: JULIET })], { condition: 'bad-request' }],
    ['an item without a jid', [item(undefined)], { condition: 'bad-request' }],
    ['a jid that is none', [item('@example.test')], { kind: 'malformed' }],
    ['a group twice', [item(JULIET, {}, 'a', 'a')], { kind: 'malformed' }],
    ['a group without a name', [item(JULIET, {}, '')], { kind: 'not-acceptable' }],
    ['a name that is too long', [item(JULIET, { name: 'n'.repeat(2000) })], { kind: 'not-acceptable' }],
    ['oneself', [item(ROMEO)], { condition: 'not-allowed' }],
    ['the removal of somebody unknown (§2.5.3)', [item(JULIET, { subscription: 'remove' })], { kind: 'not-found' }],
  ];
  for (const [what, items, error] of rows) {
    test(`RFC 6121 §2.3.3: ${what}`, async () => {
      await get(romeo);
      await assert.rejects(set(...items), error);
      assert.deepEqual(romeo.received(), []);
    });
  }
});
