import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { type InProcess, startInProcess } from '../../../../test/support/in-process.ts';
import type { TestClient } from '../../../../test/support/test-client.ts';

const INACTIVE = `<inactive xmlns='urn:xmpp:csi:0'/>`;
const ACTIVE = `<active xmlns='urn:xmpp:csi:0'/>`;
const PING = `<ping xmlns='urn:xmpp:ping'/>`;

let server: InProcess;
let juliet: TestClient;
let romeo: TestClient;
beforeEach(async () => {
  server = await startInProcess({ people: ['romeo', 'juliet', 'nurse'] });
  await server.befriend('romeo', 'juliet', 'nurse');
  juliet = await server.signIn('juliet', 'balcony');
  romeo = await server.signIn('romeo', 'orchard');
  await juliet.becomeAvailable();
  await romeo.becomeAvailable();
  await juliet.expect(`<presence from='${romeo.jid}'/>`);
  await Promise.all([juliet.rest(), romeo.rest()]);
});
afterEach(() => server.stop());

/** The server has dealt with all that somebody said. */
const said = (client: TestClient) => client.ask('get', PING);

async function becomesInactive(client: TestClient): Promise<void> {
  await said(client);
  client.send(INACTIVE);
  await said(client);
}

const shows = (client: TestClient, show: string) => client.send(`<presence><show>${show}</show></presence>`);
const isTyping = (client: TestClient, state: string, to = 'juliet@example.test') =>
  client.send(`<message to='${to}' type='chat'><${state} xmlns='http://jabber.org/protocol/chatstates'/></message>`);

/** What the client is sent until the answer to a ping that it sends along with something else, in order. */
async function untilPong(client: TestClient, first: string): Promise<string[]> {
  client.send(first);
  client.send(`<iq type='get' id='pong'>${PING}</iq>`);
  await client.expect(`<iq type='result' id='pong'/>`);
  return (await client.rest()).map(summary);
}

function summary(stanza: {
  name: string;
  attributes: Record<string, string>;
  elements(): { name: string; text(): string }[];
}) {
  const content = stanza.elements().filter(({ name }) => name !== 'stanza-id');
  const from = stanza.attributes.from?.split('@')[0];
  return `${from} ${stanza.attributes.type ?? stanza.name} ${content.map((child) => child.text() || child.name).join()}`;
}

test('XEP-0352 §4.1: it is announced after sign-in', async () => {
  const client = await server.connect();
  assert.equal(client.features.child('csi', 'urn:xmpp:csi:0'), undefined);
  await client.authenticate('nurse', server.password);
  assert.ok(client.features.child('csi', 'urn:xmpp:csi:0'));
});

