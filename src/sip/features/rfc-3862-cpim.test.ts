import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { type InProcess, startInProcess } from '../../../test/support/in-process.ts';
import { SipClient } from '../../../test/support/sip-client.ts';
import type { TestClient } from '../../../test/support/test-client.ts';

const NURSE = 'sip:nurse@example.test';
const CPIM = ['Content-Type: message/cpim'];

let server: InProcess;
let romeo: SipClient;
let nurse: TestClient;

before(async () => {
  server = await startInProcess({ people: ['romeo', 'nurse'] });
});
after(() => server.stop());
beforeEach(async () => {
  const { password, running } = server;
  romeo = await SipClient.open({ port: running.ports.sip!, transport: 'tcp', person: 'romeo', password });
  await romeo.register();
  nurse = await server.signIn('nurse');
  await nurse.becomeAvailable();
  await nurse.rest();
});
afterEach(async () => {
  await romeo.register(0);
  romeo.close();
  await nurse.close();
});

const envelope = (headers: readonly string[], content = 'Content-Type: text/plain;charset=UTF-8\r\n\r\nhello') =>
  `${['From: <im:mallory@example.test>', ...headers].join('\r\n')}\r\n\r\n${content}`;

describe('RFC 3862: a message in an envelope', () => {
  test('§4: what stands in it is what is said; DateTime, Subject in its languages; the sender is who has proved it', async () => {
    const headers = ['DateTime: 2010-11-13T23:29:00Z', 'Subject: Ode', 'Subject:;lang=cs Óda'];
    assert.equal((await romeo.message(NURSE, envelope(headers), CPIM)).status, 200);
    const message = await nurse.expect('<message><body>hello</body></message>');
    assert.match(message.attributes.from!, /^romeo@example\.test\//);
    const subjects = message.elements().filter(({ name }) => name === 'subject');
    assert.deepEqual(
      subjects.map((subject) => [subject.attributes['xml:lang'], subject.text()]),
      [
        [undefined, 'Ode'],
        ['cs', 'Óda'],
      ],
    );
    assert.equal(message.child('delay', 'urn:xmpp:delay')?.attributes.stamp, '2010-11-13T23:29:00.000Z');
  });

  test('RFC 2045 §6: a content in base64 is read', async () => {
    const content = 'Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\ncnVlIQ==';
    await romeo.message(NURSE, envelope([], content), CPIM);
    await nurse.expect('<message><body>rue!</body></message>');
  });

  const refused: [string, string, number][] = [
    ['one whose headers do not end', 'From: <im:a@b>', 400],
    ['§3.6: one that requires what is not known', envelope(['Require: MyFeatures.VitalMessageOption']), 400],
    ['an envelope in an envelope', envelope([], `Content-Type: message/cpim\r\n\r\n${envelope([])}`), 415],
    ['a content that is not known', envelope([], 'Content-Type: image/png\r\n\r\nPNG'), 415],
  ];
  for (const [what, body, status] of refused) {
    test(`${what}: ${status}`, async () => {
      assert.equal((await romeo.message(NURSE, body, CPIM)).status, status);
    });
  }

  test('one is not sent to a client that has shown none itself, nor where nothing in it needs one', async () => {
    const ask = (id: string, content = '') =>
      nurse.send(`<message to='romeo@example.test' type='chat' id='${id}'><body>${id}</body>${content}</message>`);
    ask('before', `<request xmlns='urn:xmpp:receipts'/>`);
    assert.equal((await romeo.expect('MESSAGE')).get('content-type'), 'text/plain;charset=UTF-8');
    await romeo.message(NURSE, envelope([]), CPIM);
    ask('plain');
    assert.equal((await romeo.expect('MESSAGE')).get('content-type'), 'text/plain;charset=UTF-8');
    ask('asks', `<subject>a: b</subject><request xmlns='urn:xmpp:receipts'/>`);
    const message = await romeo.expect('MESSAGE');
    assert.equal(message.get('content-type'), 'message/cpim');
    assert.match(message.body, /^From: <sip:nurse@example\.test;gr=balcony>\r\nTo: <sip:romeo@example\.test>\r\n/);
    assert.match(message.body, /\r\nDateTime: 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ\r\nSubject: a: b\r\n/);
    assert.match(message.body, /\r\n\r\nContent-Type: text\/plain;charset=UTF-8\r\n\r\nasks$/);
  });

  test('RFC 3261 §21.4.13: where it refuses one after all (415), the same is said without', async () => {
    await romeo.message(NURSE, envelope([]), CPIM);
    romeo.autoAnswer.delete('MESSAGE');
    const ask = (id: string) =>
      nurse.send(
        `<message to='romeo@example.test' id='${id}'><body>${id}</body><request xmlns='urn:xmpp:receipts'/></message>`,
      );
    ask('one');
    const first = await romeo.expect('MESSAGE');
    assert.equal(first.get('content-type'), 'message/cpim');
    romeo.reply(first, '415 Unsupported Media Type', ['Accept: text/plain']);
    const second = await romeo.expect('MESSAGE');
    assert.equal(second.body, 'one');
    romeo.reply(second, '200 OK');
    ask('two');
    assert.equal((await romeo.expect('MESSAGE')).body, 'two');
  });
});
