import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { Element } from '#xml/element.ts';
import { type InProcess, startInProcess } from '../../../test/support/in-process.ts';
import { errorOf, type TestClient } from '../../../test/support/test-client.ts';

const SM = 'urn:xmpp:sm:3';

let server: InProcess;
let romeo: TestClient;
before(async () => {
  server = await startInProcess({ people: ['juliet', 'romeo', 'nurse'] });
});
after(() => server.stop());
beforeEach(async () => {
  romeo = await server.signIn('romeo', 'orchard');
});

const to = (address: string, body: string, attributes = '') =>
  `<message to='${address}' type='chat' ${attributes}><body>${body}</body></message>`;
const juliet = 'juliet@example.test';

const messages = (stanzas: Element[]) =>
  stanzas.filter(({ name, attributes }) => name === 'message' && attributes.type !== 'error');
const bodiesOf = (stanzas: Element[]) => messages(stanzas).map((stanza) => stanza.childText('body'));

/** Signs in, becomes available, and takes all that waited; `until` is the last of it. */
async function comeBack(resource: string, until?: string, content = ''): Promise<[TestClient, Element[]]> {
  const client = await server.signIn('juliet', resource);
  await client.becomeAvailable(content);
  const last = until === undefined ? [] : [await client.expect(`<message><body>${until}</body></message>`)];
  return [client, [...messages(await client.rest()), ...last]];
}

async function isEmpty(): Promise<void> {
  const [client, rest] = await comeBack('checks');
  assert.deepEqual(bodiesOf(rest), []);
  await client.close();
}

describe('XEP-0160 §2: what comes for who is away', () => {
  test('waits, and is delivered in order, with a note of when it came and who says so (XEP-0203)', async () => {
    const before = new Date();
    for (const body of ['one', 'two', 'three']) romeo.send(to(juliet, body, `id='${body}'`));
    await romeo.expectNothingMore();
    const after = new Date();
    const [client, waited] = await comeBack('balcony', 'three');
    assert.deepEqual(bodiesOf(waited), ['one', 'two', 'three']);
    for (const message of waited) {
      const { from, stamp } = message.child('delay', 'urn:xmpp:delay')!.attributes;
      assert.equal(from, 'example.test');
      assert.ok(new Date(stamp!) >= before && new Date(stamp!) <= after, stamp);
      assert.equal(message.attributes.from, romeo.jid);
      assert.equal(message.attributes.id, message.childText('body'));
    }
    await client.close();
    await isEmpty();
  });

  test('waits for a device that takes messages: not for one of negative priority, nor for one that is not available', async () => {
    romeo.send(to(juliet, 'patience'));
    await romeo.rest();
    const silent = await server.signIn('juliet', 'silent');
    const negative = await server.signIn('juliet', 'negative');
    await negative.becomeAvailable('<priority>-1</priority>');
    await silent.expectNothingMore();
    assert.deepEqual(bodiesOf(await negative.rest()), []);
    await negative.becomeAvailable('<priority>0</priority>');
    await negative.expect('<message><body>patience</body></message>');
    await Promise.all([silent.close(), negative.close()]);
  });

  test('goes to the one device that came first', async () => {
    romeo.send(to(juliet, 'once'));
    await romeo.rest();
    const [first, waited] = await comeBack('first', 'once');
    assert.deepEqual(bodiesOf(waited), ['once']);
    const [second, nothing] = await comeBack('second');
    assert.deepEqual(bodiesOf(nothing), []);
    await Promise.all([first.close(), second.close()]);
  });

  test('is delivered once where two devices come at the same time', async () => {
    const words = Array.from({ length: 120 }, (_, i) => `both ${i}`);
    for (const body of words) romeo.send(to(juliet, body));
    await romeo.rest();
    const devices = await Promise.all([server.signIn('juliet', 'a'), server.signIn('juliet', 'b')]);
    await Promise.all(devices.map((device) => device.becomeAvailable()));
    romeo.send(to(juliet, 'last'));
    const received: (string | undefined)[] = [];
    for (const device of devices) {
      await device.expect('<message><body>last</body></message>');
      received.push(...bodiesOf(await device.rest()));
    }
    assert.deepEqual(received.sort(), words.sort());
    await Promise.all(devices.map((device) => device.close()));
    await isEmpty();
  });

  test('hundreds come in their order, and what comes meanwhile comes after them', async () => {
    const words = Array.from({ length: 330 }, (_, i) => `word ${i}`);
    for (const body of words) romeo.send(to(juliet, body));
    await romeo.rest();
    const client = await server.signIn('juliet', 'balcony');
    client.send('<presence/>');
    romeo.send(to(juliet, 'afterwards'));
    await client.expect('<message><body>afterwards</body></message>');
    assert.deepEqual(bodiesOf(await client.rest()), words);
    await client.close();
  });

  test('outlasts a restart of the server', async () => {
    for (const body of ['before', 'the restart']) romeo.send(to(juliet, body));
    await romeo.rest();
    await server.restart();
    const [client, waited] = await comeBack('balcony', 'the restart');
    assert.deepEqual(bodiesOf(waited), ['before', 'the restart']);
    await client.close();
    await server.restart();
    await isEmpty();
  });

  test('too much of it is refused: service-unavailable', async () => {
    const limited = await startInProcess({ people: ['juliet', 'romeo'], settings: { 'messaging.maxWaiting': 3 } });
    try {
      const sender = await limited.signIn('romeo');
      for (const body of ['1', '2', '3', '4']) sender.send(to(juliet, body, `id='${body}'`));
      const refused = await sender.expect(`<message type='error' id='4'/>`);
      assert.equal(errorOf(refused), 'cancel, service-unavailable');
      await sender.expectNothingMore();
      const receiver = await limited.signIn('juliet');
      await receiver.becomeAvailable();
      await receiver.expect('<message><body>3</body></message>');
      sender.send(to(juliet, '5'));
      await receiver.expect('<message><body>5</body></message>');
      assert.deepEqual(bodiesOf(await receiver.rest()), ['1', '2']);
    } finally {
      await limited.stop();
    }
  });
});

