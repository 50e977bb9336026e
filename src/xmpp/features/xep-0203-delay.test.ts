import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { NS_DELAY } from '#messaging/delay.ts';
import { type InProcess, startInProcess } from '../../../test/support/in-process.ts';

let server: InProcess;
before(async () => {
  server = await startInProcess({ people: ['romeo', 'juliet'] });
  await server.befriend('romeo', 'juliet');
});
after(() => server.stop());

test('XEP-0203 §5: a note of delay in the name of our server, or of the receiver, is taken out', async () => {
  const [romeo, juliet] = [await server.signIn('romeo'), await server.signIn('juliet')];
  await juliet.becomeAvailable();
  const delay = (from: string) => `<delay xmlns='${NS_DELAY}' ${from} stamp='2002-09-10T23:08:25Z'/>`;
  const honest = delay(`from='coven@macbeth.shakespeare.lit'`);
  const forged = [`from='example.test'`, `from='EXAMPLE.test'`, `from='juliet@example.test'`].map(delay).join('');
  romeo.send(
    `<message to='juliet@example.test' type='chat'><body>But soft!</body>${forged}${honest}${delay('')}</message>`,
  );
  const message = await juliet.expect(`<message><body>But soft!</body></message>`);
  const told = message.elements().filter((child) => child.ns === NS_DELAY);
  assert.deepEqual(
    told.map(({ attributes: { from } }) => from),
    ['coven@macbeth.shakespeare.lit', undefined],
  );
});

test('XEP-0160 §3, XEP-0203 §2: a message that waited says since when', async () => {
  const romeo = await server.signIn('romeo');
  for (const client of [await server.signIn('juliet')]) await client.close();
  romeo.send(`<message to='juliet@example.test' type='chat'><body>Art thou there?</body></message>`);
  await romeo.expectNothingMore();
  const juliet = await server.signIn('juliet');
  await juliet.becomeAvailable();
  const message = await juliet.expect(`<message><body>Art thou there?</body></message>`);
  assert.match(message.child('delay', NS_DELAY)!.attributes.stamp!, /^\d{4}-\d\d-\d\dT.*Z$/);
});
