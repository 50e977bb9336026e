import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { putContact } from '#contacts/editing.ts';
import { removeContact } from '#contacts/subscribing.ts';
import { FakeClock } from '../../../../test/support/fake-clock.ts';
import { type InProcess, startInProcess } from '../../../../test/support/in-process.ts';
import { type Message, SipClient } from '../../../../test/support/sip-client.ts';
import { XcapClient } from '../../../../test/support/xcap-client.ts';
import { readContentType } from '../../bodies/mime.ts';
import { partById, readMultipart } from '../../bodies/multipart.ts';
import { type ResourceListMeta, readRlmi } from '../../bodies/rlmi.ts';

const LIST = 'sip:romeo-list@example.test';
const KNOWS_LISTS = ['Supported: eventlist', 'Accept: multipart/related, application/rlmi+xml, application/pidf+xml'];

let clock: FakeClock;
let server: InProcess;
let romeo: SipClient;
const clients: SipClient[] = [];

async function open(person: string, transport: 'udp' | 'tcp' = 'tcp'): Promise<SipClient> {
  const { password, running } = server;
  const client = await SipClient.open({ port: running.ports.sip!, person, password, transport });
  clients.push(client);
  return client;
}

beforeEach(async () => {
  clock = new FakeClock();
  server = await startInProcess({ people: ['romeo', 'juliet', 'nurse', 'paris'], clock });
  romeo = await open('romeo');
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await server.stop();
});

const home = async (person: string) => (await server.running.node.homes.load(`${person}@example.test`))!;
const contact = async (address: string, name = '') => putContact(await home('romeo'), { address, name, groups: [] });

const subscribe = (client: SipClient, to = LIST, more: Parameters<SipClient['subscribe']>[1] = {}) =>
  client.subscribe(to, { ...more, headers: [...KNOWS_LISTS, ...(more.headers ?? [])] });

interface Told {
  meta: ResourceListMeta;
  /** 'juliet active', or 'juliet active away' with what its document says. */
  states: string[];
}

function read(notify: Message): Told {
  assert.equal(notify.get('require'), 'eventlist');
  const multipart = readMultipart(readContentType(notify.get('content-type')), notify.body);
  const meta = readRlmi(multipart.root.body);
  const states = meta.resources.map(({ uri, instances }) => {
    const { state, reason, cid } = instances[0]!;
    const body = cid === undefined ? '' : partById(multipart.parts, cid)!.body;
    assert.ok(body === '' || body.includes(`entity="${uri}"`), body);
    const says = /<basic>(\w+)<\/basic>/.exec(body)?.[1];
    return [uri.replace(/^sip:|@.*$/g, ''), state, reason, says].filter((word) => word !== undefined).join(' ');
  });
  return { meta, states };
}

const told = async (client = romeo) => read(await client.expect('NOTIFY'));

async function settled(): Promise<void> {
  await romeo.request('OPTIONS', 'sip:example.test', { authenticate: false });
}

async function gather(): Promise<void> {
  await settled();
  clock.advance(700);
}

