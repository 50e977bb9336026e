import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { FakeClock } from '../../../../test/support/fake-clock.ts';
import { type InProcess, startInProcess } from '../../../../test/support/in-process.ts';
import { type Message, SipClient } from '../../../../test/support/sip-client.ts';

const ROMEO = 'sip:romeo@example.test';
const pidf = (note: string, basic = 'open') =>
  `<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="pres:romeo@example.test"><tuple id="a"><status><basic>${basic}</basic></status><note>${note}</note></tuple></presence>`;

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

/** What somebody who may see him is told now. */
async function shown(client = romeo): Promise<string> {
  await client.subscribe(ROMEO, { expires: 0 });
  return (await client.expect('NOTIFY')).body;
}

const etag = (response: Message) => response.get('sip-etag');

beforeEach(async () => {
  clock = new FakeClock();
  server = await startInProcess({ people: ['romeo', 'juliet'], clock });
  await server.befriend('romeo', 'juliet');
  romeo = await open('romeo');
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await server.stop();
});

describe('a PUBLISH', () => {
  test('RFC 3903 §6 step 6: is answered with a tag that was never given before, and its time', async () => {
    const first = await romeo.publish(pidf('one'), { expires: 600 });
    assert.equal(first.status, 200);
    assert.equal(first.get('expires'), '600');
    assert.notEqual(etag(first), '');
    const second = await romeo.publish('', { tag: etag(first) });
    assert.notEqual(etag(second), etag(first));
    assert.match(await shown(), /one/);
  });

  test('RFC 3903 §4.3: a refresh puts the end off, and nobody is told of it', async () => {
    const juliet = await open('juliet');
    await juliet.subscribe(ROMEO);
    await juliet.expect('NOTIFY');
    const first = await romeo.publish(pidf('one'), { expires: 600 });
    await juliet.expect('NOTIFY');
    clock.advance(20_000);
    assert.equal((await romeo.publish('', { tag: etag(first), expires: 7200 })).status, 200);
    await juliet.request('OPTIONS', 'sip:example.test', { authenticate: false });
    assert.equal(juliet.unread.length, 0);
    clock.advance(900_000);
    const again = await open('juliet');
    assert.match(await shown(again), /one/);
  });

  test('RFC 3903 §4.4: a change takes the place of what was there; §4.5: Expires: 0 takes it away', async () => {
    const first = await romeo.publish(pidf('one'));
    const second = await romeo.publish(pidf('two'), { tag: etag(first) });
    const body = await shown();
    assert.match(body, /two/);
    assert.doesNotMatch(body, /one/);
    const removed = await romeo.publish('', { tag: etag(second), expires: 0 });
    assert.deepEqual([removed.status, removed.get('expires')], [200, '0']);
    assert.doesNotMatch(await shown(), /two/);
    assert.equal((await romeo.publish('', { tag: etag(second) })).status, 412);
  });

  test('RFC 3903 §6 step 3: with a tag that is none, or no longer is, is 412', async () => {
    const first = await romeo.publish(pidf('one'));
    assert.equal((await romeo.publish(pidf('two'), { tag: 'dx200xyz' })).status, 412);
    await romeo.publish(pidf('two'), { tag: etag(first) });
    assert.equal((await romeo.publish(pidf('three'), { tag: etag(first) })).status, 412);
    assert.match(await shown(), /two/);
  });

  test('RFC 3903 §4.1: two clients publish beside each other', async () => {
    await romeo.publish(pidf('one'));
    await romeo.publish(pidf('two').replace('id="a"', 'id="b"'));
    const body = await shown();
    assert.match(body, /one/);
    assert.match(body, /two/);
  });

  test('RFC 3903 §6 step 5: one that is not refreshed ends by itself', async () => {
    const juliet = await open('juliet');
    await juliet.subscribe(ROMEO);
    await juliet.expect('NOTIFY');
    await romeo.publish(pidf('one'), { expires: 60 });
    assert.match((await juliet.expect('NOTIFY')).body, /one/);
    await juliet.request('OPTIONS', 'sip:example.test', { authenticate: false });
    clock.advance(62_000);
    assert.doesNotMatch((await juliet.expect('NOTIFY')).body, /one/);
  });

  test('RFC 3903 §6: its tag outlives a restart', async () => {
    const first = await romeo.publish(pidf('one'));
    clock.advance(300);
    await server.restart();
    romeo = await open('romeo');
    assert.match(await shown(), /one/);
    assert.equal((await romeo.publish(pidf('two'), { tag: etag(first) })).status, 200);
    assert.match(await shown(), /two/);
  });
});

describe('is refused', () => {
  const publish = (headers: readonly string[], body: string, to = ROMEO, client = romeo) =>
    client.request('PUBLISH', to, { headers, body });
  const PIDF = 'Content-Type: application/pidf+xml';

  test('RFC 3903 §6 step 1: of another package 489, for somebody else 403', async () => {
    const other = await publish(['Event: dialog', PIDF], pidf('one'));
    assert.deepEqual([other.status, other.get('allow-events')], [489, 'presence']);
    assert.equal((await publish([PIDF], pidf('one'))).status, 489);
    const juliet = await open('juliet');
    const headers = ['Event: presence', PIDF, `To: <${ROMEO}>`];
    assert.equal((await publish(headers, pidf('one'), ROMEO, juliet)).status, 403);
  });

  test('RFC 3903 §6 step 4: for too short a time 423, for no time that can be read 400', async () => {
    const short = await publish(['Event: presence', PIDF, 'Expires: 5'], pidf('one'));
    assert.deepEqual([short.status, short.get('min-expires')], [423, '60']);
    assert.equal((await publish(['Event: presence', PIDF, 'Expires: soon'], pidf('one'))).status, 400);
  });

  test('RFC 3903 §6 step 5: without a body at first 400, of another type 415 with those that are taken, a broken one 400', async () => {
    assert.equal((await romeo.publish('')).status, 400);
    const text = await publish(['Event: presence', 'Content-Type: text/plain'], 'here');
    assert.equal(text.status, 415);
    assert.match(text.get('accept'), /^application\/pidf\+xml/);
    const broken = await romeo.publish('<presence');
    assert.equal(broken.status, 400);
    assert.match(broken.reason, /PIDF/);
    assert.doesNotMatch(await shown(), /here/);
  });

  test('RFC 3903 §6: too many at a time with 503, and a removal makes room', async () => {
    server.configure({ 'sip.rfc-3903.maxPublications': 2 });
    const first = await romeo.publish(pidf('one'));
    await romeo.publish(pidf('two'));
    const third = await romeo.publish(pidf('three'));
    assert.equal(third.status, 503);
    assert.notEqual(third.get('retry-after'), '');
    await romeo.publish('', { tag: etag(first), expires: 0 });
    assert.equal((await romeo.publish(pidf('three'))).status, 200);
  });
});
