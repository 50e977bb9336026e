import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { type InProcess, startInProcess } from '../../../../test/support/in-process.ts';
import { SipClient } from '../../../../test/support/sip-client.ts';
import { readPidf } from '../../bodies/pidf.ts';

const ROMEO = 'sip:romeo@example.test';
let server: InProcess;
const clients: SipClient[] = [];

before(async () => {
  server = await startInProcess({ people: ['romeo', 'juliet', 'nurse'] });
  await server.befriend('romeo', 'juliet', 'nurse');
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});
after(() => server.stop());

async function open(person: string): Promise<SipClient> {
  const { password, running } = server;
  const client = await SipClient.open({ port: running.ports.sip!, person, password, transport: 'tcp' });
  clients.push(client);
  return client;
}

const basics = (body: string) => readPidf(body).tuples.map(({ basic }) => basic);

test('RFC 3856 §6.5: documents are PIDF unless the watcher says otherwise, and about the URI that it asked for', async () => {
  const juliet = await open('juliet');
  await juliet.subscribe(ROMEO);
  const notify = await juliet.expect('NOTIFY');
  assert.equal(notify.get('content-type'), 'application/pidf+xml');
  assert.equal(readPidf(notify.body).entity, ROMEO);
  assert.deepEqual(basics(notify.body), ['closed']);
});

test('RFC 3261 §20.1: a watcher that knows PIDF by its old name alone is told by that', async () => {
  const juliet = await open('juliet');
  await juliet.subscribe(ROMEO, { headers: ['Accept: application/cpim-pidf+xml'] });
  const notify = await juliet.expect('NOTIFY');
  assert.equal(notify.get('content-type'), 'application/cpim-pidf+xml');
  assert.deepEqual(basics(notify.body), ['closed']);
});

test('RFC 8048 §5: what an XMPP client says is seen over SIP: show, words, and that it has left', async () => {
  const juliet = await open('juliet');
  await juliet.subscribe(ROMEO);
  await juliet.expect('NOTIFY');
  const phone = await server.signIn('romeo');
  await phone.becomeAvailable('<show>away</show><status>in the orchard</status>');
  const away = readPidf((await juliet.expect('NOTIFY')).body);
  assert.deepEqual([away.tuples[0]!.basic, away.tuples[0]!.show], ['open', 'away']);
  assert.ok(Object.values(away.tuples[0]!.notes).includes('in the orchard'));
  assert.ok(away.persons[0]!.activities?.names.includes('away'));
  await phone.close();
  assert.deepEqual(basics((await juliet.expect('NOTIFY')).body), ['closed']);
});

test('RFC 8048 §6: what a SIP client publishes is seen over XMPP', async () => {
  const juliet = await server.signIn('juliet');
  await juliet.becomeAvailable();
  const romeo = await open('romeo');
  const published = await romeo.publish(
    `<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:x="jabber:client" entity="${ROMEO}"><tuple id="a"><status><basic>open</basic><x:show>dnd</x:show></status><note>fencing</note></tuple></presence>`,
  );
  const seen = await juliet.expect(
    ({ name, attributes, attributes: { type } }) =>
      name === 'presence' && attributes.from!.startsWith('romeo@') && type === undefined,
  );
  assert.deepEqual([seen.childText('show'), seen.childText('status')], ['dnd', 'fencing']);
  await romeo.publish('', { tag: published.get('sip-etag'), expires: 0 });
  await juliet.expect("<presence type='unavailable' to='{any}'/>");
  await juliet.close();
});

test('RFC 3856 §6.10: watchers of one account are all told, each once, of what is true now', async () => {
  const watchers = await Promise.all(['juliet', 'nurse', 'juliet', 'nurse'].map(open));
  for (const watcher of watchers) {
    await watcher.subscribe(ROMEO);
    await watcher.expect('NOTIFY');
  }
  const phone = await server.signIn('romeo');
  await phone.becomeAvailable('<status>here</status>');
  for (const watcher of watchers) assert.match((await watcher.expect('NOTIFY')).body, /here/);
  for (const watcher of watchers) {
    await watcher.request('OPTIONS', 'sip:example.test', { authenticate: false });
    assert.equal(watcher.unread.length, 0);
  }
  await phone.close();
  for (const watcher of watchers) await watcher.expect('NOTIFY');
});

test('RFC 3856 §6.6: an account may watch itself', async () => {
  const romeo = await open('romeo');
  const { response } = await romeo.subscribe(ROMEO);
  assert.equal(response.status, 200);
  assert.match((await romeo.expect('NOTIFY')).get('subscription-state'), /^active/);
});