describe('a contact list', () => {
  test('RFC 4662 §4.3, §5.2: is told whole at first, each contact as the watcher may see it, and by its name', async () => {
    await server.befriend('romeo', 'juliet');
    await contact('paris@example.test', 'County Paris');
    const { response } = await subscribe(romeo);
    assert.equal(response.status, 200);
    assert.equal(response.get('require'), 'eventlist');
    const { meta, states } = await told();
    assert.deepEqual([meta.uri, meta.version, meta.fullState], [LIST, 0, true]);
    assert.deepEqual(states.sort(), ['juliet active closed', 'paris pending']);
    assert.deepEqual(meta.resources.find(({ uri }) => uri.includes('paris'))?.names, { '': 'County Paris' });
  });

  test('RFC 4662 §5.2: then what changes, by version, as the same instance; changes of a moment are told together', async () => {
    await server.befriend('romeo', 'juliet', 'nurse');
    await subscribe(romeo);
    const first = await told();
    await gather();
    const juliet = await server.signIn('juliet');
    const nurse = await server.signIn('nurse');
    await juliet.becomeAvailable();
    await nurse.becomeAvailable();
    await gather();
    const all: string[] = [];
    for (let version = 1; all.length < 2; version++) {
      const { meta, states } = await told();
      assert.deepEqual([meta.version, meta.fullState], [version, false]);
      const before = first.meta.resources.find(({ uri }) => uri === meta.resources[0]!.uri)!;
      assert.equal(meta.resources[0]!.instances[0]!.id, before.instances[0]!.id);
      all.push(...states);
    }
    assert.deepEqual(all.sort(), ['juliet active open', 'nurse active open']);
    // Within half a second after a NOTIFY nothing is told.
    await settled();
    await juliet.send('<presence><show>away</show></presence>');
    await nurse.send('<presence><show>away</show></presence>');
    await juliet.rest();
    await nurse.rest();
    assert.equal(romeo.unread.filter(({ method }) => method === 'NOTIFY').length, 0);
    await gather();
    assert.deepEqual((await told()).states.sort(), ['juliet active open', 'nurse active open']);
    await juliet.close();
    await nurse.close();
  });

  test('RFC 4662 §5.4: who comes to the list is told of, and who leaves it is terminated', async () => {
    await subscribe(romeo);
    assert.deepEqual((await told()).states, []);
    await gather();
    await server.befriend('romeo', 'juliet');
    await gather();
    let last = (await told()).states;
    // She is on his list before he may see her.
    if (last[0] === 'juliet pending') {
      await gather();
      last = (await told()).states;
    }
    assert.deepEqual(last, ['juliet active closed']);
    await gather();
    await removeContact(await home('romeo'), 'juliet@example.test');
    await gather();
    assert.deepEqual((await told()).states, ['juliet terminated noresource']);
  });

  test('RFC 4662 §7.2: what a contact grants or takes back shows at once', async () => {
    await contact('juliet@example.test');
    await subscribe(romeo);
    assert.deepEqual((await told()).states, ['juliet pending']);
    await gather();
    await server.befriend('romeo', 'juliet');
    await gather();
    assert.deepEqual((await told()).states, ['juliet active closed']);
    const phone = await server.signIn('juliet');
    await phone.becomeAvailable();
    await gather();
    assert.deepEqual((await told()).states, ['juliet active open']);
    await gather();
    await phone.ask('set', "<block xmlns='urn:xmpp:blocking'><item jid='romeo@example.test'/></block>");
    await gather();
    assert.deepEqual((await told()).states, ['juliet active closed']);
    await phone.close();
  });

  test('RFC 4662 §4.2: is shown to who knows of lists (421), and to its owner alone (404)', async () => {
    const { response } = await romeo.subscribe(LIST);
    assert.equal(response.status, 421);
    assert.equal(response.get('require'), 'eventlist');
    const juliet = await open('juliet');
    assert.equal((await subscribe(juliet)).response.status, 404);
    const plain = await romeo.subscribe(LIST, { headers: ['Supported: eventlist', 'Accept: application/pidf+xml'] });
    assert.equal(plain.response.status, 406);
  });

  test('RFC 4662 §5.2: asked again all is told again, and in the end nothing is watched any more', async () => {
    await server.befriend('romeo', 'juliet');
    const { dialog } = await subscribe(romeo);
    await told();
    await subscribe(romeo, LIST, { dialog: dialog! });
    const again = await told();
    assert.deepEqual([again.meta.version, again.meta.fullState, again.states], [1, true, ['juliet active closed']]);
    await subscribe(romeo, LIST, { dialog: dialog!, expires: 0 });
    const last = await romeo.expect('NOTIFY');
    assert.match(last.get('subscription-state'), /^terminated/);
    assert.deepEqual(read(last).states, ['juliet active closed']);
  });

  test('RFC 4662 §5.4: a contact whose account is removed is terminated', async () => {
    await server.befriend('romeo', 'juliet');
    await subscribe(romeo);
    await told();
    await gather();
    await server.running.accounts.remove('juliet@example.test');
    let last: string[] = [];
    for (let i = 0; i < 5 && !last.includes('juliet terminated noresource'); i++) {
      await gather();
      last = (await told()).states;
    }
    assert.deepEqual(last, ['juliet terminated noresource']);
  });
});