test('what waits and what is in the archive comes no faster than it is taken: nobody is cut off for it', async () => {
  const narrow = await startInProcess({
    people: ['juliet', 'romeo'],
    settings: { 'xmpp.limits.maxUnsentBytes': 65_536, 'xmpp.limits.bytesPerSecond': 16_777_216 },
  });
  try {
    const sender = await narrow.signIn('romeo');
    const count = 240;
    for (let i = 0; i < count; i++) sender.send(to(juliet, `${i} ${'x'.repeat(4000)}`));
    await sender.rest();
    const receiver = await narrow.signIn('juliet');
    await receiver.becomeAvailable();
    await receiver.expect((stanza) => stanza.childText('body')?.startsWith(`${count - 1} `) === true);
    assert.equal(messages(await receiver.rest()).length, count - 1);
    await receiver.ask('set', `<query xmlns='urn:xmpp:mam:2'/>`);
    assert.equal(messages(await receiver.rest()).length, count);
  } finally {
    await narrow.stop();
  }
});

/** XEP-0160 §3: type, content, and whether it waits; else what the sender is told. */
const TYPES: [string, string, string, string | undefined][] = [
  ['a normal message', `type='normal'`, '<body>x</body>', undefined],
  ['a message without a type', '', '<body>x</body>', undefined],
  ['a chat', `type='chat'`, '<body>x</body>', undefined],
  ['a chat that has only a chat state', `type='chat'`, `<active xmlns='http://jabber.org/protocol/chatstates'/>`, ''],
  [
    'a chat with no more than a chat state and a thread',
    `type='chat'`,
    `<thread>t</thread><gone xmlns='http://jabber.org/protocol/chatstates'/>`,
    '',
  ],
  ['a message of a room', `type='groupchat'`, '<body>x</body>', 'cancel, service-unavailable'],
  ['a headline', `type='headline'`, '<body>x</body>', ''],
  ['an error', `type='error'`, `<body>x</body><error type='cancel'/>`, ''],
];

describe('XEP-0160 §3: types of messages', () => {
  for (const [what, type, content, error] of TYPES) {
    test(`${what} ${error === undefined ? 'waits' : 'does not wait'}`, async () => {
      romeo.send(`<message to='${juliet}' ${type} id='typed'>${content}</message>`);
      const answers = await romeo.rest();
      assert.deepEqual(answers.map(errorOf), error ? [error] : []);
      const client = await server.signIn('juliet', 'types');
      await client.becomeAvailable();
      if (error === undefined) await client.expect(`<message id='typed'/>`);
      assert.deepEqual(messages(await client.rest()), []);
      await client.close();
    });
  }

  test('§4: it is announced', async () => {
    const info = await romeo.ask('get', `<query xmlns='http://jabber.org/protocol/disco#info'/>`, 'example.test');
    assert.ok(info!.elements().some(({ attributes }) => attributes.var === 'msgoffline'));
  });
});

