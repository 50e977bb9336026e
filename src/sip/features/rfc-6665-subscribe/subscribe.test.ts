import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { FakeClock } from '../../../../test/support/fake-clock.ts';
import { type InProcess, startInProcess } from '../../../../test/support/in-process.ts';
import { type Message, SipClient } from '../../../../test/support/sip-client.ts';
import { until } from '../../../../test/support/until.ts';

const ROMEO = 'sip:romeo@example.test';
const pidf = (note: string) =>
  `<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="pres:romeo@example.test"><tuple id="a"><status><basic>open</basic></status><note>${note}</note></tuple></presence>`;

let clock: FakeClock;
let server: InProcess;
let romeo: SipClient;
let juliet: SipClient;
const clients: SipClient[] = [];

async function open(person: string, transport: 'udp' | 'tcp' = 'tcp'): Promise<SipClient> {
  const { password, running } = server;
  const client = await SipClient.open({ port: running.ports.sip!, person, password, transport });
  clients.push(client);
  return client;
}

/** Until the server has taken in what clients have answered. */
const settled = async () => {
  await juliet.request('OPTIONS', 'sip:example.test', { authenticate: false });
};
const subscriptions = async () =>
  Number(/^rollcall_sip_subscriptions (\d+)/m.exec(await server.running.node.metrics.text())![1]);
const state = (notify: Message) => notify.get('subscription-state');

beforeEach(async () => {
  clock = new FakeClock();
  server = await startInProcess({ people: ['romeo', 'juliet', 'paris'], clock });
  await server.befriend('romeo', 'juliet');
  romeo = await open('romeo');
  juliet = await open('juliet');
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await server.stop();
});

describe('a SUBSCRIBE', () => {
  test('RFC 6665 §4.2.1.1, §4.2.2: is answered with its time, a Contact and a NOTIFY in the same dialog', async () => {
    const { response, dialog } = await juliet.subscribe(ROMEO, { expires: 600 });
    assert.equal(response.status, 200);
    assert.equal(response.get('expires'), '600');
    const notify = await juliet.expect('NOTIFY');
    assert.equal(notify.get('call-id'), dialog!.callId);
    assert.equal(notify.tag('from'), response.tag('to'));
    assert.equal(notify.tag('to'), response.tag('from'));
    assert.equal(notify.get('event'), 'presence');
    assert.equal(state(notify), 'active;expires=600');
    assert.match(notify.get('contact'), /^<sip:/);
  });

  test('RFC 6665 §8.2.1, §4.2.1.1: of a package that is not there is 489, for too short a time 423', async () => {
    const { response } = await juliet.subscribe(ROMEO, { event: 'presence.winfo.winfo' });
    assert.equal(response.status, 489);
    assert.match(response.get('allow-events'), /presence/);
    assert.equal((await juliet.subscribe(ROMEO, { event: '' })).response.status, 489);
    const short = (await juliet.subscribe(ROMEO, { expires: 5 })).response;
    assert.equal(short.status, 423);
    assert.equal(short.get('min-expires'), '60');
    const long = (await juliet.subscribe(ROMEO, { expires: 1_000_000 })).response;
    assert.equal(long.get('expires'), '7200');
  });

  test('RFC 3261 §8.2.3: with a body that nobody has use for is 415, for a document that nobody makes 406', async () => {
    const other = await juliet.subscribe(ROMEO, { headers: ['Content-Type: text/plain'], body: 'a' });
    assert.equal(other.response.status, 415);
    const html = await juliet.subscribe(ROMEO, { headers: ['Accept: text/html, application/pidf+xml;q=0'] });
    assert.equal(html.response.status, 406);
    assert.match(html.response.get('accept'), /application\/pidf\+xml/);
    assert.equal((await juliet.subscribe('sip:nobody@example.test')).response.status, 404);
  });

  test('RFC 6665 §4.4.3: for no time at all is answered with how things are, and it is over', async () => {
    await romeo.publish(pidf('here'));
    await juliet.subscribe(ROMEO, { expires: 0 });
    const notify = await juliet.expect('NOTIFY');
    assert.equal(state(notify), 'terminated;reason=timeout');
    assert.match(notify.body, /here/);
    assert.equal(await subscriptions(), 0);
  });

  test('RFC 3856 §6.6: of one who may not watch yet tells nothing, however it is asked', async () => {
    await romeo.publish(pidf('secret'));
    const paris = await open('paris');
    await paris.subscribe(ROMEO, { expires: 0 });
    const fetched = await paris.expect('NOTIFY');
    assert.equal(state(fetched), 'terminated;reason=timeout');
    assert.equal(fetched.body, '');
    const { dialog } = await paris.subscribe(ROMEO);
    const pending = await paris.expect('NOTIFY');
    assert.match(state(pending), /^pending;/);
    assert.equal(pending.body, '');
    await paris.subscribe(ROMEO, { expires: 0, ...(dialog && { dialog }) });
    assert.equal((await paris.expect('NOTIFY')).body, '');
  });
});