test('RFC 4662 §5.2: a list that no datagram can carry is told in several, one after the other', async () => {
  server.configure({ 'sip.rfc-4662.maxDatagramBytes': 4096 });
  const people = Array.from({ length: 12 }, (_, i) => `friend${i}`);
  for (const person of people) {
    await server.running.accounts.add({ address: `${person}@example.test`, password: server.password });
  }
  await server.befriend('romeo', ...people);
  const client = await open('romeo', 'udp');
  await subscribe(client);
  const seen: string[] = [];
  for (let version = 0; seen.length < 12; version++) {
    const notify = await client.expect('NOTIFY');
    assert.ok(notify.text.length < 6000, String(notify.text.length));
    const { meta, states } = read(notify);
    assert.deepEqual([meta.version, meta.fullState], [version, version === 0]);
    seen.push(...states);
  }
  assert.deepEqual(seen.sort(), people.map((person) => `${person} active closed`).sort());
});

describe('a list with a URI of its own', () => {
  const services = (...people: string[]) =>
    `<rls-services xmlns="urn:ietf:params:xml:ns:rls-services" xmlns:rl="urn:ietf:params:xml:ns:resource-lists"><service uri="sip:romeo-lovers@example.test"><list>${people
      .map((person) => `<rl:entry uri="sip:${person}@example.test"/>`)
      .join('')}</list><packages><package>presence</package></packages></service></rls-services>`;
  const put = (...people: string[]) =>
    new XcapClient(server, 'romeo', 'rls-services').put('index', services(...people), 'application/rls-services+xml');

  test('RFC 4826 §4.4: is watched by it, and follows what it lists', async () => {
    await server.befriend('romeo', 'juliet', 'nurse');
    assert.ok((await put('juliet')).status < 300);
    const { response } = await subscribe(romeo, 'sip:romeo-lovers@example.test');
    assert.equal(response.status, 200);
    assert.deepEqual((await told()).states, ['juliet active closed']);
    await gather();
    await put('juliet', 'nurse');
    await gather();
    assert.deepEqual((await told()).states, ['nurse active closed']);
  });

  test('RFC 4826 §4.4: where there is none of that URI it is 404', async () => {
    assert.equal((await subscribe(romeo, 'sip:romeo-friends@example.test')).response.status, 404);
  });
});

describe('a list that the request brings along', () => {
  const body = (...people: string[]) =>
    `<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"><list>${people
      .map((person) => `<entry uri="sip:${person}@example.test"/>`)
      .join('')}</list></resource-lists>`;
  const headers = [
    'Require: recipient-list-subscribe',
    'Content-Type: application/resource-lists+xml',
    'Content-Disposition: recipient-list',
  ];

  test('RFC 5367 §4: is watched, and a later one takes its place', async () => {
    await server.befriend('romeo', 'juliet', 'nurse');
    for (const to of ['sip:rls@example.test', 'sip:example.test']) {
      const { response, dialog } = await subscribe(romeo, to, { headers, body: body('juliet', 'paris', 'nobody') });
      assert.equal(response.status, 200);
      const first = await told();
      assert.deepEqual(first.states, ['juliet active closed', 'paris pending', 'nobody terminated noresource']);
      await subscribe(romeo, to, { headers, body: body('nurse'), dialog: dialog! });
      let last = await told();
      while (!last.meta.fullState) last = await told();
      assert.deepEqual(last.states, ['nurse active closed']);
      await subscribe(romeo, to, { dialog: dialog!, expires: 0 });
      await told();
    }
  });

  test('RFC 5367 §4.1: of too many is 403, of none 400, and without any 400', async () => {
    server.configure({ 'sip.rfc-4662.maxMembers': 2 });
    const status = async (more: Parameters<SipClient['subscribe']>[1]) =>
      (await subscribe(romeo, 'sip:rls@example.test', more)).response.status;
    assert.equal(await status({ headers, body: body('juliet', 'nurse', 'paris') }), 403);
    assert.equal(await status({ headers, body: body() }), 400);
    assert.equal(await status({ headers, body: '<resource-lists' }), 400);
    assert.equal(await status({}), 400);
  });
});