describe('XEP-0352 §3.2: while nobody looks at a client', () => {
  test('only the newest presence of each resource waits; §5.1: and comes before the answer to what is said next', async () => {
    const street = await server.signIn('romeo', 'street');
    await street.becomeAvailable();
    await juliet.expect(`<presence from='${street.jid}'/>`);
    await becomesInactive(juliet);
    for (const show of ['away', 'xa', 'dnd']) shows(romeo, show);
    await said(romeo);
    street.send(`<presence type='unavailable'/>`);
    await said(street);
    shows(romeo, 'chat');
    await said(romeo);
    assert.deepEqual(await untilPong(juliet, ACTIVE), ['romeo unavailable ', 'romeo presence chat']);
    shows(romeo, 'away');
    await juliet.expect(`<presence><show>away</show></presence>`);
  });

  test('only the newest chat state of each sender waits, also of a copy for another device', async () => {
    const phone = await server.signIn('juliet', 'phone');
    await phone.ask('set', `<enable xmlns='urn:xmpp:carbons:2'/>`);
    await becomesInactive(juliet);
    await becomesInactive(phone);
    for (const state of ['composing', 'paused', 'active']) isTyping(romeo, state);
    for (const state of ['composing', 'paused']) isTyping(romeo, state, juliet.jid);
    await said(romeo);
    assert.deepEqual(await untilPong(juliet, ACTIVE), ['romeo chat active', 'romeo chat paused']);
    assert.deepEqual(await untilPong(phone, ACTIVE), ['juliet chat received', 'juliet chat received']);
  });

  test('a message that says something comes at once, after what was held', async () => {
    await becomesInactive(juliet);
    shows(romeo, 'away');
    isTyping(romeo, 'composing');
    romeo.send(`<message to='juliet@example.test' type='chat'><body>Hist!</body></message>`);
    await juliet.expect(`<message><body>Hist!</body></message>`);
    isTyping(romeo, 'paused');
    await said(romeo);
    // The ping is answered: what was held comes before that, too.
    assert.deepEqual((await juliet.rest()).map(summary), [
      'romeo presence away',
      'romeo chat composing',
      'romeo chat paused',
    ]);
  });

  test('errors, receipts, headlines and what is kept are told at once', async () => {
    await becomesInactive(juliet);
    for (const [type, content] of [
      ['headline', '<body>News</body>'],
      ['error', `<composing xmlns='http://jabber.org/protocol/chatstates'/><error type='cancel'/>`],
      ['chat', `<received xmlns='urn:xmpp:receipts' id='1'/><active xmlns='http://jabber.org/protocol/chatstates'/>`],
    ]) {
      romeo.send(`<message to='${juliet.jid}' type='${type}'>${content}</message>`);
      await juliet.expect(`<message type='${type}'/>`);
    }
  });

  test('requests and subscriptions are told at once', async () => {
    const iago = 'iago@example.test';
    await server.running.accounts.add({ address: iago, password: server.password });
    const client = await server.signIn('iago');
    await becomesInactive(juliet);
    shows(romeo, 'away');
    client.send(`<presence to='juliet@example.test' type='subscribe'/>`);
    await juliet.expect(`<presence type='subscribe'/>`);
    romeo.send(`<iq type='get' id='v' to='${juliet.jid}'><query xmlns='jabber:iq:version'/></iq>`);
    await juliet.expect(`<iq type='get' id='v'/>`);
  });

  test('its own presence comes back at once', async () => {
    await becomesInactive(juliet);
    shows(juliet, 'xa');
    await juliet.expect(`<presence from='${juliet.jid}'><show>xa</show></presence>`);
  });

  test('§6: nobody else is told that it is inactive', async () => {
    await becomesInactive(juliet);
    await romeo.expectNothingMore();
  });

  test('what is held is bounded: more than that is sent, in order', async () => {
    server.configure({ 'xmpp.xep-0352.maxHeldBytes': 2000 });
    await becomesInactive(juliet);
    const nurse = await server.signIn('nurse', 'hall');
    await nurse.becomeAvailable();
    romeo.send(`<presence><status>${'o'.repeat(1900)}</status></presence>`);
    const last = await juliet.expect(`<presence from='${romeo.jid}'/>`);
    assert.equal(last.childText('status')?.length, 1900);
    assert.deepEqual((await juliet.rest()).map(summary), ['nurse presence ']);
  });

  test('an administrator may have everything sent at once', async () => {
    await becomesInactive(juliet);
    server.configure({ 'xmpp.xep-0352.holdPresence': false, 'xmpp.xep-0352.holdChatStates': false });
    shows(romeo, 'away');
    await juliet.expect(`<presence><show>away</show></presence>`);
    isTyping(romeo, 'composing');
    await juliet.expect(`<message from='${romeo.jid}'/>`);
  });

  test('switched off, it holds nothing back any more', async () => {
    await becomesInactive(juliet);
    shows(romeo, 'away');
    await said(romeo);
    server.configure({ 'xmpp.xep-0352.enabled': false });
    await juliet.expect(`<presence><show>away</show></presence>`);
    shows(romeo, 'xa');
    await juliet.expect(`<presence><show>xa</show></presence>`);
  });
});

describe('XEP-0352 §5.2, with stream management (XEP-0198)', () => {
  const SM = 'urn:xmpp:sm:3';

  async function managed(): Promise<string> {
    juliet.send(`<enable xmlns='${SM}' resume='true'/>`);
    return (await juliet.expect(`<enabled xmlns='${SM}'/>`)).attributes.id!;
  }

  async function resumes(id: string, h: number): Promise<TestClient> {
    const again = await server.connect();
    await again.authenticate('juliet', server.password);
    again.send(`<resume xmlns='${SM}' previd='${id}' h='${h}'/>`);
    await again.expect(`<resumed xmlns='${SM}'/>`);
    return again;
  }

  test('what is held is not counted before it is sent', async () => {
    await managed();
    juliet.send(INACTIVE);
    await said(juliet);
    shows(romeo, 'away');
    await said(romeo);
    juliet.send(`<a xmlns='${SM}' h='1'/>`);
    juliet.send(ACTIVE);
    await juliet.expect(`<presence><show>away</show></presence>`);
    juliet.send(`<a xmlns='${SM}' h='2'/>`);
    await said(juliet);
    juliet.send(`<a xmlns='${SM}' h='4'/>`);
    assert.match((await juliet.closed)?.message ?? '', /undefined-condition/);
  });

  test('a resumed stream is active, and has all that was held and all that was missed', async () => {
    const id = await managed();
    juliet.send(INACTIVE);
    await said(juliet);
    for (const show of ['away', 'xa']) shows(romeo, show);
    await said(romeo);
    juliet.drop();
    await juliet.closed;
    romeo.send(`<message to='juliet@example.test' type='chat'><body>Hist!</body></message>`);
    for (const show of ['chat', 'dnd']) shows(romeo, show);
    await said(romeo);
    const again = await resumes(id, 1);
    shows(romeo, 'away');
    await again.expect(`<presence><show>away</show></presence>`);
    const rest = (await again.rest()).filter(({ ns }) => ns !== SM).map(summary);
    assert.deepEqual(rest, ['romeo presence xa', 'romeo chat Hist!', 'romeo presence dnd']);
  });

  test('so is one that is taken over from a connection that still stands', async () => {
    const id = await managed();
    juliet.send(INACTIVE);
    await said(juliet);
    shows(romeo, 'away');
    await said(romeo);
    const again = await resumes(id, 1);
    await again.expect(`<presence><show>away</show></presence>`);
  });
});
