import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import type { Element } from '#xml/element.ts';
import { type InProcess, startInProcess } from '../../../../test/support/in-process.ts';
import { type Message, SipClient } from '../../../../test/support/sip-client.ts';
import type { TestClient } from '../../../../test/support/test-client.ts';

const JULIET = 'sip:juliet@example.test';
const ROMEO = 'sip:romeo@example.test';

let server: InProcess;
let romeo: SipClient;
const opened: SipClient[] = [];

before(async () => {
  server = await startInProcess({ people: ['romeo', 'juliet', 'nurse', 'paris'] });
});
after(() => server.stop());
afterEach(async () => {
  for (const client of opened.splice(0)) {
    await client.register(0).catch(() => undefined);
    client.close();
  }
});
beforeEach(async () => {
  romeo = await open('romeo');
});

async function open(person: string, transport: 'udp' | 'tcp' = 'tcp'): Promise<SipClient> {
  const port = server.running.ports.sip!;
  const client = await SipClient.open({ port, transport, person, password: server.password });
  opened.push(client);
  return client;
}

async function registered(person: string, headers: readonly string[] = []): Promise<SipClient> {
  const client = await open(person);
  assert.equal((await client.register(3600, headers)).status, 200);
  return client;
}

async function online(person: string, resource = 'balcony'): Promise<TestClient> {
  const client = await server.signIn(person, resource);
  await client.becomeAvailable();
  await client.rest();
  return client;
}

const messagesOf = (stanzas: Element[]): (string | undefined)[] =>
  stanzas.filter(({ name }) => name === 'message').map((message) => message.childText('body'));

const said = (client: SipClient, body: string): Promise<Message> =>
  client.expect('MESSAGE', (message) => message.body === body);

describe('RFC 7572 §5: from SIP to XMPP', () => {
  let juliet: TestClient;
  beforeEach(async () => {
    juliet = await online('juliet');
  });
  afterEach(() => juliet.close());

  test('table 2: body, Subject, Content-Language, Call-ID, From and To', async () => {
    await romeo.register();
    const answer = await romeo.message(JULIET, 'Nyní, ó noci', [
      'Content-Type: text/plain;charset=UTF-8',
      'Subject: Óda',
      'Content-Language: cs',
      'Call-ID: ode@verona',
    ]);
    assert.equal(answer.status, 200);
    const message = await juliet.expect('<message><body>Nyní, ó noci</body></message>');
    const { from, to, type } = message.attributes;
    assert.match(from!, /^romeo@example\.test\/sip-/);
    assert.deepEqual([to, type, message.attributes['xml:lang']], ['juliet@example.test', 'chat', 'cs']);
    assert.equal(message.childText('subject'), 'Óda');
    assert.equal(message.childText('thread'), 'ode@verona');
  });

  test('RFC 7247 §4.3: a URI with gr is for that device alone', async () => {
    const other = await online('juliet', 'chamber');
    await romeo.message(`${JULIET};gr=balcony`, 'only here');
    const message = await juliet.expect('<message><body>only here</body></message>');
    assert.equal(message.attributes.to, 'juliet@example.test/balcony');
    await other.expectNothingMore();
    await other.close();
  });

  test('an answer to the device that wrote reaches it', async () => {
    await romeo.register();
    await romeo.message(JULIET, 'who is there?');
    const { attributes } = await juliet.expect('<message><body>who is there?</body></message>');
    juliet.send(`<message to='${attributes.from}' type='chat'><body>me</body></message>`);
    const message = await said(romeo, 'me');
    assert.match(message.get('from'), /<sip:juliet@example\.test;gr=balcony>/);
  });

  test('RFC 3428 §4: one within a dialog is taken like any other', async () => {
    const answer = await romeo.message(JULIET, 'in a dialog', ['Content-Type: text/plain', `To: <${JULIET}>;tag=1`]);
    assert.equal(answer.status, 200);
    await juliet.expect('<message><body>in a dialog</body></message>');
  });

  test('RFC 3261 §20.17: what was said long before says when (XEP-0203)', async () => {
    await romeo.message(JULIET, 'late', ['Content-Type: text/plain', 'Date: Sat, 13 Nov 2010 23:29:00 GMT']);
    const message = await juliet.expect('<message><body>late</body></message>');
    assert.equal(message.child('delay', 'urn:xmpp:delay')?.attributes.stamp, '2010-11-13T23:29:00.000Z');
    await romeo.message(JULIET, 'now', ['Content-Type: text/plain', `Date: ${new Date().toUTCString()}`]);
    const other = await juliet.expect('<message><body>now</body></message>');
    assert.equal(other.child('delay', 'urn:xmpp:delay'), undefined);
  });

  test('XML 1.0 §2.2: what XML cannot hold is shown as U+FFFD', async () => {
    await romeo.message(JULIET, 'a\x01b');
    await juliet.expect('<message><body>a\ufffdb</body></message>');
  });

  test('XEP-0280: what a SIP device sends, the XMPP devices of the same person get a copy of', async () => {
    const own = await online('romeo', 'orchard');
    await own.ask('set', `<enable xmlns='urn:xmpp:carbons:2'/>`);
    await romeo.message(JULIET, 'copied');
    await own.expect(`<message><sent xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>
      <message xmlns='jabber:client'><body>copied</body></message></forwarded></sent></message>`);
    await own.close();
  });

  test('XEP-0313: both sides find it in their archives', async () => {
    await romeo.message(JULIET, 'to be kept');
    await juliet.expect('<message><body>to be kept</body></message>');
    const own = await online('romeo', 'orchard');
    for (const client of [juliet, own]) {
      client.send(`<iq type='set' id='mam'><query xmlns='urn:xmpp:mam:2'/></iq>`);
      await client.expect(`<message><result xmlns='urn:xmpp:mam:2'><forwarded xmlns='urn:xmpp:forward:0'>
        <message xmlns='jabber:client'><body>to be kept</body></message></forwarded></result></message>`);
    }
    await own.close();
  });
});

