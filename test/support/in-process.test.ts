import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type InProcess, startInProcess } from './in-process.ts';

let server: InProcess;
before(async () => {
  server = await startInProcess({ people: ['romeo', 'juliet'] });
  await server.befriend('romeo', 'juliet');
});
after(() => server.stop());

test('two people talk to each other, and a test hears all of it', async () => {
  const romeo = await server.signIn('romeo', 'orchard');
  const juliet = await server.signIn('juliet', 'balcony');
  await romeo.becomeAvailable();
  await juliet.becomeAvailable('<show>away</show>');
  await romeo.expect(`<presence from='juliet@example.test/balcony'><show>away</show></presence>`);
  romeo.send(`<message to='juliet@example.test' type='chat'><body>But soft!</body></message>`);
  await juliet.expect(`<message from='romeo@example.test/orchard' to='{any}'><body>But soft!</body></message>`);
  await juliet.expect(`<presence from='romeo@example.test/orchard'/>`);
  await juliet.expectNothingMore();
  assert.equal(await romeo.refusal('get', `<nonsense xmlns='urn:example:nonsense'/>`), 'cancel, service-unavailable');
  await Promise.all([romeo.close(), juliet.close()]);
});

test('what never comes is told with what came in its place', async () => {
  const romeo = await server.signIn('romeo', 'orchard');
  const waiting = assert.rejects(romeo.expect('<message/>'), /closed .*waiting for <message\/>; there came nothing/);
  romeo.drop();
  await waiting;
});
