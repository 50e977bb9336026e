import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { type InProcess, startInProcess } from '../../../test/support/in-process.ts';
import { errorOf, type TestClient } from '../../../test/support/test-client.ts';

const NS = 'urn:xmpp:blocking';
const ROMEO = 'romeo@example.test';
const JULIET = 'juliet@example.test';
const BLOCKLIST = `<blocklist xmlns='${NS}'/>`;

let server: InProcess;
let juliet: TestClient;
let romeo: TestClient;
beforeEach(async () => {
  const settings = { 'contacts.limits.maxBlocked': 5 };
  server = await startInProcess({ people: ['romeo', 'juliet', 'iago'], settings });
  await server.befriend('romeo', 'juliet');
  juliet = await server.signIn('juliet', 'chamber');
  romeo = await server.signIn('romeo', 'orchard');
});
afterEach(() => server.stop());

const items = (jids: string[]) => jids.map((jid) => `<item jid='${jid}'/>`).join('');
const block = (...jids: string[]) => `<block xmlns='${NS}'>${items(jids)}</block>`;
const unblock = (...jids: string[]) => `<unblock xmlns='${NS}'>${items(jids)}</unblock>`;
const listed = async (client: TestClient) =>
  (await client.ask('get', BLOCKLIST))!.elements().map((item) => item.attributes.jid);

async function bothAvailable(): Promise<void> {
  await juliet.becomeAvailable();
  await romeo.becomeAvailable();
  await juliet.expect(`<presence from='${romeo.jid}'/>`);
  await romeo.expect(`<presence from='${juliet.jid}'/>`);
  await Promise.all([juliet.rest(), romeo.rest()]);
}

describe('XEP-0191 §3.1 to §3.5: commands', () => {
  test('§3.1: the server announces it', async () => {
    const info = await juliet.ask('get', `<query xmlns='http://jabber.org/protocol/disco#info'/>`, 'example.test');
    assert.ok(info!.elements().some((child) => child.attributes.var === NS));
  });

  test('§3.2: the list is empty, then holds what was blocked, also after a restart', async () => {
    assert.deepEqual(await listed(juliet), []);
    assert.equal(await juliet.ask('set', block(ROMEO, 'Iago@Example.TEST')), undefined);
    await juliet.ask('set', block(ROMEO));
    await server.restart();
    juliet = await server.signIn('juliet');
    assert.deepEqual((await listed(juliet)).sort(), ['iago@example.test', ROMEO]);
    romeo = await server.signIn('romeo');
    assert.deepEqual(await listed(romeo), []);
  });

  test('§3.3, §3.4, §3.5: each resource that has asked for the list is told of changes, and no other', async () => {
    const balcony = await server.signIn('juliet', 'balcony');
    const hall = await server.signIn('juliet', 'hall');
    for (const client of [juliet, balcony]) await client.ask('get', BLOCKLIST);
    for (const command of [block(ROMEO, 'shakespeare.lit'), unblock(ROMEO), unblock()]) {
      await hall.ask('set', command);
      for (const client of [juliet, balcony]) {
        const push = await client.expect(`<iq type='set' id='{any}' to='${client.jid}'>${command}</iq>`);
        assert.equal(push.firstChild()!.elements().length, command.split('<item').length - 1);
      }
    }
    await hall.expectNothingMore();
    assert.deepEqual(await listed(hall), []);
  });

  const refused: [what: string, command: string, error: string][] = [
    ['§3.3: a block command without an item', `<block xmlns='${NS}'/>`, 'modify, bad-request'],
    ['an item without a jid', `<block xmlns='${NS}'><item/></block>`, 'modify, bad-request'],
    ['a jid that is none', block('@example.test'), 'modify, jid-malformed'],
    ['one bad item among good ones', block(ROMEO, 'x@'), 'modify, jid-malformed'],
    ['unblocking what is no item', `<unblock xmlns='${NS}'><all/></unblock>`, 'modify, bad-request'],
    [
      'more than an account may block',
      block('a.lit', 'b.lit', 'c.lit', 'd.lit', 'e.lit', 'f.lit'),
      'wait, resource-constraint',
    ],
  ];
  for (const [what, command, error] of refused) {
    test(`${what}: ${error}, and nothing has changed`, async () => {
      await juliet.ask('set', block('iago@example.test'));
      assert.equal(await juliet.refusal('set', command), error);
      assert.deepEqual(await listed(juliet), ['iago@example.test']);
    });
  }

  test('what is blocked already does not count twice', async () => {
    for (let i = 0; i < 3; i++) await juliet.ask('set', block('a.lit', 'b.lit', 'a.lit', 'c.lit'));
    assert.equal((await listed(juliet)).length, 3);
    await juliet.ask('set', unblock('a.lit', 'z.lit'));
    assert.equal((await listed(juliet)).length, 2);
  });

  test('nobody sees or changes the list of somebody else', async () => {
    assert.equal(await romeo.refusal('get', BLOCKLIST, JULIET), 'cancel, service-unavailable');
    assert.equal(await romeo.refusal('set', unblock(), JULIET), 'cancel, service-unavailable');
  });

  test('an account that was removed leaves no list behind', async () => {
    await juliet.ask('set', block(ROMEO));
    await server.running.accounts.remove(JULIET);
    assert.deepEqual(await server.running.node.database.read('select * from blocked_addresses'), []);
  });
});

