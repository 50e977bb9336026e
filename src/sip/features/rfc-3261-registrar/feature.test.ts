import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { FakeClock } from '../../../../test/support/fake-clock.ts';
import { type InProcess, startInProcess } from '../../../../test/support/in-process.ts';
import { type Message, SipClient, type SipClientOptions } from '../../../../test/support/sip-client.ts';
import { until } from '../../../../test/support/until.ts';
import { bindingsOf, targetsOfDevice } from '../../bindings.ts';

const INSTANCE = 'urn:uuid:00000000-0000-1000-8000-000A95A0E128';
let server: InProcess;
const clients: SipClient[] = [];

beforeEach(async () => {
  server = await startInProcess({ people: ['romeo', 'juliet'] });
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await server.stop();
});

async function open(options: Partial<SipClientOptions> = {}): Promise<SipClient> {
  const port = server.running.ports[options.transport === 'tls' ? 'sip-tls' : 'sip']!;
  const client = await SipClient.open({ port, person: 'juliet', password: server.password, ...options });
  clients.push(client);
  return client;
}

const REGISTRAR = 'sip:example.test';
const send = (client: SipClient, ...headers: string[]) => client.request('REGISTER', REGISTRAR, { headers });
const home = (person = 'juliet') => server.running.node.homes.loaded(`${person}@example.test`)!;
const seconds = (message: Message) => Number(/;expires=(\d+)/.exec(message.get('contact'))?.[1]);

for (const transport of ['udp', 'tcp', 'tls'] as const) {
  test(`RFC 3665 §2.1: a new registration is challenged, then taken, over ${transport}`, async () => {
    const client = await open({ transport });
    const challenge = await client.request('REGISTER', REGISTRAR, {
      headers: [`Contact: ${client.contact}`],
      authenticate: false,
    });
    assert.equal(challenge.status, 401);
    assert.equal(challenge.all('www-authenticate').length, 2);
    const response = await client.register();
    assert.equal(response.status, 200, response.text);
    assert.ok(response.get('contact').startsWith(client.contact), response.text);
    assert.equal(seconds(response), 3600);
    assert.match(response.get('date'), /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/);
  });
}

test('RFC 3665 §2.2 to §2.4: contacts are added, asked for, and cancelled', async () => {
  const client = await open();
  await client.register();
  const second = '<sip:juliet@192.0.2.99;transport=tcp>';
  const added = await send(client, `Contact: ${second};q=0.7;expires=100`);
  assert.deepEqual(added.all('contact').map((value) => value.split('>')[0]), [client.contact, second].map((value) => value.split('>')[0])); // biome-ignore format: one thought
  assert.ok(added.all('contact')[1]!.endsWith('>;q=0.7;expires=100'));
  const asked = await send(client);
  assert.equal(asked.all('contact').length, 2);
  assert.equal(home().devices.size, 2);
  const cancelled = await send(client, 'Contact: *', 'Expires: 0');
  assert.deepEqual(cancelled.all('contact'), []);
  assert.equal(home().devices.size, 0);
});

test('RFC 3665 §2.5: a wrong password is challenged again', async () => {
  const client = await open({ password: 'wrong' });
  assert.equal((await client.register()).status, 401);
});

test('RFC 3261 §10.3: nobody registers for somebody else, or for what is not ours', async () => {
  const client = await open();
  const other = await send(client, 'To: <sip:romeo@example.test>', `Contact: ${client.contact}`);
  assert.equal(other.status, 403);
  const elsewhere = await send(client, 'To: <sip:juliet@elsewhere.example>', `Contact: ${client.contact}`);
  assert.equal(elsewhere.status, 404);
  const from = await send(client, 'From: <sip:romeo@example.test>;tag=1', `Contact: ${client.contact}`);
  assert.equal(from.status, 403);
});

test('RFC 3261 §8.2.2.3, §10.3: extensions that nobody knows, times that are too brief, contacts that lead back', async () => {
  const client = await open();
  const unknown = await send(client, 'Require: nothing-that-happens', `Contact: ${client.contact}`);
  assert.deepEqual([unknown.status, unknown.get('unsupported')], [420, 'nothing-that-happens']);
  const brief = await send(client, `Contact: ${client.contact};expires=10`);
  assert.deepEqual([brief.status, brief.get('min-expires')], [423, '60']);
  assert.equal((await send(client, 'Contact: *')).status, 400);
  for (const contact of ['<sip:juliet@example.test>', `<sip:juliet@example.test;gr=${INSTANCE}>`]) {
    assert.equal((await send(client, `Contact: ${contact}`)).status, 403, contact);
  }
  assert.equal(home().devices.size, 0);
});

