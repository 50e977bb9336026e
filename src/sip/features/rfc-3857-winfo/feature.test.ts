import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { FakeClock } from '../../../../test/support/fake-clock.ts';
import { type InProcess, startInProcess } from '../../../../test/support/in-process.ts';
import { SipClient } from '../../../../test/support/sip-client.ts';
import { readWatcherinfo, type Watcherinfo } from '../../bodies/watcherinfo.ts';

const ROMEO = 'sip:romeo@example.test';
let clock: FakeClock;
let server: InProcess;
let romeo: SipClient;
let nurse: SipClient;

beforeEach(async () => {
  clock = new FakeClock();
  server = await startInProcess({ people: ['romeo', 'juliet', 'nurse'], clock });
  const { password, running } = server;
  const options = { port: running.ports.sip!, password, transport: 'tcp' } as const;
  romeo = await SipClient.open({ ...options, person: 'romeo' });
  nurse = await SipClient.open({ ...options, person: 'nurse' });
});
afterEach(async () => {
  romeo.close();
  nurse.close();
  await server.stop();
});

async function info(): Promise<Watcherinfo> {
  const notify = await romeo.expect('NOTIFY', (message) => message.get('event') === 'presence.winfo');
  assert.equal(notify.get('content-type'), 'application/watcherinfo+xml');
  return readWatcherinfo(notify.body);
}

const watchers = ({ lists }: Watcherinfo) =>
  lists[0]!.watchers.map(({ uri, status, event }) => `${uri.slice(4, uri.indexOf('@'))} ${status} ${event}`);

/** Some more of the server's turns, and then what has been gathered. */
async function gather(): Promise<void> {
  for (const client of [nurse, romeo]) {
    await client.request('OPTIONS', 'sip:example.test', { authenticate: false });
  }
  clock.advance(5200);
}

test('RFC 3857 §4.6: nobody but the account hears of its watchers, and of those who watch them nobody', async () => {
  const others = await nurse.subscribe(ROMEO, { event: 'presence.winfo' });
  assert.equal(others.response.status, 403);
  assert.equal((await romeo.subscribe(ROMEO, { event: 'presence.winfo.winfo' })).response.status, 489);
});

test('RFC 3858 §4.1: all watchers at first, then those that change, one version after the other', async () => {
  await server.befriend('romeo', 'juliet');
  const { dialog } = await romeo.subscribe(ROMEO, { event: 'presence.winfo' });
  const first = await info();
  assert.deepEqual([first.version, first.isFull, watchers(first)], [0, true, ['juliet active subscribe']]);
  assert.deepEqual([first.lists[0]!.resource, first.lists[0]!.package], [ROMEO, 'presence']);
  await nurse.subscribe(ROMEO, { expires: 600 });
  await gather();
  const second = await info();
  assert.deepEqual([second.version, second.isFull, watchers(second)], [1, false, ['nurse pending subscribe']]);
  assert.equal(second.lists[0]!.watchers[0]!.expirationSeconds, 595);

  const phone = await server.signIn('romeo');
  await phone.becomeAvailable();
  phone.send("<presence to='nurse@example.test' type='subscribed'/>");
  await phone.rest();
  await nurse.expect('NOTIFY', (notify) => notify.get('subscription-state').startsWith('active'));
  await gather();
  const third = await info();
  assert.deepEqual([third.version, watchers(third)], [2, ['nurse active approved']]);
  await phone.close();

  await romeo.subscribe(ROMEO, { event: 'presence.winfo', dialog: dialog! });
  const again = await info();
  assert.deepEqual([again.version, again.isFull], [3, true]);
  assert.deepEqual(watchers(again).sort(), ['juliet active subscribe', 'nurse active approved']);
});

test('RFC 3857 §4.7.1: who asked by a subscription that ended before anybody decided is waiting', async () => {
  await romeo.subscribe(ROMEO, { event: 'presence.winfo' });
  await info();
  const { dialog } = await nurse.subscribe(ROMEO);
  await nurse.expect('NOTIFY');
  await gather();
  assert.deepEqual(watchers(await info()), ['nurse pending subscribe']);
  await nurse.subscribe(ROMEO, { expires: 0, dialog: dialog! });
  await gather();
  assert.deepEqual(watchers(await info()), ['nurse waiting timeout']);
});

test('RFC 3858 §4.3: a watcher is the same one from document to document, and who is turned down is told of once', async () => {
  await romeo.subscribe(ROMEO, { event: 'presence.winfo' });
  await info();
  await nurse.subscribe(ROMEO);
  await gather();
  const asked = await info();
  const phone = await server.signIn('romeo');
  await phone.becomeAvailable();
  phone.send("<presence to='nurse@example.test' type='unsubscribed'/>");
  await phone.rest();
  await gather();
  const gone = await info();
  assert.deepEqual(watchers(gone), ['nurse terminated rejected']);
  assert.equal(gone.lists[0]!.watchers[0]!.id, asked.lists[0]!.watchers[0]!.id);
  await gather();
  assert.equal(romeo.unread.filter(({ method }) => method === 'NOTIFY').length, 0);
  await phone.close();
});

test('RFC 3857 §4.10: whoever is blocked is a watcher no longer', async () => {
  await server.befriend('romeo', 'juliet');
  await romeo.subscribe(ROMEO, { event: 'presence.winfo' });
  await info();
  const phone = await server.signIn('romeo');
  await phone.ask('set', "<block xmlns='urn:xmpp:blocking'><item jid='juliet@example.test'/></block>");
  await gather();
  assert.deepEqual(watchers(await info()), ['juliet terminated rejected']);
  await phone.close();
});
