import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type InProcess, startInProcess } from '../../../test/support/in-process.ts';
import type { TestClient } from '../../../test/support/test-client.ts';
import { verificationString } from '../wire/caps.ts';

const NS = 'http://jabber.org/protocol/caps';
const INFO = 'http://jabber.org/protocol/disco#info';

let server: InProcess;
before(async () => {
  server = await startInProcess({ people: ['romeo'] });
});
after(() => server.stop());

const offered = (client: TestClient) => client.features.child('c', NS)!.attributes;
const info = (client: TestClient, node?: string) =>
  client.ask('get', `<query xmlns='${INFO}'${node === undefined ? '' : ` node='${node}'`}/>`, 'example.test');

test('XEP-0115 §6.3: the stream features hold the hash of what service discovery answers', async () => {
  const romeo = await server.signIn('romeo');
  const { hash, ver, node } = offered(romeo);
  assert.deepEqual([hash, node], ['sha-1', 'urn:x-rollcall:server']);
  const query = await info(romeo);
  assert.equal(verificationString(query!.elements()), ver);
  assert.ok(query!.elements().some(({ attributes }) => attributes.var === NS));
});

test('XEP-0115 §6.2: asked about the hash, the server answers with all that it stands for', async () => {
  const romeo = await server.signIn('romeo');
  const { ver, node } = offered(romeo);
  const query = await info(romeo, `${node}#${ver}`);
  assert.equal(query!.attributes.node, `${node}#${ver}`);
  assert.deepEqual(query!.children, (await info(romeo))!.children);
  const other = `<query xmlns='${INFO}' node='${node}#q07IKJEyjvHSyhy//CH0CxmKi8w='/>`;
  assert.equal(await romeo.refusal('get', other, 'example.test'), 'cancel, item-not-found');
});

test('XEP-0115 §6.2: the node of the hash is not among the items', async () => {
  const romeo = await server.signIn('romeo');
  const items = await romeo.ask('get', `<query xmlns='http://jabber.org/protocol/disco#items'/>`, 'example.test');
  assert.ok(!items!.elements().some(({ attributes }) => attributes.node?.includes('#')));
});

test('XEP-0115 §6.3: it is another when a feature was switched on or off, or a form has changed', async () => {
  const seen = new Set<string>();
  const look = async () => {
    const romeo = await server.signIn('romeo');
    const { ver } = offered(romeo);
    assert.equal(verificationString((await info(romeo))!.elements()), ver);
    seen.add(ver!);
  };
  await look();
  server.configure({ 'xmpp.xep-0202.enabled': false });
  await look();
  server.configure({ 'xmpp.xep-0157.admin': ['xmpp:admin@example.test'] });
  await look();
  assert.equal(seen.size, 3);
});

test('nobody is told before sign-in', async () => {
  const stranger = await server.connect();
  assert.equal(stranger.features.child('c', NS), undefined);
});
