import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import type { Element } from '#xml/element.ts';
import { type InProcess, startInProcess } from '../../../../test/support/in-process.ts';
import type { TestClient } from '../../../../test/support/test-client.ts';

const NS = 'urn:xmpp:carbons:2';
const ENABLE = `<enable xmlns='${NS}'/>`;
const DISABLE = `<disable xmlns='${NS}'/>`;
const PRIVATE = `<private xmlns='${NS}'/>`;

let server: InProcess;
/** Romeo's devices; all but the garden have asked for copies, and the hall is not available. */
let home: TestClient;
let garden: TestClient;
let orchard: TestClient;
let hall: TestClient;
let juliet: TestClient;

before(async () => {
  server = await startInProcess({ people: ['romeo', 'juliet'] });
});
after(() => server.stop());

beforeEach(async () => {
  [home, garden, orchard, hall] = (await Promise.all(
    ['home', 'garden', 'orchard', 'hall'].map((resource) => server.signIn('romeo', resource)),
  )) as [TestClient, TestClient, TestClient, TestClient];
  juliet = await server.signIn('juliet', 'balcony');
  for (const client of [home, garden, orchard, juliet]) await client.becomeAvailable();
  for (const client of [home, orchard, hall]) await client.ask('set', ENABLE);
  for (const client of [home, garden, orchard, hall, juliet]) await client.rest();
});
afterEach(() => Promise.all([home, garden, orchard, hall, juliet].map((client) => client.close())));

const chat = (to: string, body: string, more = '') =>
  `<message to='${to}' type='chat' id='${body}'><body>${body}</body>${more}</message>`;
const copy = (direction: 'sent' | 'received', body: string) =>
  `<message><${direction} xmlns='${NS}'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client'>
    <body>${body}</body></message></forwarded></${direction}></message>`;

async function nothingFor(...clients: TestClient[]): Promise<void> {
  for (const client of clients) await client.expectNothingMore();
}

const inside = (stanza: Element, direction: string) =>
  stanza.child(direction, NS)!.child('forwarded', 'urn:xmpp:forward:0')!.child('message', 'jabber:client')!;

describe('XEP-0280 §7: what one device receives', () => {
  test('to a full JID: all others that have asked, available or not, get a copy', async () => {
    juliet.send(chat(home.jid, 'one'));
    await home.expect(`<message from='${juliet.jid}'><body>one</body></message>`);
    for (const device of [orchard, hall]) {
      const stanza = await device.expect(copy('received', 'one'));
      assert.deepEqual({ ...stanza.attributes }, { from: 'romeo@example.test', to: device.jid, type: 'chat' });
      const { from, to, type, id } = inside(stanza, 'received').attributes;
      assert.deepEqual({ from, to, type, id }, { from: juliet.jid, to: home.jid, type: 'chat', id: 'one' });
    }
    await nothingFor(home, garden, orchard, hall);
  });

  test('to the bare JID: who gets the message gets no copy', async () => {
    juliet.send(chat('romeo@example.test', 'two'));
    for (const device of [home, garden, orchard]) await device.expect('<message><body>two</body></message>');
    await hall.expect(copy('received', 'two'));
    await nothingFor(home, garden, orchard, hall);
  });

  test('to a full JID that is not there: as to the bare one', async () => {
    juliet.send(chat('romeo@example.test/nowhere', 'three'));
    for (const device of [home, garden, orchard]) await device.expect('<message><body>three</body></message>');
    await hall.expect(copy('received', 'three'));
    await nothingFor(home, garden, orchard, hall);
  });

  test('what is refused is not copied', async () => {
    juliet.send(`<message to='romeo@example.test/nowhere'><body>four</body></message>`);
    await juliet.expect(`<message type='error'/>`);
    await nothingFor(home, garden, orchard, hall);
  });

  test('XEP-0313 §3.4: the copy carries the id in the archive', async () => {
    juliet.send(chat(home.jid, 'five'));
    const id = (element: Element) => element.child('stanza-id', 'urn:xmpp:sid:0')?.attributes.id;
    const original = await home.expect('<message><body>five</body></message>');
    const stanza = await orchard.expect(copy('received', 'five'));
    assert.ok(id(original));
    assert.equal(id(inside(stanza, 'received')), id(original));
  });

  test('a chat state is copied too (§11.2), also when nobody takes it', async () => {
    const state = `<message to='${home.jid}' type='chat'><gone xmlns='http://jabber.org/protocol/chatstates'/></message>`;
    juliet.send(state);
    await home.expect(`<message><gone xmlns='http://jabber.org/protocol/chatstates'/></message>`);
    await orchard.expect(`<message><received xmlns='${NS}'/></message>`);
    await hall.expect(`<message><received xmlns='${NS}'/></message>`);
    await nothingFor(home, garden, orchard, hall);
  });
});

