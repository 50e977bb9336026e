import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type InProcess, startInProcess } from '../../../test/support/in-process.ts';

const BIND = `<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>`;

let server: InProcess;
before(async () => {
  server = await startInProcess({ people: ['romeo', 'juliet', 'nurse', 'tybalt', 'mercutio', 'benvolio'] });
});
after(() => server.stop());

async function authenticated(person: string) {
  const client = await server.connect();
  await client.authenticate(person, server.password);
  return client;
}

const address = (person: string) => `${person}@${server.domain}`;

describe('RFC 6120 §7: between SASL and the binding of a resource', () => {
  const rows: [what: string, person: string, change: () => Promise<unknown>][] = [
    ['disabled', 'romeo', () => server.running.accounts.setEnabled(address('romeo'), false)],
    ['removed', 'juliet', () => server.running.accounts.remove(address('juliet'))],
    ['given another password', 'nurse', () => server.running.accounts.setPassword(address('nurse'), 'other words')],
  ];
  for (const [what, person, change] of rows) {
    test(`an account that is ${what} cannot be used`, async () => {
      const client = await authenticated(person);
      await change();
      client.send(`<iq type='set' id='bind'>${BIND}</iq>`);
      assert.match((await client.closed)?.message ?? '', /not-authorized/);
      assert.equal(server.running.node.homes.loaded(address(person)), undefined);
    });
  }

  test('nor can its session be resumed (XEP-0198 §5)', async () => {
    await server.running.accounts.setEnabled(address('romeo'), true);
    const client = await authenticated('romeo');
    await server.running.accounts.setEnabled(address('romeo'), false);
    client.send(`<resume xmlns='urn:xmpp:sm:3' previd='any' h='0'/>`);
    assert.match((await client.closed)?.message ?? '', /not-authorized/);
  });

  test('what happens to other accounts does not matter', async () => {
    const client = await authenticated('tybalt');
    await server.running.accounts.add({ address: address('paris'), password: server.password });
    await server.running.accounts.remove(address('paris'));
    await client.bind('street');
    await client.close();
  });

  test('an account that was disabled and enabled again can be used', async () => {
    const client = await authenticated('tybalt');
    for (const enabled of [false, true]) await server.running.accounts.setEnabled(address('tybalt'), enabled);
    await client.bind('street');
    await client.close();
  });
});

describe('while the home of the account is read', () => {
  const rows: [what: string, person: string, change: () => Promise<unknown>][] = [
    ['disabled', 'mercutio', () => server.running.accounts.setEnabled(address('mercutio'), false)],
    ['given another password', 'benvolio', () => server.running.accounts.setPassword(address('benvolio'), 'other')],
  ];
  for (const [what, person, change] of rows) {
    test(`an account that is ${what} cannot be used`, async (t) => {
      const { homes } = server.running.node;
      const client = await authenticated(person);
      const open = homes.open.bind(homes);
      t.mock.method(homes, 'open', async (account: Parameters<typeof open>[0]) => {
        const home = await open(account);
        await change();
        return home;
      });
      client.send(`<iq type='set' id='bind'>${BIND}</iq>`);
      assert.match((await client.closed)?.message ?? '', /not-authorized/);
      assert.equal(homes.loaded(address(person))?.devices.size ?? 0, 0);
    });
  }
});