describe('XEP-0191 §3.3: what somebody sends who is blocked', () => {
  beforeEach(async () => {
    await bothAvailable();
    await juliet.ask('set', block(ROMEO));
    await romeo.expect(`<presence from='${juliet.jid}' type='unavailable'/>`);
  });

  test('a message comes back, whatever it is to', async () => {
    for (const to of [JULIET, juliet.jid]) {
      for (const type of ['chat', 'normal', 'headline']) {
        romeo.send(`<message to='${to}' type='${type}' id='m'><body>But soft!</body></message>`);
        assert.equal(
          errorOf(await romeo.expect(`<message type='error' from='${to}' id='m'/>`)),
          'cancel, service-unavailable',
        );
      }
    }
    await juliet.expectNothingMore();
  });

  test('a message of type error is dropped', async () => {
    romeo.send(`<message to='${juliet.jid}' type='error'><error type='cancel'/></message>`);
    await romeo.expectNothingMore();
    await juliet.expectNothingMore();
  });

  test('presence, subscriptions and what is directed are dropped, and not answered', async () => {
    romeo.send(`<presence><show>away</show></presence>`);
    romeo.send(`<presence to='${juliet.jid}'/>`);
    for (const type of ['subscribe', 'unsubscribe', 'unsubscribed', 'subscribed', 'unavailable', 'error']) {
      romeo.send(`<presence to='${JULIET}' type='${type}'/>`);
    }
    romeo.send(`<presence type='unavailable'/>`);
    const iago = await server.signIn('iago');
    await juliet.ask('set', block('iago@example.test'));
    iago.send(`<presence to='${JULIET}' type='subscribe'/>`);
    await iago.expectNothingMore();
    const answers = await romeo.rest();
    assert.deepEqual(
      answers.filter(({ attributes }) => attributes.from?.startsWith(JULIET)),
      [],
    );
    await juliet.expectNothingMore();
  });

  test('a probe is not answered: to the blocked one the account is offline', async () => {
    const again = await server.signIn('romeo', 'street');
    await again.becomeAvailable();
    const seen = (await again.rest()).filter(({ attributes }) => attributes.from?.startsWith(JULIET));
    assert.deepEqual(seen, []);
  });

  test('a request is refused, to the session and to the account', async () => {
    for (const to of [juliet.jid, JULIET]) {
      for (const query of ['jabber:iq:version', 'jabber:iq:last', 'http://jabber.org/protocol/disco#items']) {
        assert.equal(await romeo.refusal('get', `<query xmlns='${query}'/>`, to), 'cancel, service-unavailable', query);
      }
    }
    await juliet.expectNothingMore();
  });

  test('a message that waits from before is not delivered any more', async () => {
    await juliet.close();
    await romeo.close();
    const [iago, again] = [await server.signIn('iago'), await server.signIn('juliet', 'phone')];
    iago.send(`<message to='${JULIET}' type='chat'><body>I hate the Moor</body></message>`);
    await iago.expectNothingMore();
    await again.ask('set', block(iago.jid));
    await again.becomeAvailable();
    await again.expectNothingMore();
    await again.ask('set', unblock());
    const phone = await server.signIn('juliet', 'other');
    await phone.becomeAvailable();
    assert.ok(!(await phone.rest()).some(({ name }) => name === 'message'));
  });

  test('an answer is dropped', async () => {
    romeo.send(`<iq type='result' id='x' to='${juliet.jid}'/>`);
    romeo.send(`<iq type='error' id='x' to='${juliet.jid}'><error type='cancel'/></iq>`);
    await romeo.expectNothingMore();
    await juliet.expectNothingMore();
  });

  test('a request to be admitted that waits is not shown until it is unblocked', async () => {
    const iago = await server.signIn('iago');
    iago.send(`<presence to='${JULIET}' type='subscribe'/>`);
    await juliet.expect(`<presence from='iago@example.test' type='subscribe'/>`);
    await juliet.ask('set', block('iago@example.test'));
    const balcony = await server.signIn('juliet', 'balcony');
    await balcony.becomeAvailable();
    assert.ok(!(await balcony.rest()).some(({ attributes }) => attributes.type === 'subscribe'));
    await juliet.ask('set', unblock());
    const hall = await server.signIn('juliet', 'hall');
    await hall.becomeAvailable();
    await hall.expect(`<presence from='iago@example.test' type='subscribe'/>`);
  });
});