describe('within its dialog', () => {
  test('RFC 6665 §4.2.1.2: a refresh puts its end off, and is answered with how things are', async () => {
    const { dialog } = await juliet.subscribe(ROMEO, { expires: 600 });
    await juliet.expect('NOTIFY');
    await settled();
    clock.advance(500_000);
    const { response } = await juliet.subscribe(ROMEO, { expires: 600, dialog: dialog! });
    assert.equal(response.status, 200);
    const notify = await juliet.expect('NOTIFY');
    assert.equal(state(notify), 'active;expires=600');
    assert.equal(Number.parseInt(notify.get('cseq'), 10), 2);
    await settled();
    clock.advance(500_000);
    assert.equal(await subscriptions(), 1);
    clock.advance(101_000);
    assert.equal(state(await juliet.expect('NOTIFY')), 'terminated;reason=timeout');
    assert.equal(await subscriptions(), 0);
    assert.equal((await juliet.subscribe(ROMEO, { dialog: dialog! })).response.status, 481);
  });

  test('RFC 6665 §4.2.1.4: Expires: 0 ends it', async () => {
    const { dialog } = await juliet.subscribe(ROMEO);
    await juliet.expect('NOTIFY');
    const { response } = await juliet.subscribe(ROMEO, { expires: 0, dialog: dialog! });
    assert.equal(response.status, 200);
    assert.equal(response.get('expires'), '0');
    assert.equal(state(await juliet.expect('NOTIFY')), 'terminated;reason=timeout');
    assert.equal(await subscriptions(), 0);
  });

  test('RFC 3261 §12.2.2: what comes out of order is 500, and changes nothing', async () => {
    const { dialog } = await juliet.subscribe(ROMEO, { expires: 600 });
    await juliet.expect('NOTIFY');
    const { response } = await juliet.subscribe(ROMEO, { expires: 0, dialog: { ...dialog!, cseq: 0 } });
    assert.equal(response.status, 500);
    assert.equal(await subscriptions(), 1);
  });

  test('RFC 3261 §12.2.2: of other tags, or of somebody else, there is no such dialog: 481', async () => {
    const { dialog } = await juliet.subscribe(ROMEO);
    await juliet.expect('NOTIFY');
    const other = { ...dialog!, from: dialog!.from.replace(/tag=\w+/, 'tag=other'), cseq: 50 };
    assert.equal((await juliet.subscribe(ROMEO, { expires: 0, dialog: other })).response.status, 481);
    const paris = await open('paris');
    const stolen = { ...dialog!, from: dialog!.from.replace('juliet', 'paris'), cseq: 60 };
    assert.equal((await paris.subscribe(ROMEO, { expires: 0, dialog: stolen })).response.status, 481);
    assert.equal(await subscriptions(), 1);
  });

  test('RFC 6665 §4.5.2, §8.2.1: a second subscription is told apart by the id of its Event', async () => {
    const { dialog } = await juliet.subscribe(ROMEO, { event: 'presence;id=1' });
    assert.equal((await juliet.expect('NOTIFY')).get('event'), 'presence;id=1');
    await juliet.subscribe(ROMEO, { event: 'presence;id=2', dialog: dialog! });
    const second = await juliet.expect('NOTIFY');
    assert.equal(second.get('event'), 'presence;id=2');
    assert.equal(second.get('call-id'), dialog!.callId);
    assert.equal(Number.parseInt(second.get('cseq'), 10), 2);
    assert.equal(await subscriptions(), 2);
    await juliet.subscribe(ROMEO, { event: 'presence;id=1', expires: 0, dialog: dialog! });
    const over = await juliet.expect('NOTIFY');
    assert.deepEqual([over.get('event'), state(over)], ['presence;id=1', 'terminated;reason=timeout']);
    await romeo.publish(pidf('still told'));
    const told = await juliet.expect('NOTIFY', (notify) => notify.body.includes('still told'));
    assert.equal(told.get('event'), 'presence;id=2');
    await juliet.subscribe(ROMEO, { event: 'presence;id=2', expires: 0, dialog: dialog! });
    await juliet.expect('NOTIFY');
    assert.equal(await subscriptions(), 0);
  });
});

