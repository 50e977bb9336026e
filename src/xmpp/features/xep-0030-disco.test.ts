import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Element } from '#xml/element.ts';
import { element } from '#xml/element.ts';
import { type InProcess, startInProcess } from '../../../test/support/in-process.ts';
import type { TestClient } from '../../../test/support/test-client.ts';
import { discoInfo, discoItems } from '../hooks.ts';

const INFO = 'http://jabber.org/protocol/disco#info';
const ITEMS = 'http://jabber.org/protocol/disco#items';

let server: InProcess;
let romeo: TestClient;
let juliet: TestClient;
let mercutio: TestClient;

before(async () => {
  server = await startInProcess({ people: ['romeo', 'juliet', 'mercutio'] });
  await server.befriend('romeo', 'juliet');
  romeo = await server.signIn('romeo', 'orchard');
  juliet = await server.signIn('juliet', 'balcony');
  mercutio = await server.signIn('mercutio', 'street');
  await juliet.becomeAvailable();
});
after(() => server.stop());

const info = (client: TestClient, to?: string, node = '') =>
  client.ask('get', `<query xmlns='${INFO}'${node}/>`, to) as Promise<Element>;
const items = async (client: TestClient, to?: string, inside = '') => {
  const query = await client.ask('get', `<query xmlns='${ITEMS}'>${inside}</query>`, to);
  return query!.elements().map(({ name, attributes: { jid } }) => (name === 'item' ? jid : name));
};
const identities = (query: Element) =>
  query
    .elements()
    .flatMap(({ name, attributes: { category, type } }) => (name === 'identity' ? `${category}/${type}` : []));
const features = (query: Element) =>
  query.elements().flatMap(({ name, attributes }) => (name === 'feature' ? attributes.var! : []));

describe('XEP-0030 §3: what an entity is and can do', () => {
  test('the server is an instant messaging server', async () => {
    const query = await info(romeo, 'example.test');
    assert.deepEqual(identities(query), ['server/im']);
    for (const name of [INFO, ITEMS, 'urn:xmpp:ping', 'jabber:iq:version', 'jabber:iq:last', 'urn:xmpp:time']) {
      assert.ok(features(query).includes(name), name);
    }
    assert.equal(new Set(features(query)).size, features(query).length);
  });

  test('§3.1: the server answers for an account', async () => {
    const query = await info(romeo, 'romeo@example.test');
    assert.deepEqual(identities(query), ['account/registered']);
    assert.ok(features(query).includes(INFO));
    assert.ok(!features(query).includes('jabber:iq:version'));
    assert.deepEqual(identities(await info(romeo)), ['account/registered']);
  });

  test('a feature that is switched off is not announced', async () => {
    server.configure({ 'xmpp.xep-0092.enabled': false });
    assert.ok(!features(await info(romeo, 'example.test')).includes('jabber:iq:version'));
    server.configure({ 'xmpp.xep-0092.enabled': true });
    assert.ok(features(await info(romeo, 'example.test')).includes('jabber:iq:version'));
  });

  test('a request to a full JID is answered by the client there', async () => {
    const answer = romeo.iq('get', `<query xmlns='${INFO}'/>`, juliet.jid);
    const { id, from } = (await juliet.expect(`<iq type='get'><query xmlns='${INFO}'/></iq>`)).attributes;
    juliet.send(
      `<iq type='result' id='${id}' to='${from}'><query xmlns='${INFO}'><identity category='client'/></query></iq>`,
    );
    assert.equal((await answer).attributes.type, 'result');
  });
});

describe('XEP-0030 §4: what belongs to an entity', () => {
  test('nothing: the list is empty', async () => {
    assert.deepEqual(await items(romeo, 'example.test'), []);
  });

  test('§4.1: to an account, its resources', async () => {
    assert.deepEqual(await items(juliet), ['juliet@example.test/balcony']);
    assert.deepEqual(await items(romeo, 'juliet@example.test'), ['juliet@example.test/balcony']);
  });

  test('§4.1: one that is only connected is shown to the owner alone', async () => {
    assert.deepEqual(await items(romeo), ['romeo@example.test/orchard']);
    assert.deepEqual(await items(juliet, 'romeo@example.test'), []);
  });

  test('XEP-0059 §2.1: as many as are asked for', async () => {
    const set = `<set xmlns='http://jabber.org/protocol/rsm'><max>0</max></set>`;
    const query = await juliet.ask('get', `<query xmlns='${ITEMS}'>${set}</query>`);
    assert.equal(query!.child('set', 'http://jabber.org/protocol/rsm')?.childText('count'), '1');
  });
});

describe('XEP-0030 §3.2, §4.2: nodes', () => {
  test('§7: one that does not exist is not found', async () => {
    for (const ns of [INFO, ITEMS]) {
      for (const to of ['example.test', 'romeo@example.test']) {
        assert.equal(await romeo.refusal('get', `<query xmlns='${ns}' node='books'/>`, to), 'cancel, item-not-found');
      }
    }
  });

  test('one that somebody knows is described, and named in the answer', async () => {
    const { hooks } = server.running.node;
    const stop = [
      hooks.on(discoInfo, 'collect', ({ home, node, answer }) => {
        if (home === undefined && node === 'music')
          answer.push(element('identity', INFO, { category: 'hierarchy', type: 'branch' }));
      }),
      hooks.on(discoItems, 'collect', ({ home, node, answer }) => {
        if (home === undefined && node === undefined)
          answer.push(element('item', ITEMS, { jid: 'example.test', node: 'music' }));
      }),
    ];
    try {
      const query = await info(romeo, 'example.test', " node='music'");
      assert.deepEqual([query.attributes.node, identities(query)], ['music', ['hierarchy/branch']]);
      assert.deepEqual(await items(romeo, 'example.test'), ['example.test']);
      const empty = await romeo.ask('get', `<query xmlns='${ITEMS}' node='music'/>`, 'example.test');
      assert.deepEqual([empty!.attributes.node, empty!.children], ['music', []]);
    } finally {
      for (const run of stop) run();
    }
  });

  test('§4.2: an empty node is none', async () => {
    assert.deepEqual(identities(await info(romeo, 'example.test', " node=''")), ['server/im']);
  });
});

describe('XEP-0030 §8: an account and its resources are shown to those who may see its presence', () => {
  const unknown = `<query xmlns='${INFO}' node='books'/>`;

  test('a contact learns of the account', async () => {
    assert.deepEqual(identities(await info(romeo, 'juliet@example.test')), ['account/registered']);
  });

  test('to anybody else it is as one that does not exist', async () => {
    for (const to of ['juliet@example.test', 'nobody@example.test']) {
      assert.equal(await mercutio.refusal('get', `<query xmlns='${INFO}'/>`, to), 'cancel, service-unavailable');
      assert.equal(await mercutio.refusal('get', unknown, to), 'cancel, service-unavailable');
      assert.deepEqual(await items(mercutio, to), []);
      const node = await mercutio.ask('get', `<query xmlns='${ITEMS}' node='books'/>`, to);
      assert.deepEqual([node!.attributes.node, node!.children], ['books', []]);
    }
  });
});

test('RFC 6120 §8.4: nothing can be set', async () => {
  assert.equal(
    await romeo.refusal('set', `<query xmlns='${INFO}'/>`, 'example.test'),
    'cancel, feature-not-implemented',
  );
});