describe('who has read it in the archive (XEP-0313 §6.1.1)', () => {
  test('is not told again in the same session, and what was not read is delivered', async () => {
    for (const body of ['read', 'also read', 'not read']) romeo.send(to(juliet, body));
    await romeo.rest();
    const client = await server.signIn('juliet', 'reader');
    await client.ask(
      'set',
      `<query xmlns='urn:xmpp:mam:2'><set xmlns='http://jabber.org/protocol/rsm'><before/><max>3</max></set></query>`,
    );
    assert.equal((await client.rest()).length, 3);
    romeo.send(to(juliet, 'not read'));
    await romeo.rest();
    await client.becomeAvailable();
    await client.expect('<message><body>not read</body></message>');
    assert.deepEqual(bodiesOf(await client.rest()), []);
    await client.close();
    await isEmpty();
  });

  test('but goes away without taking messages, leaves them to the next', async () => {
    romeo.send(to(juliet, 'for the next'));
    await romeo.rest();
    const client = await server.signIn('juliet', 'reader');
    await client.ask('set', `<query xmlns='urn:xmpp:mam:2'/>`);
    await client.close();
    const [next, waited] = await comeBack('next', 'for the next');
    assert.deepEqual(bodiesOf(waited), ['for the next']);
    await next.close();
  });
});

describe('a device that went away without acknowledging what it was given (XEP-0198 §6)', () => {
  const managed = async (resource: string) => {
    const client = await server.signIn('juliet', resource);
    client.send(`<enable xmlns='${SM}'/>`);
    await client.expect(`<enabled xmlns='${SM}'/>`);
    await client.becomeAvailable();
    return client;
  };

  test('leaves it to the next one', async () => {
    const lost = await managed('lost');
    romeo.send(to(juliet, 'not acknowledged'));
    await lost.expect('<message><body>not acknowledged</body></message>');
    lost.drop();
    const [next, waited] = await comeBack('next', 'not acknowledged');
    assert.deepEqual(bodiesOf(waited), ['not acknowledged']);
    assert.ok(waited[0]!.child('delay', 'urn:xmpp:delay'));
    await next.close();
    await isEmpty();
  });

  test('leaves it to one that is there, unless that one has it too', async () => {
    const lost = await managed('lost');
    const other = await managed('other');
    romeo.send(to(juliet, 'for both'));
    for (const client of [lost, other]) await client.expect('<message><body>for both</body></message>');
    romeo.send(to(lost.jid, 'for one'));
    await lost.expect('<message><body>for one</body></message>');
    lost.drop();
    await other.expect('<message><body>for one</body></message>');
    assert.deepEqual(bodiesOf(await other.rest()), []);
    await other.close();
    // It has not acknowledged either of them.
    const [next, waited] = await comeBack('next', 'for one');
    assert.deepEqual(bodiesOf(waited), ['for both', 'for one']);
    await next.close();
  });

  test('keeps, in order, what is for it alone, when it is no longer available in the middle of many', async () => {
    for (let i = 0; i < 150; i++) romeo.send(to(juliet, `early ${i}`));
    await romeo.rest();
    const lost = await managed('lost');
    // It acknowledges nothing, and is given no more.
    await lost.expect('<message><body>early 99</body></message>');
    romeo.send(to(lost.jid, 'first'));
    await romeo.rest();
    lost.send(`<presence type='unavailable'/>`);
    await lost.expect(`<presence type='unavailable' from='${lost.jid}'/>`);
    romeo.send(to(lost.jid, 'second'));
    await lost.expect('<message><body>second</body></message>');
    const before = bodiesOf(await lost.rest());
    assert.equal(before.at(-1), 'first');
    await lost.close();
    const [next, waited] = await comeBack('next', 'second');
    assert.equal(waited.length, 152);
    await next.close();
    await isEmpty();
  });

  test('in the middle of many, leaves the rest to the next, and none is lost', async () => {
    const words = Array.from({ length: 330 }, (_, i) => `many ${i}`);
    for (const body of words) romeo.send(to(juliet, body));
    await romeo.rest();
    const lost = await managed('lost');
    await lost.expect('<message><body>many 40</body></message>');
    lost.send(`<a xmlns='${SM}' h='20'/>`);
    const first = bodiesOf(await lost.rest());
    lost.drop();
    const [next, waited] = await comeBack('next', 'many 329');
    const second = bodiesOf(waited);
    assert.deepEqual([...new Set([...first, 'many 40', ...second])].length, words.length);
    assert.deepEqual(second, words.slice(words.length - second.length));
    assert.ok(second.length < words.length, 'what was acknowledged is not delivered again');
    await next.close();
    await isEmpty();
  });

  test('one that does not acknowledge is not given more and more', async () => {
    const words = Array.from({ length: 330 }, (_, i) => `slow ${i}`);
    for (const body of words) romeo.send(to(juliet, body));
    await romeo.rest();
    const slow = await managed('slow');
    await slow.expect('<message><body>slow 90</body></message>');
    const received = ['slow 90', ...bodiesOf(await slow.rest())];
    assert.ok(received.length <= 110, `${received.length}`);
    for (let h = 50; ; h += 50) {
      slow.send(`<a xmlns='${SM}' h='${Math.min(h, received.length)}'/>`);
      const more = bodiesOf(await slow.rest());
      received.push(...more);
      if (received.length === words.length) break;
    }
    assert.deepEqual(new Set(received), new Set(words));
    await slow.close();
  });
});
