import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { serialize } from '#xml/serializer.ts';
import { type InProcess, startInProcess } from '../../../test/support/in-process.ts';
import type { TestClient } from '../../../test/support/test-client.ts';

const NS = 'urn:xmpp:hints';
const MAM = 'urn:xmpp:mam:2';

let server: InProcess;
let juliet: TestClient;
let romeo: TestClient;
before(async () => {
  server = await startInProcess({ people: ['juliet', 'romeo'] });
  juliet = await server.signIn('juliet', 'balcony');
  romeo = await server.signIn('romeo', 'orchard');
});
after(() => server.stop());

const hint = (name: string) => `<${name} xmlns='${NS}'/>`;

async function isArchived(client: TestClient, text: string): Promise<boolean> {
  await client.ask('set', `<query xmlns='${MAM}'/>`);
  return (await client.rest()).some((stanza) => serialize(stanza).includes(text));
}

/** Says it while juliet is away; then she comes back. */
async function whileAway(message: string): Promise<TestClient> {
  await juliet.close();
  romeo.send(message);
  juliet = await server.signIn('juliet', 'balcony');
  return juliet;
}

let last = 0;
const unique = () => `word ${++last} `;

test('XEP-0334 §4.1: no-permanent-store is in no archive, and waits for who is away', async () => {
  const text = unique();
  await whileAway(
    `<message to='juliet@example.test' type='chat'><body>${text}</body>${hint('no-permanent-store')}</message>`,
  );
  assert.equal(await isArchived(juliet, text), false);
  assert.equal(await isArchived(romeo, text), false);
  await juliet.becomeAvailable();
  await juliet.expect(`<message><body>${text}</body><no-permanent-store xmlns='${NS}'/></message>`);
  await romeo.expectNothingMore();
});

test('XEP-0334 §4.2: no-store is neither archived nor does it wait, and the sender is told', async () => {
  const text = unique();
  await whileAway(`<message to='juliet@example.test' type='chat'><body>${text}</body>${hint('no-store')}</message>`);
  await romeo.expect(`<message type='error'><error type='cancel'/></message>`);
  await juliet.becomeAvailable();
  assert.equal(await isArchived(juliet, text), false);
  assert.equal(await isArchived(romeo, text), false);
  romeo.send(`<message to='juliet@example.test' type='chat'><body>${text}</body>${hint('no-store')}</message>`);
  await juliet.expect(`<message><body>${text}</body></message>`);
});

test('XEP-0334 §4.4: store keeps what would not be kept', async () => {
  const text = unique();
  const payload = (more: string) =>
    `<message to='juliet@example.test' type='chat'><thread>${text}</thread>${more}</message>`;
  await whileAway(payload(''));
  assert.equal(await isArchived(juliet, text), false);
  await whileAway(payload(hint('store')));
  assert.equal(await isArchived(romeo, text), true);
  await juliet.becomeAvailable();
  await juliet.expect(`<message><thread>${text}</thread></message>`);
});

test('XEP-0334 §4.2, §4.4: with both, what forbids is heeded', async () => {
  const text = unique();
  await whileAway(
    `<message to='juliet@example.test' type='chat'><body>${text}</body>${hint('store')}${hint('no-store')}</message>`,
  );
  assert.equal(await isArchived(juliet, text), false);
});

test('XEP-0334 §5: in an error they are ignored', async () => {
  const text = unique();
  await juliet.becomeAvailable();
  romeo.send(
    `<message to='${juliet.jid}' type='error'><body>${text}</body>${hint('store')}<error type='cancel'/></message>`,
  );
  await juliet.expect(`<message type='error'><body>${text}</body></message>`);
  assert.equal(await isArchived(juliet, text), false);
});

test('XEP-0334 §4.3: no-copy is not copied to the other devices of either side', async () => {
  const text = unique();
  const phone = await server.signIn('juliet', 'phone');
  const laptop = await server.signIn('romeo', 'laptop');
  for (const device of [phone, laptop]) await device.ask('set', `<enable xmlns='urn:xmpp:carbons:2'/>`);
  romeo.send(`<message to='${juliet.jid}' type='chat'><body>${text}</body>${hint('no-copy')}</message>`);
  await juliet.expect(`<message><body>${text}</body></message>`);
  await phone.expectNothingMore();
  await laptop.expectNothingMore();
  await Promise.all([phone.close(), laptop.close()]);
});
