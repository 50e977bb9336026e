import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { FakeClock } from '../../../../test/support/fake-clock.ts';
import { type InProcess, startInProcess } from '../../../../test/support/in-process.ts';
import { SipClient } from '../../../../test/support/sip-client.ts';
import type { TestClient } from '../../../../test/support/test-client.ts';

const NURSE = 'sip:nurse@example.test';
const STATES = 'http://jabber.org/protocol/chatstates';
const TYPE = 'application/im-iscomposing+xml';

let server: InProcess;
let clock: FakeClock;
let romeo: SipClient;
let nurse: TestClient;

before(async () => {
  clock = new FakeClock();
  server = await startInProcess({ people: ['romeo', 'nurse'], clock });
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

const says = (state: string, more = '') =>
  romeo.message(
    NURSE,
    `<?xml version="1.0"?><isComposing xmlns="urn:ietf:params:xml:ns:im-iscomposing"><state>${state}</state>${more}</isComposing>`,
    [`Content-Type: ${TYPE}`],
  );
const state = (name: string) => nurse.expect(`<message type='chat'><${name} xmlns='${STATES}'/></message>`);

describe('RFC 3994: a SIP client writes', () => {
  test('§3.2: active is composing, idle is paused', async () => {
    assert.equal((await says('active', '<contenttype>text/plain</contenttype>')).status, 200);
    assert.equal((await state('composing')).child('body'), undefined);
    await says('idle');
    await state('paused');
  });

  for (const [what, refresh, seconds] of [
    ['what it says holds for 120 seconds', '', 120],
    ['what it says holds for as long as it says', '<refresh>90</refresh>', 90],
  ] as const) {
    test(`§3.3: ${what}`, async () => {
      await says('active', refresh);
      await state('composing');
      clock.advance((seconds - 2) * 1000);
      await nurse.expectNothingMore();
      await says('active', refresh);
      await state('composing');
      clock.advance((seconds - 2) * 1000);
      await nurse.expectNothingMore();
      clock.advance(4000);
      await state('paused');
    });
  }

  test('§3.3: the message ends it', async () => {
    await says('active', '<refresh>60</refresh>');
    await state('composing');
    await romeo.message(NURSE, 'written');
    const message = await nurse.expect('<message><body>written</body></message>');
    assert.ok(message.child('active', STATES), 'XEP-0085 §5.1: it is worth to tell it');
    clock.advance(70_000);
    assert.ok((await nurse.rest()).every(({ name }) => name !== 'message'));
  });

  test('nobody is there: it is forgotten', async () => {
    await nurse.close();
    assert.equal((await says('active')).status, 200);
    nurse = await server.signIn('nurse');
    await nurse.becomeAvailable();
    const stanzas = await nurse.rest();
    assert.ok(stanzas.every(({ name }) => name !== 'message'));
    await says('idle');
  });

  test('one that cannot be read: 400', async () => {
    assert.equal((await romeo.message(NURSE, '<isComposing', [`Content-Type: ${TYPE}`])).status, 400);
  });
});

describe('XEP-0085: an XMPP client writes', () => {
  const sends = (content: string) => nurse.send(`<message to='romeo@example.test' type='chat'>${content}</message>`);
  const chatState = (name: string) => sends(`<${name} xmlns='${STATES}'/>`);

  test('composing is active, and what ends it is idle, once', async () => {
    chatState('active');
    chatState('composing');
    const active = await romeo.expect('MESSAGE');
    assert.equal(active.get('content-type'), TYPE);
    assert.match(active.body, /<state>active<\/state><contenttype>text\/plain<\/contenttype><refresh>120<\/refresh>/);
    chatState('paused');
    chatState('inactive');
    chatState('gone');
    sends('<body>the end</body>');
    assert.match((await romeo.expect('MESSAGE')).body, /<state>idle<\/state>/);
    assert.equal((await romeo.expect('MESSAGE')).body, 'the end');
  });

  test('after a message, or when it was believed no more, there is nothing to end', async () => {
    chatState('composing');
    await romeo.expect('MESSAGE');
    sends(`<body>written</body><active xmlns='${STATES}'/>`);
    assert.equal((await romeo.expect('MESSAGE')).body, 'written');
    chatState('gone');
    chatState('composing');
    assert.match((await romeo.expect('MESSAGE')).body, /active/);
    clock.advance(121_000);
    chatState('paused');
    sends('<body>the end</body>');
    assert.equal((await romeo.expect('MESSAGE')).body, 'the end');
  });

  test('RFC 3994 §3.2: a client that refuses it (415) is told no more', async () => {
    romeo.autoAnswer.delete('MESSAGE');
    chatState('composing');
    romeo.reply(await romeo.expect('MESSAGE'), '415 Unsupported Media Type', ['Accept: text/plain']);
    await nurse.expectNothingMore();
    chatState('composing');
    sends('<body>the end</body>');
    const end = await romeo.expect('MESSAGE');
    assert.equal(end.body, 'the end');
    romeo.reply(end, '200 OK');
  });
});