test('a registered client is a device of its account, shown as available until it goes', async () => {
  await server.befriend('romeo', 'juliet');
  const romeo = await server.signIn('romeo');
  await romeo.send('<presence/>');
  await romeo.expect('<presence from="romeo@example.test/balcony">{any}</presence>');
  const client = await open();
  await client.register();
  const [device] = home().devices.values();
  await romeo.expect(`<presence from="juliet@example.test/${device!.id}">{any}</presence>`);
  await client.register();
  await client.register(0);
  await romeo.expect(`<presence from="juliet@example.test/${device!.id}" type="unavailable">{any}</presence>`);
  romeo.drop();
});

test('what waits is given to a client that registers, and to one that comes again', async () => {
  const romeo = await server.signIn('romeo');
  await romeo.send('<message to="juliet@example.test" type="chat"><body>O wert thou gone</body></message>');
  await until('the message has arrived', () => home() !== undefined);
  const client = await open();
  await client.register();
  const message = await client.expect('MESSAGE');
  assert.equal(message.body, 'O wert thou gone');
  romeo.drop();
});

test('RFC 5626 §6: a flow that is registered is told so, and gone with its connection', async () => {
  const client = await open({ transport: 'tcp' });
  const contact = `Contact: ${client.contact};+sip.instance="<${INSTANCE}>";reg-id=1`;
  const response = await send(client, 'Supported: path, outbound', contact);
  assert.equal(response.status, 200, response.text);
  assert.deepEqual([response.get('require'), response.get('flow-timer')], ['outbound', '120']);
  assert.match(response.get('contact'), /;reg-id=1/);
  assert.deepEqual([...home().devices.keys()], [INSTANCE]);
  client.close();
  await until('the device is gone', () => home().devices.size === 0);
});

test('RFC 3261 §18.2.2: who did not register a flow stays when its connection ends', async () => {
  const client = await open({ transport: 'tcp' });
  await client.register();
  const [binding] = bindingsOf(home());
  assert.ok(binding!.flow !== undefined);
  client.close();
  await until('the flow is gone', () => bindingsOf(home())[0]!.flow === undefined);
  assert.equal(home().devices.size, 1);
});

test('RFC 5626 §5.3: two flows of one instance are one device, and the newer is tried first', async () => {
  const first = await open({ transport: 'tcp' });
  const second = await open({ transport: 'tcp' });
  const contact = (client: SipClient, regId: number) =>
    `Contact: ${client.contact};+sip.instance="<${INSTANCE}>";reg-id=${regId}`;
  await send(first, 'Supported: outbound', contact(first, 1));
  await send(second, 'Supported: outbound', contact(second, 2));
  assert.equal(home().devices.size, 1);
  assert.deepEqual(targetsOfDevice(home(), INSTANCE).map(({ regId }) => regId), [2, 1]); // biome-ignore format: one thought
  second.close();
  await until('the second flow is gone', () => bindingsOf(home()).length === 1);
  assert.deepEqual(targetsOfDevice(home(), INSTANCE).map(({ regId }) => regId), [1]); // biome-ignore format: one thought
});

test('RFC 5626 §6, RFC 3327 §5.3: a flow that the first hop does not keep is refused with 439; a Path is given back', async () => {
  const client = await open();
  const contact = `Contact: ${client.contact};+sip.instance="<${INSTANCE}>";reg-id=1`;
  const path = 'Path: <sip:edge.example.test;lr>';
  assert.equal((await send(client, path, 'Supported: path, outbound', contact)).status, 439);
  const ignored = await send(client, path, 'Supported: path', contact);
  assert.deepEqual([ignored.status, ignored.get('require')], [200, '']);
  const kept = await send(client, 'Path: <sip:p1.example.test;lr>, <sip:edge.example.test;lr;ob>', 'Supported: path, outbound', contact); // biome-ignore format: one thought
  assert.deepEqual([kept.status, kept.get('require')], [200, 'outbound']);
  assert.equal(kept.get('path'), '<sip:p1.example.test;lr>, <sip:edge.example.test;lr;ob>');
  const binding = bindingsOf(home()).find(({ regId }) => regId === 1)!;
  assert.equal(binding.route, 'Route: <sip:p1.example.test;lr>, <sip:edge.example.test;lr;ob>\r\n');
  assert.equal(binding.flow, undefined);
  assert.equal((await send(client, 'Path: nowhere', contact)).status, 400);
});

