import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { serialize } from '#xml/serializer.ts';
import { type InProcess, startInProcess } from '../../../test/support/in-process.ts';
import { errorOf, type TestClient } from '../../../test/support/test-client.ts';

const NS = 'jabber:iq:private';
const HAMLET = 'hamlet@example.test';
const NICK = `<exodus xmlns='exodus:prefs'><defaultnick>Hamlet</defaultnick></exodus>`;
const ASK = `<exodus xmlns='exodus:prefs'/>`;
const query = (...content: string[]) => `<query xmlns='${NS}'>${content.join('')}</query>`;

let server: InProcess;
let hamlet: TestClient;
let macbeth: TestClient;
before(async () => {
  const settings = { 'xmpp.xep-0049.maxBytes': 10_000, 'xmpp.xep-0049.maxNamespaces': 4 };
  server = await startInProcess({ people: ['hamlet', 'macbeth'], settings });
  hamlet = await server.signIn('hamlet', 'denmark');
  macbeth = await server.signIn('macbeth', 'scotland');
});
after(() => server.stop());
beforeEach(() => server.running.node.database.write({ sql: 'delete from private_xml' }));

const kept = async (asked = ASK, client = hamlet) =>
  (await client.ask('get', query(asked)))!.elements().map((one) => serialize(one));

describe('XEP-0049 §2.3: what a client keeps', () => {
  test('comes back by its namespace, on another device and after a restart', async () => {
    assert.equal(await hamlet.ask('set', query(NICK)), undefined);
    assert.deepEqual(await kept(), [NICK]);
    await server.restart();
    const other = await server.signIn('hamlet', 'england');
    assert.deepEqual(await kept(ASK, other), [NICK]);
    [hamlet, macbeth] = [await server.signIn('hamlet', 'denmark'), await server.signIn('macbeth')];
    assert.deepEqual(await kept(ASK, macbeth), [ASK]);
  });

  test('is replaced, and cleared by an empty element', async () => {
    await hamlet.ask('set', query(NICK));
    const dane = `<exodus xmlns='exodus:prefs'><defaultnick>The Dane</defaultnick></exodus>`;
    await hamlet.ask('set', query(dane));
    assert.deepEqual(await kept(), [dane]);
    await hamlet.ask('set', query(ASK));
    assert.deepEqual(await kept(), [ASK]);
    assert.deepEqual(await server.running.node.database.read('select * from private_xml'), []);
  });

  test('was never there: the element comes back empty', async () => {
    assert.deepEqual(await kept(`<storage xmlns='storage:bookmarks'><what/></storage>`), [
      `<storage xmlns='storage:bookmarks'/>`,
    ]);
  });

  test('may be several elements of one namespace, and several namespaces at once', async () => {
    const [a, b] = [`<a xmlns='urn:example:1' n='1'/>`, `<b xmlns='urn:example:1'>&lt;é</b>`];
    await hamlet.ask('set', query(a, NICK, b));
    assert.deepEqual(await kept(`<any xmlns='urn:example:1'/>`), [a, b]);
    assert.deepEqual(await kept(), [NICK]);
  });

  test('goes with its account', async () => {
    await server.running.accounts.add({ address: 'yorick@example.test', password: server.password });
    const yorick = await server.signIn('yorick');
    await yorick.ask('set', query(NICK));
    await server.running.accounts.remove('yorick@example.test');
    assert.deepEqual(await server.running.node.database.read('select * from private_xml'), []);
  });
});

describe('XEP-0049 §3: errors', () => {
  test('what is another’s, or nobody’s, is forbidden', async () => {
    await hamlet.ask('set', query(NICK));
    for (const to of [HAMLET, 'nobody@example.test']) {
      assert.equal(await macbeth.refusal('get', query(ASK), to), 'auth, forbidden');
      const answer = await macbeth.iq('set', query(`<exodus xmlns='exodus:prefs'><a/></exodus>`), to);
      assert.equal(errorOf(answer), 'auth, forbidden');
      assert.equal(answer.child('error')?.attributes.code, '403');
    }
    assert.deepEqual(await kept(), [NICK]);
    assert.deepEqual((await hamlet.ask('get', query(ASK), HAMLET))!.elements().length, 1);
  });

  const refused: [what: string, content: string][] = [
    ['no element', ''],
    ['text alone', 'Words, words, words'],
    ['an element without a namespace of its own', `<a/>`],
    ['an element of none', `<a xmlns=''/>`],
    ['a namespace that XMPP keeps to itself', `<query xmlns='jabber:iq:roster'/>`],
    ['another of them', `<x xmlns='http://jabber.org/protocol/muc'/>`],
    ['a vCard', `<vCard xmlns='vcard-temp'><FN>Hamlet</FN></vCard>`],
    ['one of these beside a good one', `${NICK}<vCard xmlns='vcard-temp'/>`],
  ];
  for (const [what, content] of refused) {
    test(`${what}: not acceptable`, async () => {
      for (const type of ['get', 'set'] as const) {
        const answer = await hamlet.iq(type, query(content));
        assert.equal(errorOf(answer), 'modify, not-acceptable');
        assert.equal(answer.child('error')?.attributes.code, '406');
      }
      assert.deepEqual(await kept(), [ASK]);
    });
  }

  test('§2.3: two namespaces are not asked for at a time', async () => {
    assert.equal(await hamlet.refusal('get', query(ASK, `<a xmlns='urn:example:1'/>`)), 'modify, bad-request');
  });
});

describe('what one account may keep', () => {
  const thing = (number: number, size = 1) => `<thing xmlns='urn:example:${number}'>${'x'.repeat(size)}</thing>`;

  test('is limited in number and size, also where it comes from several devices at once', async () => {
    for (const number of [1, 2, 3]) await hamlet.ask('set', query(thing(number)));
    const england = await server.signIn('hamlet', 'england');
    const answers = await Promise.all([hamlet.iq('set', query(thing(4))), england.iq('set', query(thing(5)))]);
    assert.deepEqual(answers.map(({ attributes }) => attributes.type).sort(), ['error', 'result']);
    const refused = answers.find(({ attributes }) => attributes.type === 'error')!;
    assert.equal(errorOf(refused), 'wait, resource-constraint');
    await hamlet.ask('set', query(thing(1, 9000)));
    assert.equal(await hamlet.refusal('set', query(thing(2, 2000))), 'wait, resource-constraint');
    assert.deepEqual(await kept(thing(2)), [thing(2)]);
  });

  test('all of a request is kept, or nothing', async () => {
    assert.equal(await hamlet.refusal('set', query(thing(1), thing(2, 11_000))), 'wait, resource-constraint');
    assert.deepEqual(await server.running.node.database.read('select * from private_xml'), []);
  });

  test('can be made less where a limit was lowered', async () => {
    await hamlet.ask('set', query(thing(1, 5000), thing(2, 4000)));
    server.configure({ 'xmpp.xep-0049.maxBytes': 3000, 'xmpp.xep-0049.maxNamespaces': 1 });
    assert.equal(await hamlet.refusal('set', query(thing(1, 5001))), 'wait, resource-constraint');
    await hamlet.ask('set', query(thing(1, 4000)));
    await hamlet.ask('set', query(`<thing xmlns='urn:example:2'/>`));
  });
});
