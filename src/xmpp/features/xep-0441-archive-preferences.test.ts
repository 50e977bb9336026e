import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { serialize } from '#xml/serializer.ts';
import { type InProcess, startInProcess } from '../../../test/support/in-process.ts';
import type { TestClient } from '../../../test/support/test-client.ts';

const NS = 'urn:xmpp:mam:2';

let server: InProcess;
let juliet: TestClient;
let romeo: TestClient;
before(async () => {
  server = await startInProcess({ people: ['juliet', 'romeo', 'nurse'] });
  juliet = await server.signIn('juliet', 'balcony');
  romeo = await server.signIn('romeo', 'orchard');
  await juliet.becomeAvailable();
  await romeo.becomeAvailable();
});
after(() => server.stop());

const list = (name: string, addresses: string[]) =>
  addresses.length === 0
    ? `<${name}/>`
    : `<${name}>${addresses.map((address) => `<jid>${address}</jid>`).join('')}</${name}>`;
const prefs = (fallback: string, always: string[] = [], never: string[] = []) =>
  `<prefs xmlns='${NS}' default='${fallback}'>${list('always', always)}${list('never', never)}</prefs>`;

const get = async () => serialize((await juliet.ask('get', `<prefs xmlns='${NS}'/>`))!);
/** Whether what romeo says to juliet, and she to him, is in her archive. */
async function isArchived(from = romeo): Promise<boolean[]> {
  const body = `${Math.random()}`;
  from.send(`<message to='juliet@example.test' type='chat'><body>${body}</body></message>`);
  await juliet.expect(`<message><body>${body}</body></message>`);
  juliet.send(`<message to='${from.jid}' type='chat'><body>re ${body}</body></message>`);
  await from.expect(`<message><body>re ${body}</body></message>`);
  await juliet.ask('set', `<query xmlns='${NS}'/>`);
  const found = (await juliet.rest()).map((stanza) => serialize(stanza));
  return [`>${body}<`, `>re ${body}<`].map((text) => found.some((xml) => xml.includes(text)));
}

test('XEP-0441 §2.1: before anything was said, the policy of the server is the default', async () => {
  for (const [policy, fallback] of [
    ['contacts', 'roster'],
    ['none', 'never'],
    ['all', 'always'],
  ] as const) {
    server.configure({ 'messaging.archive': policy });
    assert.equal(await get(), prefs(fallback));
  }
});

test('XEP-0441 §2.1: what is set is answered, with addresses as they are compared', async () => {
  const answer = await juliet.ask('set', prefs('roster', ['ROMEO@example.test'], ['montague@montague.lit/Hall']));
  const expected = prefs('roster', ['romeo@example.test'], ['montague@montague.lit/Hall']);
  assert.equal(serialize(answer!), expected);
  assert.equal(await get(), expected);
});

test('XEP-0441 §2.1.2, §2.1.3: lists that are not there are empty', async () => {
  const answer = await juliet.ask('set', `<prefs xmlns='${NS}' default='always'/>`);
  assert.equal(serialize(answer!), prefs('always'));
});

test('XEP-0441 §2.1: whose messages are to be kept always and never, has them kept never', async () => {
  const both = ['romeo@example.test', 'nurse@example.test'];
  const answer = await juliet.ask('set', prefs('always', both, ['romeo@example.test', 'romeo@example.test']));
  assert.equal(serialize(answer!), prefs('always', ['nurse@example.test'], ['romeo@example.test']));
});

test('XEP-0441 §2.1: preferences outlast a restart', async () => {
  await juliet.ask('set', prefs('never', ['nurse@example.test']));
  await server.restart();
  juliet = await server.signIn('juliet', 'balcony');
  romeo = await server.signIn('romeo', 'orchard');
  await juliet.becomeAvailable();
  await romeo.becomeAvailable();
  assert.equal(await get(), prefs('never', ['nurse@example.test']));
});

test('XEP-0441 §2.1.1: always and never say it for everybody', async () => {
  await juliet.ask('set', prefs('always'));
  assert.deepEqual(await isArchived(), [true, true]);
  await juliet.ask('set', prefs('never'));
  assert.deepEqual(await isArchived(), [false, false]);
});

test('XEP-0441 §2.1.1: roster says it for those on the contact list', async () => {
  await juliet.ask('set', prefs('roster'));
  assert.deepEqual(await isArchived(), [false, false]);
  await juliet.ask('set', `<query xmlns='jabber:iq:roster'><item jid='romeo@example.test'/></query>`);
  assert.deepEqual(await isArchived(), [true, true]);
});

test('XEP-0441 §2.3: a listed bare JID stands for all its resources, a full one for itself alone', async () => {
  const phone = await server.signIn('romeo', 'phone');
  await phone.becomeAvailable();
  await juliet.ask('set', prefs('always', [], ['romeo@example.test']));
  assert.deepEqual(await isArchived(phone), [false, false]);
  await juliet.ask('set', prefs('never', ['romeo@example.test/phone'], ['romeo@example.test']));
  assert.deepEqual(await isArchived(phone), [true, true]);
  assert.deepEqual(await isArchived(romeo), [false, false]);
  await phone.close();
});

const WRONG: Record<string, [string, string]> = {
  'no default': [`<prefs xmlns='${NS}'/>`, 'modify, bad-request'],
  'a default of another name': [prefs('sometimes'), 'modify, bad-request'],
  'an address that is none': [prefs('always', ['@']), 'modify, jid-malformed'],
  'an empty address': [prefs('always', ['']), 'modify, jid-malformed'],
  'something else in a list': [
    `<prefs xmlns='${NS}' default='always'><never><no/></never></prefs>`,
    'modify, bad-request',
  ],
  'more addresses than are allowed': [
    prefs(
      'always',
      Array.from({ length: 1001 }, (_, i) => `a${i}@example.test`),
    ),
    'wait, resource-constraint',
  ],
};
for (const [what, [xml, error]] of Object.entries(WRONG)) {
  test(`XEP-0441 §2.1: ${what} is refused, and nothing changes`, async () => {
    const before = await get();
    assert.equal(await juliet.refusal('set', xml), error);
    assert.equal(await get(), before);
  });
}

test("XEP-0441 §2.1: somebody else's preferences are forbidden, also of who does not exist", async () => {
  for (const to of ['juliet@example.test', 'nobody@example.test']) {
    assert.equal(await romeo.refusal('get', `<prefs xmlns='${NS}'/>`, to), 'auth, forbidden');
    assert.equal(await romeo.refusal('set', prefs('never'), to), 'auth, forbidden');
  }
});

test('what is not archived is still delivered to who is away, and then forgotten', async () => {
  await juliet.ask('set', prefs('never'));
  await juliet.close();
  romeo.send(`<message to='juliet@example.test' type='chat'><body>while you were away</body></message>`);
  await romeo.rest();
  juliet = await server.signIn('juliet', 'balcony');
  const archive = async () => {
    await juliet.ask(
      'set',
      `<query xmlns='${NS}'><x xmlns='jabber:x:data' type='submit'>
      <field var='FORM_TYPE'><value>${NS}</value></field></x></query>`,
    );
    return (await juliet.rest()).some((stanza) => serialize(stanza).includes('while you were away'));
  };
  assert.equal(await archive(), false);
  await juliet.becomeAvailable();
  await juliet.expect('<message><body>while you were away</body></message>');
  assert.equal(await archive(), false);
});
