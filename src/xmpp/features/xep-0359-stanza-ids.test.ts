import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type InProcess, startInProcess } from '../../../test/support/in-process.ts';
import type { TestClient } from '../../../test/support/test-client.ts';

const NS = 'urn:xmpp:sid:0';

let server: InProcess;
let juliet: TestClient;
let romeo: TestClient;
before(async () => {
  server = await startInProcess({ people: ['juliet', 'romeo'] });
  juliet = await server.signIn('juliet', 'balcony');
  romeo = await server.signIn('romeo', 'orchard');
  await juliet.becomeAvailable();
});
after(() => server.stop());

/** Attributes of the ids that a message with these children arrives with. */
async function ids(children: string, name = 'stanza-id'): Promise<Record<string, string>[]> {
  romeo.send(`<message to='juliet@example.test' type='chat'><body>Hello</body>${children}</message>`);
  const message = await juliet.expect('<message><body>Hello</body></message>');
  return message.elements().flatMap((child) => (child.is(name, NS) ? [child.attributes] : []));
}

const stanzaId = (by: string) => `<stanza-id xmlns='${NS}' id='forged' by='${by}'/>`;

test('XEP-0359 §2.1: the account puts the id and itself on what it archives', async () => {
  const [only, ...others] = await ids('');
  assert.equal(others.length, 0);
  assert.equal(only!.by, 'juliet@example.test');
  assert.ok(only!.id);
});

for (const by of [
  'juliet@example.test',
  'JULIET@Example.Test',
  'juliet@example.test/balcony',
  'romeo@example.test',
  'example.test',
]) {
  test(`XEP-0359 §3: an id that claims to be by ${by} is taken out`, async () => {
    const found = await ids(stanzaId(by) + stanzaId(by));
    assert.deepEqual(
      found.map(({ id, by }) => [id === 'forged', by]),
      [[false, 'juliet@example.test']],
    );
  });
}

test('XEP-0359 §3: it is taken out also where none is put in its place', async () => {
  const found = await ids(`${stanzaId('juliet@example.test')}<no-store xmlns='urn:xmpp:hints'/>`);
  assert.deepEqual(found, []);
});

test('XEP-0359 §3: ids by others pass', async () => {
  const found = await ids(stanzaId('room@muc.elsewhere.test') + stanzaId('@'));
  assert.deepEqual(
    found.map(({ by }) => by),
    ['room@muc.elsewhere.test', '@', 'juliet@example.test'],
  );
});

test("XEP-0359 §2.2: the origin's own id is preserved", async () => {
  assert.deepEqual(await ids(`<origin-id xmlns='${NS}' id='de305d54'/>`, 'origin-id'), [{ id: 'de305d54' }]);
});

test('XEP-0359 §3: ids of two messages differ, and the later one cannot be guessed from the one before', async () => {
  const steps = new Set<number>();
  let last = 0;
  for (let i = 0; i < 20; i++) {
    const id = Number((await ids(''))[0]!.id);
    steps.add(id - last);
    assert.ok(id > last);
    last = id;
  }
  assert.ok(steps.size > 10);
});

test('XEP-0359 §5: server and account announce it', async () => {
  for (const to of ['example.test', 'juliet@example.test']) {
    const info = await juliet.ask('get', `<query xmlns='http://jabber.org/protocol/disco#info'/>`, to);
    assert.ok(info!.elements().some(({ attributes }) => attributes.var === NS));
  }
});
