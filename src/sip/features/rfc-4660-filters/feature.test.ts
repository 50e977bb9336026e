import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { type InProcess, startInProcess } from '../../../../test/support/in-process.ts';
import { type Dialog, SipClient } from '../../../../test/support/sip-client.ts';

const ROMEO = 'sip:romeo@example.test';
const filter = (filters: string, attributes = '') =>
  `<filter-set xmlns="urn:ietf:params:xml:ns:simple-filter" ${attributes}><ns-bindings><ns-binding prefix="pidf" urn="urn:ietf:params:xml:ns:pidf"/></ns-bindings>${filters}</filter-set>`;
const BASIC = '<filter id="1"><what><include type="xpath">//pidf:basic</include></what></filter>';
const WHEN_CLOSED =
  '<filter id="2"><trigger><changed from="open" to="closed">/pidf:presence/pidf:tuple/pidf:status/pidf:basic</changed></trigger></filter>';
const HEADERS = ['Content-Type: application/simple-filter+xml'];
const pidf = (basic: string, note: string) =>
  `<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="${ROMEO}"><tuple id="a"><status><basic>${basic}</basic></status><note>${note}</note></tuple></presence>`;

let server: InProcess;
let romeo: SipClient;
let juliet: SipClient;
let tag: string;

beforeEach(async () => {
  server = await startInProcess({ people: ['romeo', 'juliet'] });
  await server.befriend('romeo', 'juliet');
  const { password, running } = server;
  const options = { port: running.ports.sip!, password, transport: 'tcp' } as const;
  juliet = await SipClient.open({ ...options, person: 'juliet' });
  romeo = await SipClient.open({ ...options, person: 'romeo' });
  tag = '';
  await publish('open', 'one');
});
afterEach(async () => {
  juliet.close();
  romeo.close();
  await server.stop();
});

async function publish(basic: string, note: string): Promise<void> {
  tag = (await romeo.publish(pidf(basic, note), { tag })).get('sip-etag');
}

const subscribe = (body: string, dialog?: Dialog) =>
  juliet.subscribe(ROMEO, { ...(body !== '' && { headers: HEADERS, body }), ...(dialog && { dialog }) });

const next = async () => (await juliet.expect('NOTIFY')).body;

/** What has come once the server has had its turns. */
async function nothing(): Promise<void> {
  for (const client of [romeo, juliet, romeo, juliet]) {
    await client.request('OPTIONS', 'sip:example.test', { authenticate: false });
  }
  assert.equal(juliet.unread.length, 0);
}

test('RFC 4660 §6.3: a watcher sees what it asked for, and hears of changes of that alone', async () => {
  assert.equal((await subscribe(filter(BASIC))).response.status, 200);
  const first = await next();
  assert.match(first, /<basic>open<\/basic>/);
  assert.doesNotMatch(first, /<note>/);
  await publish('open', 'two');
  await nothing();
  await publish('closed', 'two');
  assert.match(await next(), /<basic>closed<\/basic>/);
});

test('RFC 4660 §6.4: a trigger says of which changes a watcher hears; it is shown everything then', async () => {
  await subscribe(filter(WHEN_CLOSED));
  assert.match(await next(), /<note>one<\/note>/);
  await publish('open', 'two');
  await nothing();
  await publish('closed', 'three');
  assert.match(await next(), /<note>three<\/note>/);
  await publish('open', 'four');
  await nothing();
});

test('RFC 4660 §5.2: filters hold over refreshes that say nothing of them, until they are removed by their id', async () => {
  const { dialog } = await subscribe(filter(BASIC));
  await next();
  await subscribe('', dialog);
  assert.doesNotMatch(await next(), /<note>/);
  await subscribe(filter('<filter id="1" remove="true"/>'), dialog);
  assert.match(await next(), /<note>one<\/note>/);
  await publish('open', 'two');
  assert.match(await next(), /<note>two<\/note>/);
});

test('RFC 4660 §6.1: what is no filter is 400, what cannot be worked with 488; another type is 415 and says which', async () => {
  assert.equal((await subscribe('<filter-set')).response.status, 400);
  assert.equal(
    (await subscribe(filter('<filter id="1"><what><include>//pidf:[</include></what></filter>'))).response.status,
    488,
  );
  assert.equal((await subscribe(filter(BASIC, 'package="dialog"'))).response.status, 488);
  const { response } = await juliet.subscribe(ROMEO, { headers: ['Content-Type: text/plain'], body: 'a' });
  assert.equal(response.status, 415);
  assert.match(response.get('accept'), /application\/simple-filter\+xml/);
  assert.equal(juliet.unread.length, 0);
});

test('RFC 4660 §6.2: of a list, each resource is shown as its own filter says', async () => {
  const headers = [
    ...HEADERS,
    'Supported: eventlist',
    'Accept: multipart/related, application/rlmi+xml, application/pidf+xml',
  ];
  const body = filter(BASIC.replace('id="1"', `id="1" uri="${ROMEO}"`));
  const { response } = await juliet.subscribe('sip:juliet-list@example.test', { headers, body });
  assert.equal(response.status, 200);
  const first = await next();
  assert.match(first, /<basic>open<\/basic>/);
  assert.doesNotMatch(first, /<note>/);
  await publish('open', 'two');
  await nothing();
  await publish('closed', 'two');
  assert.match(await next(), /<basic>closed<\/basic>/);
});