describe('XEP-0191 §3.3: what the owner sends to somebody who is blocked', () => {
  beforeEach(async () => {
    await bothAvailable();
    await juliet.ask('set', block(ROMEO));
    await romeo.expect(`<presence from='${juliet.jid}' type='unavailable'/>`);
  });
  const BLOCKED = `<error type='cancel'><not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><blocked xmlns='${NS}:errors'/></error>`;

  for (const to of [ROMEO, `${ROMEO}/orchard`]) {
    test(`comes back as not acceptable, because blocked (${to})`, async () => {
      const stanzas: [name: string, stanza: string][] = [
        ['message', `<message to='${to}' id='s'><body>Can you hear me now?</body></message>`],
        ['presence', `<presence to='${to}' id='s'/>`],
        ['presence', `<presence to='${to}' id='s' type='subscribe'/>`],
        ['presence', `<presence to='${to}' id='s' type='unsubscribed'/>`],
        ['iq', `<iq to='${to}' id='s' type='get'><query xmlns='jabber:iq:version'/></iq>`],
      ];
      for (const [name, stanza] of stanzas) {
        juliet.send(stanza);
        await juliet.expect(`<${name} type='error' from='${to}' id='s'>${BLOCKED}</${name}>`);
      }
      juliet.send(`<iq to='${to}' id='s' type='result'/>`);
      juliet.send(`<presence to='${to}' type='error'><error type='cancel'/></presence>`);
      await juliet.expectNothingMore();
      await romeo.expectNothingMore();
    });
  }

  test('presence for all does not reach them, nor a sign-in', async () => {
    juliet.send(`<presence><show>dnd</show></presence>`);
    const balcony = await server.signIn('juliet', 'balcony');
    await balcony.becomeAvailable();
    await balcony.close();
    await romeo.expectNothingMore();
  });
});

