import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type InProcess, startInProcess } from '../../../test/support/in-process.ts';
import type { TestClient } from '../../../test/support/test-client.ts';

const QUERY = `<query xmlns='jabber:iq:version'/>`;

let server: InProcess;
let juliet: TestClient;
before(async () => {
  server = await startInProcess({ people: ['juliet'] });
  juliet = await server.signIn('juliet');
});
after(() => server.stop());

test('XEP-0092 §2: the server tells its name and version', async () => {
  const answer = (await juliet.ask('get', QUERY, 'example.test'))!;
  assert.equal(answer.childText('name'), 'Rollcall');
  assert.match(answer.childText('version')!, /^\d+\.\d+\.\d+$/);
});

test('XEP-0092 §5: the operating system is told only where somebody has decided so', async () => {
  assert.equal((await juliet.ask('get', QUERY, 'example.test'))!.childText('os'), undefined);
  server.configure({ 'xmpp.xep-0092.operatingSystem': true });
  assert.match((await juliet.ask('get', QUERY, 'example.test'))!.childText('os')!, /^\w+ \S+$/);
});

test('an account is no software', async () => {
  assert.equal(await juliet.refusal('get', QUERY), 'cancel, service-unavailable');
});
