import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type InProcess, startInProcess } from '../../../test/support/in-process.ts';

const NS = 'urn:ietf:params:xml:ns:xmpp-session';

let server: InProcess;
before(async () => {
  server = await startInProcess({ people: ['juliet'] });
});
after(() => server.stop());

test('RFC 3921 §3: an old client establishes a session, and is told that it need not', async () => {
  const juliet = await server.signIn('juliet');
  assert.ok(juliet.features.child('session', NS)?.child('optional'));
  for (const to of ['example.test', undefined]) {
    assert.equal(await juliet.ask('set', `<session xmlns='${NS}'/>`, to), undefined);
  }
});
