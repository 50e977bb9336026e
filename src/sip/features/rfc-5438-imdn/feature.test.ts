import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { type InProcess, startInProcess } from '../../../../test/support/in-process.ts';
import { type Message, SipClient } from '../../../../test/support/sip-client.ts';
import type { TestClient } from '../../../../test/support/test-client.ts';

const NURSE = 'sip:nurse@example.test';
const RECEIPTS = 'urn:xmpp:receipts';
const MARKERS = 'urn:xmpp:chat-markers:0';
const CPIM = ['Content-Type: message/cpim'];

let server: InProcess;
let romeo: SipClient;
let nurse: TestClient;

before(async () => {
  server = await startInProcess({ people: ['romeo', 'nurse'] });
});
after(() => server.stop());
beforeEach(async () => {
  romeo = await open('romeo');
  nurse = await server.signIn('nurse');
  await nurse.becomeAvailable();
  await nurse.rest();
});
afterEach(async () => {
  await romeo.register(0);
  romeo.close();
  await nurse.close();
});

async function open(person: string): Promise<SipClient> {
  const port = server.running.ports.sip!;
  const client = await SipClient.open({ port, transport: 'tcp', person, password: server.password });
  await client.register();
  return client;
}

const asking = (id: string, wanted: string) =>
  [
    'From: <sip:romeo@example.test>',
    'To: <sip:nurse@example.test>',
    'NS: imdn <urn:ietf:params:imdn>',
    `imdn.Message-ID: ${id}`,
    'DateTime: 2030-01-01T10:00:00+01:00',
    `imdn.Disposition-Notification: ${wanted}`,
    '',
    'Content-Type: text/plain',
    '',
    `hello ${id}`,
  ].join('\r\n');

const telling = (id: string, kind: string, status: string) =>
  `<?xml version="1.0" encoding="UTF-8"?><imdn xmlns="urn:ietf:params:xml:ns:imdn"><message-id>${id}</message-id>` +
  '<datetime>2030-01-01T09:00:00Z</datetime><recipient-uri>sip:romeo@example.test</recipient-uri>' +
  `<${kind}-notification><status><${status}/></status></${kind}-notification></imdn>`;

const inEnvelope = (document: string) =>
  `From: <sip:romeo@example.test>\r\nTo: <sip:nurse@example.test>\r\n\r\n` +
  `Content-Type: message/imdn+xml\r\nContent-Disposition: notification\r\n\r\n${document}`;

const field = (message: Message, name: string) => new RegExp(`<(?:\\w+:)?${name}>([^<]*)<`).exec(message.body)?.[1];

describe('RFC 5438: what a SIP client asks to be told', () => {
  test('§6.4: delivery and display are a receipt (XEP-0184) and a marker (XEP-0333), under its Message-ID', async () => {
    await romeo.message(NURSE, asking('34jk324j', 'positive-delivery, display'), CPIM);
    const message = await nurse.expect('<message><body>hello 34jk324j</body></message>');
    assert.equal(message.attributes.id, '34jk324j');
    assert.ok(message.child('request', RECEIPTS));
    assert.ok(message.child('markable', MARKERS));
  });

  test('§6.4: what is not asked for is not', async () => {
    await romeo.message(NURSE, asking('none', 'negative-delivery, x-unheard'), CPIM);
    const message = await nurse.expect('<message><body>hello none</body></message>');
    assert.equal(message.child('request', RECEIPTS), undefined);
    assert.equal(message.child('markable', MARKERS), undefined);
  });

  for (const [what, ns, element, kind, status] of [
    ['a receipt', RECEIPTS, 'received', 'delivery', 'delivered'],
    ['a marker', MARKERS, 'displayed', 'display', 'displayed'],
  ] as const) {
    test(`§7.2.1: ${what} is told in an envelope, with the time as the sender wrote it`, async () => {
      await romeo.message(NURSE, asking(`id-${kind}`, 'positive-delivery, display'), CPIM);
      const { attributes } = await nurse.expect(`<message><body>hello id-${kind}</body></message>`);
      nurse.send(
        `<message to='${attributes.from}' type='chat' id='r1'><${element} xmlns='${ns}' id='id-${kind}'/></message>`,
      );
      const message = await romeo.expect('MESSAGE');
      assert.equal(message.get('content-type'), 'message/cpim');
      assert.match(message.body, /\r\nContent-Type: message\/imdn\+xml\r\nContent-Disposition: notification\r\n/);
      assert.equal(field(message, 'message-id'), `id-${kind}`);
      assert.equal(field(message, 'datetime'), '2030-01-01T10:00:00+01:00');
      assert.equal(field(message, 'recipient-uri'), 'sip:nurse@example.test');
      assert.ok(message.body.includes(`${kind}-notification>`) && message.body.includes(`${status}/>`), message.body);
    });
  }

  test('a client that knows nothing of it is told nothing', async () => {
    nurse.send(`<message to='romeo@example.test' id='r'><received xmlns='${RECEIPTS}' id='x'/></message>`);
    nurse.send(`<message to='romeo@example.test'><body>the end</body></message>`);
    assert.equal((await romeo.expect('MESSAGE')).body, 'the end');
  });

  test('between two SIP clients, all of it passes', async () => {
    const other = await open('nurse');
    await romeo.message(`${NURSE}`, asking('first', ''), CPIM);
    await other.expect('MESSAGE');
    await other.message('sip:romeo@example.test', asking('known', ''), CPIM);
    await romeo.expect('MESSAGE');
    await romeo.message(NURSE, asking('two', 'display'), CPIM);
    const message = await other.expect('MESSAGE', ({ body }) => body.includes('hello two'));
    assert.match(message.body, /\r\nimdn\.Message-ID: two\r\nimdn\.Disposition-Notification: display\r\n/);
    const [, from] = /<([^>]+)>/.exec(message.get('from'))!;
    await other.message(from!, inEnvelope(telling('two', 'display', 'displayed')), CPIM);
    const told = await romeo.expect('MESSAGE', ({ body }) => body.includes('imdn+xml'));
    assert.equal(field(told, 'message-id'), 'two');
    await other.register(0);
    other.close();
  });
});

