import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { FakeClock } from '../../../test/support/fake-clock.ts';
import { type InProcess, startInProcess } from '../../../test/support/in-process.ts';
import { SipClient } from '../../../test/support/sip-client.ts';
import { readMessageSummary } from '../bodies/message-summary.ts';

let clock: FakeClock;
let server: InProcess;
let romeo: SipClient;
let juliet: SipClient;

beforeEach(async () => {
  clock = new FakeClock();
  server = await startInProcess({ people: ['romeo', 'juliet'], clock });
  const { password, running } = server;
  const options = { port: running.ports.sip!, password, transport: 'tcp' } as const;
  juliet = await SipClient.open({ ...options, person: 'juliet' });
  romeo = await SipClient.open({ ...options, person: 'romeo' });
});
afterEach(async () => {
  juliet.close();
  romeo.close();
  await server.stop();
});

async function subscribe(client: SipClient, to = client.address) {
  return client.subscribe(to, { event: 'message-summary', headers: ['Accept: application/simple-message-summary'] });
}

async function summary(client: SipClient) {
  const notify = await client.expect('NOTIFY');
  assert.equal(notify.get('content-type'), 'application/simple-message-summary');
  return readMessageSummary(notify.body);
}

test('RFC 3842 §3.5, §5.2: an account hears how many messages wait for it, where, and that none does any more', async () => {
  assert.equal((await subscribe(romeo)).response.status, 200);
  assert.deepEqual(await summary(romeo), {
    isWaiting: false,
    account: 'sip:romeo@example.test',
    counts: { 'text-message': { newMessages: 0, oldMessages: 0 } },
  });
  await juliet.message('sip:romeo@example.test', 'Art thou not Romeo?');
  clock.advance(1200);
  const one = await summary(romeo);
  assert.deepEqual([one.isWaiting, one.counts['text-message']?.newMessages], [true, 1]);
  await juliet.message('sip:romeo@example.test', 'and a Montague?');
  clock.advance(1200);
  assert.equal((await summary(romeo)).counts['text-message']?.newMessages, 2);
  const phone = await server.signIn('romeo');
  phone.send('<presence/>');
  await phone.expect('<message/>');
  await phone.expect('<message/>');
  await phone.rest();
  clock.advance(2400);
  await phone.rest();
  clock.advance(2400);
  assert.equal((await summary(romeo)).isWaiting, false);
  await phone.close();
});

test('RFC 3842 §3.9: what is delivered at once is no news', async () => {
  const phone = await server.signIn('romeo');
  await phone.becomeAvailable();
  await subscribe(romeo);
  await summary(romeo);
  await juliet.message('sip:romeo@example.test', 'Hark!');
  await phone.expect('<message/>');
  await phone.rest();
  clock.advance(1200);
  await romeo.request('OPTIONS', 'sip:example.test', { authenticate: false });
  assert.equal(romeo.unread.length, 0);
  await phone.close();
});

test('RFC 3842 §4.1: nobody hears of the messages of others', async () => {
  assert.equal((await subscribe(juliet, 'sip:romeo@example.test')).response.status, 403);
});