describe('RFC 3428 §7: what a MESSAGE is answered', () => {
  const plain = 'Content-Type: text/plain';
  const rows: [string, string, readonly string[], string, number, string?, string?][] = [
    ['RFC 7572 §6: a type that is not known', JULIET, ['Content-Type: text/html'], '<p>', 415, 'accept', 'text/plain'],
    ['RFC 3261 §20.15: a body without a type', JULIET, [], 'x', 400],
    ['a type that is none', JULIET, ['Content-Type: ;;'], 'x', 400],
    ['an encoding', JULIET, [plain, 'Content-Encoding: br'], 'x', 415, 'accept-encoding', 'deflate'],
    ['what is no gzip', JULIET, [plain, 'Content-Encoding: gzip'], 'x', 400],
    ['a charset that is not known', JULIET, ['Content-Type: text/plain;charset=koi8-r'], 'x', 415, 'accept', 'UTF-8'],
    ['RFC 7247 §7.1: nobody of that name', 'sip:nobody@example.test', [plain], 'x', 480],
    ['the server itself', 'sip:example.test', [plain], 'x', 404],
    ['RFC 3261 §21.4.11: a body that is too large', JULIET, [plain], 'x'.repeat(65_537), 413],
    ['a body that says nothing', JULIET, [], '', 200],
  ];
  for (const [what, to, headers, body, status, header, value] of rows) {
    test(`${what}: ${status}`, async () => {
      const answer = await romeo.message(to, body, headers);
      assert.equal(answer.status, status);
      if (header !== undefined) assert.ok(answer.get(header).includes(value!), answer.text);
    });
  }

  test('one that nobody is there for: 202', async () => {
    assert.equal((await romeo.message('sip:paris@example.test', 'later')).status, 202);
    const paris = await registered('paris');
    await said(paris, 'later');
  });

  test('XEP-0191 §3.4: who is blocked is told that nobody is there; who has blocked, 403', async () => {
    const juliet = await online('juliet');
    await juliet.ask('set', `<block xmlns='urn:xmpp:blocking'><item jid='romeo@example.test'/></block>`);
    const { status, reason } = await romeo.message(JULIET, 'let me in');
    const nobody = await romeo.message('sip:nobody@example.test', 'let me in');
    assert.deepEqual([status, reason], [nobody.status, nobody.reason]);
    const own = await registered('juliet');
    assert.equal((await own.message(ROMEO, 'go')).status, 403);
    await juliet.ask('set', `<unblock xmlns='urn:xmpp:blocking'/>`);
    assert.deepEqual(messagesOf(await juliet.rest()), []);
    await juliet.close();
  });
});

