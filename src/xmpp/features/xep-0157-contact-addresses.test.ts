import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type InProcess, startInProcess } from '../../../test/support/in-process.ts';
import type { TestClient } from '../../../test/support/test-client.ts';
import { FilledForm } from '../wire/data-form.ts';

const INFO = `<query xmlns='http://jabber.org/protocol/disco#info'/>`;

let server: InProcess;
let juliet: TestClient;
before(async () => {
  server = await startInProcess({ people: ['juliet'] });
  juliet = await server.signIn('juliet');
});
after(() => server.stop());

const form = async (to: string) => FilledForm.in((await juliet.ask('get', INFO, to))!);

test('XEP-0157 §3: a server that has no addresses to tell says nothing of them', async () => {
  assert.equal(await form('example.test'), undefined);
});

test('XEP-0157 §3: the server tells whom to turn to, as a form of its own kind', async () => {
  const admin = ['mailto:xmpp@shakespeare.lit', 'xmpp:admins@shakespeare.lit'];
  const status = ['https://status.shakespeare.lit'];
  server.configure({ 'xmpp.xep-0157.admin': admin, 'xmpp.xep-0157.status': status });
  const told = (await form('example.test'))!;
  assert.deepEqual([told.type, told.formType], ['result', 'http://jabber.org/network/serverinfo']);
  assert.deepEqual(told.names, ['admin-addresses', 'status-addresses']);
  assert.deepEqual(told.list('admin-addresses'), admin);
  assert.deepEqual(told.list('status-addresses'), status);
});

test('an account has no such addresses', async () => {
  assert.equal(await form('juliet@example.test'), undefined);
});

test('XEP-0157 §3: what is no URI is refused in the settings', () => {
  assert.throws(() => server.configure({ 'xmpp.xep-0157.abuse': ['abuse@shakespeare.lit'] }));
  assert.match(server.errors.pop()!, /xmpp\.xep-0157\.abuse is .*it must be a list of URIs/);
  server.configure({ 'xmpp.xep-0157.abuse': [] });
});