describe('a change', () => {
  test('RFC 6665 §4.2.2: one NOTIFY waits for the answer to the last, and tells all that came meanwhile', async () => {
    juliet.autoAnswer.delete('NOTIFY');
    await juliet.subscribe(ROMEO);
    const first = await juliet.expect('NOTIFY');
    const published = await romeo.publish(pidf('one'));
    await romeo.publish(pidf('two'), { tag: published.get('sip-etag') });
    await settled();
    assert.equal(juliet.unread.length, 0);
    juliet.reply(first, '200 OK');
    const next = await juliet.expect('NOTIFY');
    assert.match(next.body, /two/);
    juliet.reply(next, '200 OK');
    await settled();
    assert.equal(juliet.unread.length, 0);
  });

  test('RFC 6665 §4.2.2, RFC 5057 §5.1: 481 to a NOTIFY ends the subscription at once, and nobody is told', async () => {
    juliet.autoAnswer.delete('NOTIFY');
    await juliet.subscribe(ROMEO);
    juliet.reply(await juliet.expect('NOTIFY'), '481 Subscription Does Not Exist');
    await until('it is over', async () => (await subscriptions()) === 0);
    await romeo.publish(pidf('one'));
    await settled();
    assert.equal(juliet.unread.length, 0);
  });

  test('RFC 6665 §4.2.2: Retry-After puts the next NOTIFY off, and what was refused is told then', async () => {
    juliet.autoAnswer.delete('NOTIFY');
    await juliet.subscribe(ROMEO);
    juliet.reply(await juliet.expect('NOTIFY'), '200 OK');
    await romeo.publish(pidf('one'));
    juliet.reply(await juliet.expect('NOTIFY'), '503 Busy', ['Retry-After: 20']);
    await settled();
    clock.advance(19_000);
    await settled();
    assert.equal(juliet.unread.length, 0);
    clock.advance(1100);
    const again = await juliet.expect('NOTIFY');
    assert.match(again.body, /one/);
    juliet.reply(again, '200 OK');
  });

  test('RFC 5057 §5.1: 407 to a NOTIFY loses that one alone', async () => {
    juliet.autoAnswer.delete('NOTIFY');
    await juliet.subscribe(ROMEO);
    juliet.reply(await juliet.expect('NOTIFY'), '407 Proxy Authentication Required');
    await settled();
    await romeo.publish(pidf('one'));
    const next = await juliet.expect('NOTIFY');
    assert.match(next.body, /one/);
    juliet.reply(next, '200 OK');
  });

  test('RFC 6665 §4.2.2: a watcher that does not answer is gone', async () => {
    const udp = await open('juliet', 'udp');
    udp.autoAnswer.delete('NOTIFY');
    await udp.subscribe(ROMEO);
    await udp.expect('NOTIFY');
    assert.equal(await subscriptions(), 1);
    clock.advance(33_000);
    await until('it is over', async () => (await subscriptions()) === 0);
  });

  test('RFC 6665 §4.1.3: the server takes leave with deactivated, and an account that is gone with noresource', async () => {
    await juliet.subscribe(ROMEO);
    await juliet.expect('NOTIFY');
    await romeo.subscribe('sip:juliet@example.test');
    await romeo.expect('NOTIFY');
    await server.running.accounts.remove('romeo@example.test');
    const gone = await juliet.expect('NOTIFY');
    assert.deepEqual([state(gone), gone.body], ['terminated;reason=noresource', '']);
    assert.equal(state(await romeo.expect('NOTIFY')), 'terminated;reason=rejected');
    await juliet.subscribe('sip:juliet@example.test');
    await juliet.expect('NOTIFY');
    await server.restart();
    assert.equal(state(await juliet.expect('NOTIFY')), 'terminated;reason=deactivated');
  });

  test('RFC 3856 §6.10: with minNotifySeconds a watcher is not told more often, and then of the newest', async () => {
    server.configure({ 'sip.rfc-6665.minNotifySeconds': 5 });
    await juliet.subscribe(ROMEO);
    await juliet.expect('NOTIFY');
    const published = await romeo.publish(pidf('one'));
    await romeo.publish(pidf('two'), { tag: published.get('sip-etag') });
    await settled();
    assert.equal(juliet.unread.length, 0);
    clock.advance(5100);
    assert.match((await juliet.expect('NOTIFY')).body, /two/);
  });

  test('RFC 6665 §4.2.1.3: too many subscriptions of one account are refused with Retry-After', async () => {
    server.configure({ 'sip.rfc-6665.maxSubscriptionsPerWatcher': 1 });
    await juliet.subscribe(ROMEO);
    const { response } = await juliet.subscribe(ROMEO);
    assert.equal(response.status, 503);
    assert.equal(response.get('retry-after'), '60');
    await romeo.subscribe('sip:juliet@example.test');
  });

  test('RFC 6665 §4.2.2: what nobody has looked at for long is still told of when it changes', async () => {
    await romeo.subscribe(ROMEO, { event: 'presence.winfo', expires: 7200 });
    await romeo.expect('NOTIFY');
    await romeo.request('OPTIONS', 'sip:example.test', { authenticate: false });
    clock.advance(600_000);
    const paris = await open('paris');
    await paris.subscribe(ROMEO);
    assert.match((await romeo.expect('NOTIFY')).body, /paris/);
  });

  test('an account that has long done nothing else may still refresh', async () => {
    const { dialog } = await juliet.subscribe(ROMEO);
    await juliet.expect('NOTIFY');
    await settled();
    clock.advance(300_000);
    assert.equal((await juliet.subscribe(ROMEO, { dialog: dialog! })).response.status, 200);
  });
});