describe('RFC 7572 §4: from XMPP to SIP', () => {
  let nurse: TestClient;
  beforeEach(async () => {
    nurse = await online('nurse');
  });
  afterEach(() => nurse.close());

  const send = (content: string, attributes = `type='chat'`) =>
    nurse.send(`<message to='romeo@example.test' ${attributes}>${content}</message>`);

  test('table 1: body, subject, language, and from with the device as GRUU', async () => {
    await romeo.register();
    send('<subject>Óda</subject><body>Nyní</body>', `type='chat' xml:lang='cs'`);
    const message = await said(romeo, 'Nyní');
    assert.match(message.get('from'), /^<sip:nurse@example\.test;gr=balcony>;tag=/);
    assert.equal(message.get('to'), '<sip:romeo@example.test>');
    assert.equal(message.get('subject'), 'Óda');
    assert.equal(message.get('content-language'), 'cs');
    assert.equal(message.get('content-type'), 'text/plain;charset=UTF-8');
    assert.equal(`<${message.uri}>`, romeo.contact);
  });

  test('RFC 6121 §5.2.3: of several bodies, the one in a language that the client has asked for', async () => {
    await romeo.register();
    const bodies = `<body>rose</body><body xml:lang='cs'>růže</body><body xml:lang='de-AT'>Rose!</body>`;
    send(bodies, `type='chat' xml:lang='en'`);
    assert.equal((await said(romeo, 'rose')).get('content-language'), 'en');
    await romeo.message('sip:nurse@example.test', 'Bitte', [
      'Content-Type: text/plain',
      'Accept-Language: fr, de;q=0.8, cs;q=0.3',
    ]);
    send(bodies, `type='chat' xml:lang='en'`);
    assert.equal((await said(romeo, 'Rose!')).get('content-language'), 'de-AT');
  });

  for (const type of ['normal', 'headline', 'chat']) {
    test(`RFC 7572 §4: one of type ${type} is sent`, async () => {
      await romeo.register();
      send(`<body>${type}</body>`, `type='${type}'`);
      await said(romeo, type);
    });
  }

  test('what has no body, and what is an error, is not sent', async () => {
    await romeo.register();
    send('<subject>alone</subject>');
    send('<body>an error</body>', `type='error'`);
    send('<body>the end</body>');
    await said(romeo, 'the end');
    assert.deepEqual(
      romeo.unread.filter(({ method }) => method === 'MESSAGE'),
      [],
    );
  });

  test('header lines cannot be smuggled in by a subject or a language', async () => {
    await romeo.register();
    send('<subject>one&#xD;&#xA;X-Evil: 1</subject><body>smuggled</body>', `type='chat' xml:lang='a&#xA;X-Evil: 1'`);
    const message = await said(romeo, 'smuggled');
    assert.equal(message.get('x-evil'), '');
    assert.equal(message.get('subject'), 'one X-Evil: 1');
  });

  test('RFC 3428 §8: the next one is not sent before the last one is answered, and they come in order', async () => {
    await romeo.register();
    romeo.autoAnswer.delete('MESSAGE');
    for (const body of ['one', 'two', 'three']) send(`<body>${body}</body>`);
    for (const body of ['one', 'two', 'three']) {
      const message = await romeo.expect('MESSAGE');
      assert.equal(message.body, body);
      assert.deepEqual(romeo.unread, []);
      romeo.reply(message, '200 OK');
    }
  });

  test('each device of an account gets it once, whatever it speaks', async () => {
    await romeo.register();
    const second = await registered('romeo');
    const own = await online('romeo', 'orchard');
    send('<body>to all</body>');
    await Promise.all([said(romeo, 'to all'), said(second, 'to all')]);
    await own.expect('<message><body>to all</body></message>');
    await own.expectNothingMore();
    for (const client of [romeo, second])
      assert.deepEqual(
        client.unread.filter(({ method }) => method === 'MESSAGE'),
        [],
      );
    await own.close();
  });

  test('what waited is delivered at registration, in order, with Date, and once', async () => {
    const before = Math.floor(Date.now() / 1000) * 1000;
    for (let i = 0; i < 120; i++) send(`<body>${i}</body>`);
    await nurse.expectNothingMore();
    await romeo.register();
    for (let i = 0; i < 120; i++) {
      const message = await romeo.expect('MESSAGE');
      assert.equal(message.body, String(i));
      const date = Date.parse(message.get('date'));
      assert.ok(date >= before && date <= Date.now(), message.get('date'));
    }
    await romeo.register();
    send('<body>the last</body>');
    assert.equal((await romeo.expect('MESSAGE')).body, 'the last');
  });

  test('RFC 7247 §7.1: what a binding refuses is safe: its sender hears of no error, and another device gets it', async () => {
    await romeo.register();
    romeo.autoAnswer.delete('MESSAGE');
    send('<body>refused</body>');
    romeo.reply(await said(romeo, 'refused'), '488 Not Acceptable Here');
    send('<body>taken</body>');
    romeo.reply(await said(romeo, 'taken'), '200 OK');
    await nurse.expectNothingMore();
    const own = await server.signIn('romeo', 'orchard');
    await own.becomeAvailable();
    await own.expect('<message><body>refused</body></message>');
    assert.deepEqual(messagesOf(await own.rest()), []);
    await own.close();
  });
});

