import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type InProcess, startInProcess } from '../../../test/support/in-process.ts';
import type { TestClient } from '../../../test/support/test-client.ts';

const NS = 'urn:xmpp:stream-limits:0';

let server: InProcess;
before(async () => {
  const settings = { 'xmpp.limits.maxStanzaBytesBeforeSignIn': 12_000, 'xmpp.limits.maxStanzaBytes': 50_000 };
  server = await startInProcess({ people: ['juliet'], settings: { ...settings, 'xmpp.xep-0199.idleSeconds': 100 } });
});
after(() => server.stop());

const limits = ({ features }: TestClient) => {
  const told = features.child('limits', NS)!;
  return [told.childText('max-bytes'), told.childText('idle-seconds')];
};

test('XEP-0478 §4.1: the limits of a stream stand among its features, before sign-in and after', async () => {
  assert.deepEqual(limits(await server.connect()), ['12000', undefined]);
  assert.deepEqual(limits(await server.signIn('juliet')), ['50000', '100']);
});

test('XEP-0478 §4.1: where nobody is asked whether he is there, no time is told', async () => {
  server.configure({ 'xmpp.xep-0199.enabled': false });
  assert.deepEqual(limits(await server.signIn('juliet')), ['50000', undefined]);
});

test('RFC 6120 §13.12: what is told is what holds', async () => {
  const juliet = await server.signIn('juliet');
  const message = (length: number) => `<message to='juliet@example.test'><body>${'x'.repeat(length)}</body></message>`;
  await juliet.becomeAvailable();
  juliet.send(message(49_000));
  await juliet.expect('<message/>');
  juliet.send(message(51_000));
  assert.match((await juliet.closed)?.message ?? '', /policy-violation/);
});
