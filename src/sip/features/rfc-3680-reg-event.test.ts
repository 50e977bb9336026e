import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { parseElement } from '#xml/parse-element.ts';
import { FakeClock } from '../../../test/support/fake-clock.ts';
import { type InProcess, startInProcess } from '../../../test/support/in-process.ts';
import { SipClient } from '../../../test/support/sip-client.ts';

const ROMEO = 'sip:romeo@example.test';
let clock: FakeClock;
let server: InProcess;
let romeo: SipClient;
const clients: SipClient[] = [];

async function open(person: string): Promise<SipClient> {
  const { password, running } = server;
  const client = await SipClient.open({ port: running.ports.sip!, person, password, transport: 'tcp' });
  clients.push(client);
  return client;
}

beforeEach(async () => {
  clock = new FakeClock();
  server = await startInProcess({ people: ['romeo', 'juliet'], clock });
  romeo = await open('romeo');
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await server.stop();
});

async function info(): Promise<{ version: string; state: string; contacts: string[] }> {
  const notify = await romeo.expect('NOTIFY');
  assert.equal(notify.get('content-type'), 'application/reginfo+xml');
  const root = parseElement(notify.body.replace(/^<\?.*?\?>\s*/, ''), '');
  const [registration] = root.elements();
  assert.equal(registration!.attributes.aor, ROMEO);
  return {
    version: root.attributes.version!,
    state: registration!.attributes.state!,
    contacts: registration!
      .elements()
      .map(({ attributes: { state, event } }) => `${state} ${event}`)
      .sort(),
  };
}

async function gather(): Promise<void> {
  for (const client of clients) await client.request('OPTIONS', 'sip:example.test', { authenticate: false });
  clock.advance(5200);
}

test('RFC 3680 §4.7, §5: what is registered is told, what comes, and what goes', async () => {
  await romeo.subscribe(ROMEO, { event: 'reg' });
  assert.deepEqual(await info(), { version: '0', state: 'init', contacts: [] });
  const phone = await open('romeo');
  await gather();
  await phone.register(600);
  assert.deepEqual(await info(), { version: '1', state: 'active', contacts: ['active registered'] });
  const other = await open('romeo');
  await gather();
  await other.register(60);
  assert.deepEqual(await info(), {
    version: '2',
    state: 'active',
    contacts: ['active registered', 'active registered'],
  });
  await gather();
  await phone.register(0);
  assert.deepEqual((await info()).contacts, ['active registered', 'terminated unregistered']);
  await gather();
  clock.advance(60_000);
  assert.deepEqual(await info(), { version: '4', state: 'terminated', contacts: ['terminated expired'] });
});

test('RFC 3680 §4.6: nobody hears of the registrations of others', async () => {
  const juliet = await open('juliet');
  assert.equal((await juliet.subscribe(ROMEO, { event: 'reg' })).response.status, 403);
});
