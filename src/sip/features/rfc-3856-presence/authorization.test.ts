import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { type InProcess, startInProcess } from '../../../../test/support/in-process.ts';
import { type Message, SipClient } from '../../../../test/support/sip-client.ts';
import type { TestClient } from '../../../../test/support/test-client.ts';

let server: InProcess;
let nurse: SipClient;
let romeo: TestClient;

beforeEach(async () => {
  server = await startInProcess({ people: ['romeo', 'nurse'] });
  const { password, domain, running } = server;
  nurse = await SipClient.open({ port: running.ports.sip!, transport: 'tcp', person: 'nurse', password, domain });
  romeo = await server.signIn('romeo', 'orchard');
  await romeo.becomeAvailable('<show>away</show>');
});
afterEach(async () => {
  nurse.close();
  romeo.drop();
  await server.stop();
});

function notify(state: RegExp): Promise<Message> {
  return nurse.expect('NOTIFY', (message) => state.test(message.get('subscription-state')));
}

async function asks(): Promise<void> {
  const { response } = await nurse.subscribe('sip:romeo@example.test');
  assert.equal(response.status, 200);
  const pending = await notify(/^pending/);
  assert.equal(pending.body, '');
  await romeo.expect("<presence from='nurse@example.test' to='romeo@example.test' type='subscribe'/>");
}

test('RFC 8048 §4: a SIP watcher is a request to the contact, and sees the account once that has granted it', async () => {
  await asks();
  romeo.send("<presence to='nurse@example.test' type='subscribed'/>");
  assert.match((await notify(/^active/)).body, /<show[^>]*>away<\/show>|<\w*:?away\/>/);
});

test('RFC 6665 §4.1.3: a request that the contact turns down ends as rejected', async () => {
  await asks();
  romeo.send("<presence to='nurse@example.test' type='unsubscribed'/>");
  await notify(/^terminated;reason=rejected/);
});

test('RFC 6121 §3.2.2: so does a subscription that had been granted, when the contact takes that back', async () => {
  await asks();
  romeo.send("<presence to='nurse@example.test' type='subscribed'/>");
  await notify(/^active/);
  romeo.send("<presence to='nurse@example.test' type='unsubscribed'/>");
  await notify(/^terminated;reason=rejected/);
});

test('RFC 3856 §6.6: who is blocked sees somebody who is not there, and is not told why', async () => {
  await asks();
  romeo.send("<presence to='nurse@example.test' type='subscribed'/>");
  await notify(/^active/);
  await romeo.ask('set', "<block xmlns='urn:xmpp:blocking'><item jid='nurse@example.test'/></block>");
  const { body } = await notify(/^active/);
  assert.match(body, /<basic>closed<\/basic>/);
  assert.doesNotMatch(body, /away/);
});