test('RFC 5627 §5.3: who understands GRUUs is given a public one, and a temporary one that differs each time', async () => {
  const client = await open();
  const contact = `Contact: ${client.contact};+sip.instance="<${INSTANCE}>"`;
  const plain = await send(client, contact);
  assert.doesNotMatch(plain.get('contact'), /gruu/);
  const gruus = async () => {
    const response = await send(client, 'Supported: gruu', contact);
    return /;pub-gruu="([^"]+)";temp-gruu="([^"]+)"/.exec(response.get('contact'))!.slice(1);
  };
  const [publicGruu, temporary] = await gruus();
  const [samePublic, other] = await gruus();
  assert.equal(publicGruu, `sip:juliet@example.test;gr=${INSTANCE}`);
  assert.equal(samePublic, publicGruu);
  assert.notEqual(temporary, other);
  assert.doesNotMatch(temporary!, /juliet|000A95A0E128/i);
  const romeo = await open({ person: 'romeo' });
  for (const [n, gruu] of [publicGruu, temporary, other].entries()) {
    assert.equal((await romeo.message(gruu!, `to ${n}`)).status, 200, gruu);
    assert.equal((await client.expect('MESSAGE')).body, `to ${n}`);
  }
  await send(client, 'Contact: *', 'Expires: 0');
  assert.equal((await romeo.message(temporary!, 'too late')).status, 404);
});

test('bindings outlive a restart: a client on UDP is reached before it says anything again', async () => {
  const client = await open();
  await client.register(600);
  const port = server.running.ports.sip!;
  await server.restart();
  await until('the binding is there again', () => home()?.devices.size === 1);
  const [binding] = bindingsOf(home());
  assert.ok(binding!.uri.includes(`${client.localPort}`));
  if (server.running.ports.sip === port) assert.equal(binding!.flow?.remotePort, client.localPort);
  const romeo = await open({ person: 'romeo' });
  await romeo.message('sip:juliet@example.test', 'still there');
  assert.equal((await client.expect('MESSAGE')).body, 'still there');
});

test('what waits when the server starts is given to who is still registered', async () => {
  const client = await open();
  await client.register(600);
  client.autoAnswer.delete('MESSAGE');
  const romeo = await open({ person: 'romeo' });
  await romeo.message('sip:juliet@example.test', 'not now');
  const first = await client.expect('MESSAGE');
  client.reply(first, '480 Temporarily Unavailable');
  await server.restart();
  const again = await client.expect('MESSAGE', (message) => message.get('call-id') !== first.get('call-id'));
  assert.equal(again.body, 'not now');
  client.reply(again, '200 OK');
});

test('an address of the server is as good as its name', async () => {
  const client = await open();
  const port = server.running.ports.sip!;
  const response = await client.request('REGISTER', `sip:127.0.0.1:${port}`, {
    headers: [
      `From: <sip:juliet@127.0.0.1:${port}>;tag=1`,
      `To: <sip:juliet@127.0.0.1:${port}>`,
      `Contact: ${client.contact}`,
    ],
  });
  assert.equal(response.status, 200, response.text);
  assert.equal(home().devices.size, 1);
});

test('what was cancelled is cancelled after a restart too', async () => {
  const client = await open();
  await client.register(600);
  await client.register(0);
  await server.restart();
  await server.running.node.homes.load('juliet@example.test');
  assert.equal(home().devices.size, 0);
});

test('who is removed or disabled, or whose password was changed, is registered no longer', async () => {
  const { accounts, node } = server.running;
  const address = 'juliet@example.test';
  const client = await open();
  await client.register();
  await accounts.setPassword(address, 'new');
  assert.equal(home().devices.size, 0);
  assert.equal((await client.register()).status, 401);
  await accounts.setPassword(address, server.password);
  assert.equal((await client.register()).status, 200);
  await accounts.setEnabled(address, false);
  assert.equal((await client.register()).status, 403);
  await accounts.setEnabled(address, true);
  assert.equal((await client.register()).status, 200);
  const { id } = home().account;
  await accounts.remove(address);
  await server.restart();
  assert.deepEqual(await server.running.node.database.read('select * from bindings where account = ?', [id]), []);
  assert.equal(node.homes.loaded(address), undefined);
});

test('switched off, nobody is registered as far as anybody sees; switched on again, who was still is', async () => {
  const client = await open();
  await client.register();
  server.configure({ 'sip.rfc-3261-10.enabled': false });
  assert.equal(home().devices.size, 0);
  assert.equal((await client.register()).status, 405);
  server.configure({ 'sip.rfc-3261-10.enabled': true });
  await until('it is there again', () => home().devices.size === 1);
  assert.equal((await client.register()).status, 200);
  assert.equal(home().devices.size, 1);
});

test('a registration ends in its time, with one timer for all', async () => {
  const clock = new FakeClock();
  await server.stop();
  server = await startInProcess({ people: ['juliet'], clock });
  const client = await open();
  await client.register(60);
  clock.advance(59_000);
  assert.equal(home().devices.size, 1);
  clock.advance(3000);
  // In slices, for there may be many.
  await new Promise(setImmediate);
  assert.equal(home()?.devices.size ?? 0, 0);
});