describe('what a binding does not take', () => {
  let nurse: TestClient;
  beforeEach(async () => {
    nurse = await online('nurse');
    await romeo.register();
    romeo.autoAnswer.delete('MESSAGE');
  });
  afterEach(() => nurse.close());

  const send = (body: string) =>
    nurse.send(`<message to='romeo@example.test' type='chat'><body>${body}</body></message>`);

  test('for good (415) waits for another device, and is not sent to the binding again', async () => {
    send('not for me');
    romeo.reply(await said(romeo, 'not for me'), '415 Unsupported Media Type', ['Accept: application/x']);
    send('this is');
    romeo.reply(await said(romeo, 'this is'), '200 OK');
    await romeo.register();
    send('and this');
    const next = await romeo.expect('MESSAGE');
    assert.equal(next.body, 'and this');
    romeo.reply(next, '200 OK');
    const own = await server.signIn('romeo', 'orchard');
    await own.becomeAvailable();
    await own.expect('<message><body>not for me</body></message>');
    assert.deepEqual(messagesOf(await own.rest()), []);
    await own.close();
  });

  test('now (480) waits, and comes when it registers again; the next ones wait with it, in order', async () => {
    send('one');
    const first = await said(romeo, 'one');
    send('two');
    romeo.reply(first, '480 Temporarily Unavailable');
    await nurse.expectNothingMore();
    send('three');
    const other = await open('nurse');
    assert.equal((await other.message(ROMEO, 'four')).status, 202);
    assert.deepEqual(
      romeo.unread.filter(({ method }) => method === 'MESSAGE'),
      [],
    );
    romeo.autoAnswer.add('MESSAGE');
    await romeo.register();
    for (const body of ['one', 'two', 'three', 'four']) assert.equal((await romeo.expect('MESSAGE')).body, body);
  });

  test('at all (405) is not tried again before it registers', async () => {
    send('one');
    romeo.reply(await said(romeo, 'one'), '405 Method Not Allowed');
    await nurse.expectNothingMore();
    const other = await open('romeo');
    assert.equal((await other.message('sip:nurse@example.test', 'hello')).status, 200);
    await nurse.expect('<message><body>hello</body></message>');
    send('two');
    await nurse.expectNothingMore();
    assert.deepEqual(
      romeo.unread.filter(({ method }) => method === 'MESSAGE'),
      [],
    );
    romeo.autoAnswer.add('MESSAGE');
    await romeo.register();
    for (const body of ['one', 'two']) assert.equal((await romeo.expect('MESSAGE')).body, body);
  });

  test('before it goes away is given back, and goes to the next device', async () => {
    send('one');
    await said(romeo, 'one');
    send('two');
    await nurse.expectNothingMore();
    await romeo.register(0);
    const own = await server.signIn('romeo', 'orchard');
    await own.becomeAvailable();
    for (const body of ['one', 'two']) await own.expect(`<message><body>${body}</body></message>`);
    await own.close();
  });

  test('a late answer to what was given back is not taken for one to the next message', async () => {
    send('one');
    const first = await said(romeo, 'one');
    await romeo.register(0);
    await romeo.register();
    const again = await said(romeo, 'one');
    romeo.reply(first, '200 OK');
    send('two');
    await nurse.expectNothingMore();
    assert.deepEqual(
      romeo.unread.filter(({ method }) => method === 'MESSAGE'),
      [],
    );
    romeo.reply(again, '200 OK');
    romeo.reply(await said(romeo, 'two'), '200 OK');
  });

  test('a client that says by Allow that it takes no MESSAGE is sent none', async () => {
    const phone = await registered('paris', ['Allow: INVITE, ACK, BYE, CANCEL']);
    assert.equal((await (await open('romeo')).message('sip:paris@example.test', 'no phone')).status, 202);
    assert.deepEqual(phone.unread, []);
    const soft = await registered('paris', ['Allow: INVITE, MESSAGE']);
    await said(soft, 'no phone');
  });
});
