import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type InProcess, startInProcess } from '../../test/support/in-process.ts';
import { userRemove } from './users.ts';

let server: InProcess;
before(async () => {
  server = await startInProcess({ people: ['romeo', 'juliet', 'nurse', 'rosaline'] });
  for (const person of ['juliet', 'nurse', 'rosaline']) await server.befriend('romeo', person);
});
after(() => server.stop());

async function remove(address: string): Promise<void> {
  const { node, domain } = server.running;
  const { domains, accounts, homes, settings, log } = node;
  await userRemove.run({ domain, domains, accounts, homes, settings, log, server: undefined }, { address });
}

async function subscription(address: string): Promise<string | undefined> {
  const romeo = await server.signIn('romeo', 'roster');
  const roster = await romeo.ask('get', `<query xmlns='jabber:iq:roster'/>`);
  await romeo.close();
  return roster!.elements().find(({ attributes }) => attributes.jid === address)?.attributes.subscription;
}

test('RFC 6121 §3.2, §3.3: contacts of an account that is removed are told, and keep no subscription to nobody', async () => {
  const romeo = await server.signIn('romeo', 'orchard');
  const juliet = await server.signIn('juliet');
  await romeo.ask('get', `<query xmlns='jabber:iq:roster'/>`);
  await romeo.becomeAvailable();
  await juliet.becomeAvailable();
  await remove('juliet');
  assert.match(String((await juliet.closed)?.message), /not-authorized/);
  for (const from of ['juliet@example.test/balcony', 'juliet@example.test']) {
    const type = from.includes('/') ? 'unavailable' : 'unsubscribed';
    await romeo.expect(`<presence from='${from}' type='${type}'/>`);
  }
  await romeo.close();
  assert.equal(await subscription('juliet@example.test'), 'none');
});

test('also when nobody is signed in, and of an account that was disabled', async () => {
  await server.running.accounts.setEnabled('nurse@example.test', false);
  for (const name of ['nurse', 'rosaline']) {
    await remove(name);
    assert.equal(await subscription(`${name}@example.test`), 'none');
  }
});

test('an account that is removed leaves no rows, also with devices that were there and messages that nobody took', async () => {
  const { accounts, node } = server.running;
  const { id, address } = await accounts.add({ address: 'paris@example.test', password: server.password });
  const paris = await server.signIn('paris');
  paris.send(`<enable xmlns='urn:xmpp:sm:3'/>`);
  await paris.becomeAvailable();
  const romeo = await server.signIn('romeo', 'street');
  for (const body of ['one', 'two']) romeo.send(`<message to='${address}' type='chat'><body>${body}</body></message>`);
  await romeo.rest();
  await remove('paris');
  await paris.closed;
  await romeo.close();
  // Behind all that was written.
  await accounts.setAdmin('romeo@example.test', false);
  for (const table of ['archive', 'inboxes', 'last_unavailable', 'contacts', 'credentials']) {
    assert.deepEqual(await node.database.read(`select account from ${table} where account = ?`, [id]), [], table);
  }
});