describe('RFC 5438: what an XMPP client asks to be told', () => {
  const ask = (id: string) =>
    nurse.send(
      `<message to='romeo@example.test' type='chat' id='${id}'><body>${id.length}</body>
        <request xmlns='${RECEIPTS}'/><markable xmlns='${MARKERS}'/></message>`,
    );

  for (const id of ['plain-id', 'no token: <ü>']) {
    test(`a client that knows envelopes is asked, and its answer names the same message (${id})`, async () => {
      await romeo.message(NURSE, asking('x', ''), CPIM);
      ask(id.replace('<', '&lt;'));
      const message = await romeo.expect('MESSAGE');
      const [, messageId] = /imdn\.Message-ID: (\S+)\r\n/.exec(message.body)!;
      assert.match(message.body, /imdn\.Disposition-Notification: positive-delivery, display\r\n/);
      const [, from] = /<([^>]+)>/.exec(message.get('from'))!;
      await romeo.message(from!, inEnvelope(telling(messageId!, 'delivery', 'delivered')), CPIM);
      const received = await nurse.expect((one) => one.child('received', RECEIPTS) !== undefined);
      assert.equal(received.child('received', RECEIPTS)!.attributes.id, id);
      assert.equal(received.attributes.to, nurse.jid);
      await romeo.message(from!, inEnvelope(telling(messageId!, 'display', 'displayed')), CPIM);
      const displayed = await nurse.expect((one) => one.child('displayed', MARKERS) !== undefined);
      assert.equal(displayed.child('displayed', MARKERS)!.attributes.id, id);
    });
  }

  test('COMPAT(linphone): one without envelopes tells of the Call-ID, and is told without one', async () => {
    ask('my-id');
    const message = await romeo.expect('MESSAGE');
    assert.equal(message.get('content-type'), 'text/plain;charset=UTF-8');
    const plainly = ['Content-Type: message/imdn+xml'];
    await romeo.message(NURSE, telling(message.get('call-id'), 'delivery', 'delivered'), plainly);
    const received = await nurse.expect((one) => one.child('received', RECEIPTS) !== undefined);
    assert.equal(received.child('received', RECEIPTS)!.attributes.id, 'my-id');
    nurse.send(`<message to='romeo@example.test' id='r'><received xmlns='${RECEIPTS}' id='x'/></message>`);
    assert.equal((await romeo.expect('MESSAGE')).get('content-type'), 'message/imdn+xml');
  });

  test('that a client answers 200 makes no receipt', async () => {
    ask('plain');
    await romeo.expect('MESSAGE');
    await nurse.expectNothingMore();
  });

  for (const [kind, status] of [
    ['delivery', 'failed'],
    ['processing', 'stored'],
  ] as const) {
    test(`§7.2.1: ${status} says neither that it was delivered nor that it was seen`, async () => {
      const answer = await romeo.message(NURSE, inEnvelope(telling('x', kind, status)), CPIM);
      assert.equal(answer.status, 200);
      await nurse.expectNothingMore();
    });
  }

  test('one that cannot be read is answered 400', async () => {
    assert.equal((await romeo.message(NURSE, inEnvelope('<imdn/>'), CPIM)).status, 400);
  });
});