describe('XEP-0280 §8: what one device sends', () => {
  test('all others that have asked get a copy, and the sender none, whether or not it has asked', async () => {
    for (const sender of [home, garden]) {
      sender.send(chat(juliet.jid, `from ${sender.jid}`));
      await juliet.expect(`<message><body>from ${sender.jid}</body></message>`);
      for (const device of [home, orchard, hall]) {
        if (device === sender) continue;
        const stanza = await device.expect(copy('sent', `from ${sender.jid}`));
        assert.deepEqual({ ...stanza.attributes }, { from: 'romeo@example.test', to: device.jid, type: 'chat' });
        assert.equal(inside(stanza, 'sent').attributes.to, juliet.jid);
      }
    }
    await nothingFor(home, garden, orchard, hall, juliet);
  });

  test("XEP-0313 §3.4: the copy carries the id in the sender's archive, and the message that of the receiver's", async () => {
    home.send(chat(juliet.jid, 'id'));
    const stanza = await orchard.expect(copy('sent', 'id'));
    const message = await juliet.expect('<message><body>id</body></message>');
    assert.equal(inside(stanza, 'sent').child('stanza-id', 'urn:xmpp:sid:0')!.attributes.by, 'romeo@example.test');
    assert.equal(message.child('stanza-id', 'urn:xmpp:sid:0')!.attributes.by, 'juliet@example.test');
    await orchard.ask('set', `<query xmlns='urn:xmpp:mam:2'/>`);
    const last = (await orchard.rest()).at(-1)!.child('result', 'urn:xmpp:mam:2')!;
    assert.equal(last.attributes.id, inside(stanza, 'sent').child('stanza-id', 'urn:xmpp:sid:0')!.attributes.id);
  });

  test('what people say to themselves, each device gets once', async () => {
    home.send(chat(orchard.jid, 'self'));
    await orchard.expect('<message><body>self</body></message>');
    await hall.expect(copy('received', 'self'));
    await nothingFor(home, garden, orchard, hall);
    home.send(chat('romeo@example.test', 'selves'));
    for (const device of [home, garden, orchard]) await device.expect('<message><body>selves</body></message>');
    await hall.expect(copy('received', 'selves'));
    await nothingFor(home, garden, orchard, hall);
  });
});

describe('XEP-0280 §6: errors', () => {
  test('an error that answers what was copied is copied', async () => {
    home.send(chat(juliet.jid, 'six'));
    await orchard.expect(copy('sent', 'six'));
    await hall.expect(copy('sent', 'six'));
    await juliet.expect('<message><body>six</body></message>');
    juliet.send(`<message to='${home.jid}' type='error' id='six'><error type='cancel'/></message>`);
    await home.expect(`<message type='error' id='six'/>`);
    for (const device of [orchard, hall])
      await device.expect(`<message type='error'><received xmlns='${NS}'/></message>`);
    await nothingFor(home, garden, orchard, hall);
  });

  test("so is the server's own", async () => {
    home.send(chat('nobody@example.test', 'seven'));
    await home.expect(`<message type='error' id='seven'/>`);
    for (const device of [orchard, hall]) {
      await device.expect(copy('sent', 'seven'));
      const stanza = await device.expect(`<message type='error'><received xmlns='${NS}'/></message>`);
      assert.equal(inside(stanza, 'received').attributes.id, 'seven');
      assert.equal(inside(stanza, 'received').attributes.to, home.jid);
    }
    await nothingFor(home, garden, orchard, hall);
  });

  test('one that answers nothing that was copied is not', async () => {
    juliet.send(`<message to='${home.jid}' type='error' id='never'><body>x</body><error type='cancel'/></message>`);
    await home.expect(`<message type='error' id='never'/>`);
    await nothingFor(home, garden, orchard, hall);
  });

  test('§11.3: a copy that comes back as an error goes to nobody', async () => {
    juliet.send(chat(home.jid, 'eight'));
    await orchard.expect(copy('received', 'eight'));
    await hall.expect(copy('received', 'eight'));
    orchard.send(`<message to='romeo@example.test' type='error' id='eight'><error type='cancel'/></message>`);
    await home.expect('<message><body>eight</body></message>');
    await orchard.rest();
    await nothingFor(home, garden, hall, juliet);
  });
});

describe('XEP-0280 §10: a single message without copies', () => {
  for (const more of [PRIVATE, `<no-copy xmlns='urn:xmpp:hints'/>`]) {
    test(`${more} reaches the one it is for, as it was sent, and no others`, async () => {
      juliet.send(chat(home.jid, 'nine', more));
      await home.expect(`<message><body>nine</body>${more}</message>`);
      orchard.send(chat(juliet.jid, 'ten', more));
      await juliet.expect(`<message><body>ten</body>${more}</message>`);
      await nothingFor(home, garden, orchard, hall);
    });
  }
});

describe('XEP-0280 §4, §5: asking for copies', () => {
  test('§11.1: may be done and undone, several times over', async () => {
    for (const request of [ENABLE, ENABLE, DISABLE, DISABLE]) {
      assert.equal(await garden.ask('set', request), undefined);
    }
    juliet.send(chat(home.jid, 'eleven'));
    await orchard.expect(copy('received', 'eleven'));
    await nothingFor(garden);
    await garden.ask('set', ENABLE);
    juliet.send(chat(home.jid, 'twelve'));
    await garden.expect(copy('received', 'twelve'));
    await garden.ask('set', DISABLE);
  });

  test("§4.1, §5.1: for somebody else's client it is not allowed", async () => {
    for (const request of [ENABLE, DISABLE]) {
      for (const to of ['romeo@example.test', 'nobody@example.test']) {
        assert.equal(await juliet.refusal('set', request, to), 'cancel, not-allowed');
      }
    }
  });

  test('a session that is over gets no more copies, and one that takes its place has to ask', async () => {
    await orchard.close();
    orchard = await server.signIn('romeo', 'orchard');
    juliet.send(chat(home.jid, 'thirteen'));
    await hall.expect(copy('received', 'thirteen'));
    await nothingFor(orchard);
  });

  test('§3, §6.2: announced with its rules, by server and account', async () => {
    for (const to of ['example.test', 'romeo@example.test']) {
      const info = await home.ask('get', `<query xmlns='http://jabber.org/protocol/disco#info'/>`, to);
      const features = info!.elements().map(({ attributes }) => attributes.var);
      for (const feature of [NS, 'urn:xmpp:carbons:rules:0']) assert.ok(features.includes(feature));
    }
  });
});