describe('XEP-0191 §3.3, §3.4: who is blocked sees the account leave, and come back', () => {
  test('a contact', async () => {
    await bothAvailable();
    await juliet.ask('set', block(ROMEO));
    await romeo.expect(`<presence from='${juliet.jid}' type='unavailable'/>`);
    juliet.send(`<presence><show>dnd</show></presence>`);
    romeo.send(`<presence><show>away</show></presence>`);
    await Promise.all([romeo.rest(), juliet.rest()]);
    await juliet.ask('set', unblock(ROMEO));
    await romeo.expect(`<presence from='${juliet.jid}'><show>dnd</show></presence>`);
    await juliet.expect(`<presence from='${romeo.jid}'><show>away</show></presence>`);
    romeo.send(`<message to='${JULIET}' type='chat'><body>I take thee at thy word</body></message>`);
    await juliet.expect(`<message from='${romeo.jid}' type='chat'/>`);
    await romeo.expectNothingMore();
  });

  test('a contact, once only, when blocked twice over', async () => {
    await bothAvailable();
    await juliet.ask('set', block(ROMEO, 'example.test'));
    await romeo.expect(`<presence from='${juliet.jid}' type='unavailable'/>`);
    await juliet.ask('set', block(`${ROMEO}/orchard`));
    await juliet.ask('set', unblock(ROMEO));
    await romeo.expectNothingMore();
    await juliet.ask('set', unblock());
    await romeo.expect(`<presence from='${juliet.jid}'/>`);
  });

  test('not who may not see the account', async () => {
    await juliet.becomeAvailable();
    const iago = await server.signIn('iago');
    await iago.becomeAvailable();
    for (const command of [block('iago@example.test'), unblock('iago@example.test')]) await juliet.ask('set', command);
    await iago.expectNothingMore();
  });

  test('RFC 6121 §4.6: who was shown it by directed presence sees it leave', async () => {
    const iago = await server.signIn('iago');
    juliet.send(`<presence to='${iago.jid}'/>`);
    await iago.expect(`<presence from='${juliet.jid}'/>`);
    await juliet.ask('set', block('iago@example.test'));
    await iago.expect(`<presence from='${juliet.jid}' type='unavailable'/>`);
    await juliet.close();
    await iago.expectNothingMore();
  });
});

describe('XEP-0191 §6: what an address matches', () => {
  const rows: [blocked: string, from: string, matches: boolean][] = [
    [`${ROMEO}/orchard`, 'orchard', true],
    [`${ROMEO}/orchard`, 'street', false],
    [ROMEO, 'street', true],
    ['example.test', 'street', true],
    ['example.test/orchard', 'orchard', false],
    ['test', 'orchard', false],
    ['romeo@example.test.lit', 'orchard', false],
  ];
  for (const [blocked, resource, matches] of rows) {
    test(`${blocked} ${matches ? 'matches' : 'does not match'} ${ROMEO}/${resource}`, async () => {
      await juliet.becomeAvailable();
      const sender = await server.signIn('romeo', resource);
      await juliet.ask('set', block(blocked));
      sender.send(`<message to='${juliet.jid}' id='m' type='chat'><body>Hist!</body></message>`);
      if (matches) await sender.expect(`<message type='error' id='m'/>`);
      else await juliet.expect(`<message id='m'/>`);
      juliet.send(`<message to='${sender.jid}' id='r' type='chat'><body>A thousand times</body></message>`);
      if (matches) await juliet.expect(`<message type='error' id='r'/>`);
      else await sender.expect(`<message id='r'/>`);
    });
  }

  test('domain/resource matches that resource only, the domain all of it but the account’s own server', async () => {
    const ping = `<ping xmlns='urn:xmpp:ping'/>`;
    await juliet.ask('set', block('example.test/echo'));
    assert.equal(await juliet.refusal('get', ping, 'example.test/echo'), 'cancel, not-acceptable');
    await juliet.ask('get', ping, 'example.test/other');
    await juliet.ask('set', block('example.test'));
    assert.equal(await juliet.refusal('get', ping, 'example.test/other'), 'cancel, not-acceptable');
    await juliet.ask('get', ping, 'example.test');
    await juliet.ask('get', ping);
  });

  test('§5: one’s own resources are never blocked from one another', async () => {
    const balcony = await server.signIn('juliet', 'balcony');
    await juliet.becomeAvailable();
    await balcony.becomeAvailable();
    await juliet.ask('set', block(JULIET, balcony.jid, 'example.test'));
    balcony.send(`<message to='${juliet.jid}' type='chat'><body>Ay me</body></message>`);
    await juliet.expect(`<message from='${balcony.jid}'/>`);
    juliet.send(`<presence><show>xa</show></presence>`);
    await balcony.expect(`<presence from='${juliet.jid}'><show>xa</show></presence>`);
    assert.equal((await listed(balcony)).length, 3);
  });
});
