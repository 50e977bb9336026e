import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { FakeClock } from '../../../../test/support/fake-clock.ts';
import { type InProcess, startInProcess } from '../../../../test/support/in-process.ts';
import { SipClient } from '../../../../test/support/sip-client.ts';

const ROMEO = 'sip:romeo@example.test';

let clock: FakeClock;
let server: InProcess;
let juliet: SipClient;

beforeEach(async () => {
  clock = new FakeClock();
  server = await startInProcess({ people: ['romeo', 'juliet', 'paris'], clock });
  await server.befriend('romeo', 'juliet', 'paris');
  const { password, running } = server;
  juliet = await SipClient.open({ port: running.ports.sip!, person: 'juliet', password, transport: 'tcp' });
});
afterEach(async () => {
  juliet.close();
  await server.stop();
});

const subscribe = async (uri: string) => {
  const { response } = await juliet.subscribe(uri);
  assert.equal(response.status, 200);
  await juliet.expect('NOTIFY');
};
const stateOfNext = async () => (await juliet.expect('NOTIFY')).get('subscription-state');

test('RFC 6665 §4.1.3: who may no longer sign in watches nobody: rejected', async () => {
  await subscribe(ROMEO);
  await subscribe('sip:paris@example.test');
  await server.running.accounts.setEnabled('juliet@example.test', false);
  assert.equal(await stateOfNext(), 'terminated;reason=rejected');
  assert.equal(await stateOfNext(), 'terminated;reason=rejected');
  await server.running.accounts.setEnabled('juliet@example.test', true);
  await subscribe(ROMEO);
});

test('RFC 6665 §4.1.3: who is disabled is watched by nobody, and again once enabled', async () => {
  await subscribe(ROMEO);
  await server.running.accounts.setEnabled('romeo@example.test', false);
  assert.equal((await juliet.next(({ text }) => text.includes('reason=noresource'))).method, 'NOTIFY');
  assert.equal((await juliet.subscribe(ROMEO)).response.status, 404);
  await server.running.accounts.setEnabled('romeo@example.test', true);
  await subscribe(ROMEO);
});

test('RFC 6665 §4.1.3: after a new password a watcher has to come again with it: deactivated', async () => {
  await subscribe(ROMEO);
  await server.running.accounts.setPassword('juliet@example.test', 'another one');
  assert.equal(await stateOfNext(), 'terminated;reason=deactivated');
});

test('RFC 6665 §4.2.3: all that end in one second are told so', async () => {
  await subscribe(ROMEO);
  await subscribe('sip:paris@example.test');
  // So that the answers to both NOTIFYs are in.
  await juliet.request('OPTIONS', 'sip:example.test', { authenticate: false });
  clock.advance(3_602_000);
  assert.equal(await stateOfNext(), 'terminated;reason=timeout');
  assert.equal(await stateOfNext(), 'terminated;reason=timeout');
});

test('RFC 3261 §12.1.1: the route that a SUBSCRIBE has recorded is echoed once', async () => {
  const headers = ['Record-Route: <sip:p2.example.test;lr>', 'Record-Route: <sip:p1.example.test;lr>'];
  const { response } = await juliet.subscribe(ROMEO, { headers });
  assert.deepEqual(response.all('record-route'), ['<sip:p2.example.test;lr>', '<sip:p1.example.test;lr>']);
});

test('RFC 3261 §21.5.7: who would have much kept of each dialog is told so: 513', async () => {
  const headers = [`Record-Route: <sip:${'p'.repeat(5000)}.example.test;lr>`];
  assert.equal((await juliet.subscribe(ROMEO, { headers })).response.status, 513);
});
