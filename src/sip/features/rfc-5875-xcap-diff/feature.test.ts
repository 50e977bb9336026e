import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { type InProcess, startInProcess } from '../../../../test/support/in-process.ts';
import { type Message, SipClient } from '../../../../test/support/sip-client.ts';
import { XcapClient } from '../../../../test/support/xcap-client.ts';
import { readXcapDiff } from '../../bodies/xcap-diff.ts';

const LISTS = 'application/resource-lists+xml';
const SEL = 'resource-lists/users/sip:romeo@example.test/index';
const list = (...people: string[]) =>
  `<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"><list name="a">${people
    .map((person) => `<entry uri="sip:${person}@example.test"/>`)
    .join('')}</list></resource-lists>`;

let server: InProcess;
const clients: SipClient[] = [];

async function open(person: string): Promise<SipClient> {
  const client = await SipClient.open({
    port: server.running.ports.sip!,
    person,
    password: server.password,
    transport: 'tcp',
  });
  clients.push(client);
  return client;
}

const subscribe = (client: SipClient, uris: readonly string[] = [], to = 'sip:romeo@example.test') =>
  client.subscribe(to, {
    event: 'xcap-diff',
    ...(uris.length > 0 && {
      headers: [`Content-Type: ${LISTS}`],
      body: `<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"><list>${uris
        .map((uri) => `<entry uri="${uri}"/>`)
        .join('')}</list></resource-lists>`,
    }),
  });

const told = (notify: Message) =>
  readXcapDiff(notify.body).changes.map((change) =>
    change.kind === 'document' ? [change.sel, change.previousEtag ?? '', change.newEtag ?? ''] : [],
  );

describe('xcap-diff', () => {
  before(async () => {
    server = await startInProcess({ people: ['romeo', 'juliet'] });
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await new XcapClient(server, 'romeo').delete('index');
  });
  after(() => server.stop());

  test('RFC 5875 §4: a client hears of changes of its documents, over XCAP and over XMPP, by their entity-tags', async () => {
    const xcap = new XcapClient(server, 'romeo');
    const first = (await xcap.put('index', list('juliet'), LISTS)).headers.etag!;
    const romeo = await open('romeo');
    const { response } = await subscribe(romeo, [SEL]);
    assert.equal(response.status, 200);
    const initial = await romeo.expect('NOTIFY');
    assert.equal(initial.get('content-type'), 'application/xcap-diff+xml');
    assert.equal(readXcapDiff(initial.body).root, `https://example.test:${server.running.ports.https}/xcap-root/`);
    assert.deepEqual(told(initial), [[SEL, '', first]]);

    const second = (await xcap.put('index', list('juliet', 'nurse'), LISTS)).headers.etag!;
    assert.deepEqual(told(await romeo.expect('NOTIFY')), [[SEL, first, second]]);

    const phone = await server.signIn('romeo');
    await phone.iq('set', "<query xmlns='jabber:iq:roster'><item jid='paris@example.test'/></query>");
    const [[, previous, third] = []] = told(await romeo.expect('NOTIFY'));
    assert.equal(previous, second);
    assert.equal((await xcap.get('index')).headers.etag, third);

    await xcap.delete('index');
    assert.deepEqual(told(await romeo.expect('NOTIFY')), [[SEL, third, '']]);
    await phone.close();
  });

  test('RFC 5875 §4.4: a folder means what is in it; what is of others is never heard of', async () => {
    const romeo = await open('romeo');
    await subscribe(romeo, [
      'resource-lists/users/sip:romeo@example.test/',
      'pres-rules/users/sip:juliet@example.test/index',
    ]);
    assert.deepEqual(told(await romeo.expect('NOTIFY')), []);
    const made = (await new XcapClient(server, 'romeo').put('index', list('juliet'), LISTS)).headers.etag!;
    assert.deepEqual(told(await romeo.expect('NOTIFY')), [[SEL, '', made]]);
  });

  test('RFC 6665 §4.4.3, §4.2.1.4: asked once or asked again, all of it is told', async () => {
    const tag = (await new XcapClient(server, 'romeo').put('index', list('juliet'), LISTS)).headers.etag!;
    const romeo = await open('romeo');
    await romeo.subscribe('sip:romeo@example.test', { event: 'xcap-diff', expires: 0 });
    const once = await romeo.expect('NOTIFY');
    assert.match(once.get('subscription-state'), /^terminated/);
    assert.deepEqual(told(once), [[SEL, '', tag]]);
    const { dialog } = await subscribe(romeo, [SEL]);
    await romeo.expect('NOTIFY');
    await romeo.subscribe('sip:romeo@example.test', { event: 'xcap-diff', dialog });
    assert.deepEqual(told(await romeo.expect('NOTIFY')), [[SEL, '', tag]]);
  });

  test('RFC 5874 §4.4, §4.5: elements and attributes are told by what they are, and that they are gone', async () => {
    const xcap = new XcapClient(server, 'romeo');
    await xcap.put('index', list('juliet'), LISTS);
    const romeo = await open('romeo');
    const steps = (text: string) => `${SEL}/~~/${encodeURIComponent(text).replaceAll('%2F', '/')}`;
    const name = steps('resource-lists/list[1]/@name');
    const nurse = steps('resource-lists/list[1]/entry[@uri="sip:nurse@example.test"]');
    await subscribe(romeo, [name, nurse, steps('resource-lists/['), `${SEL}/~~/resource-lists/namespace::*`]);
    const changes = async () => readXcapDiff((await romeo.expect('NOTIFY')).body).changes;
    assert.deepEqual(await changes(), [{ kind: 'attribute', sel: name, value: 'a' }]);
    await xcap.put('index', list('juliet', 'nurse'), LISTS);
    const [added] = await changes();
    assert.equal(
      added?.kind === 'element' && added.sel === nurse && added.element?.attribute('uri'),
      'sip:nurse@example.test',
    );
    await xcap.put('index', list('juliet', 'paris', 'nurse'), LISTS);
    await xcap.delete('index');
    assert.deepEqual(await changes(), [
      { kind: 'attribute', sel: name, value: undefined },
      { kind: 'element', sel: nurse, element: undefined },
    ]);
  });

  test('RFC 5875 §4.6: nobody hears of the documents of others, and the body has to be a list', async () => {
    const romeo = await open('romeo');
    const { response } = await subscribe(romeo, [SEL], 'sip:juliet@example.test');
    assert.equal(response.status, 403);
    const bad = await romeo.subscribe('sip:romeo@example.test', {
      event: 'xcap-diff',
      headers: [`Content-Type: ${LISTS}`],
      body: '<resource-lists',
    });
    assert.equal(bad.response.status, 400);
    const other = await romeo.subscribe('sip:romeo@example.test', {
      event: 'xcap-diff',
      headers: ['Content-Type: text/plain'],
      body: 'a',
    });
    assert.equal(other.response.status, 415);
  });
});
