import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { serialize } from '#xml/serializer.ts';
import { type InProcess, startInProcess } from '../../../test/support/in-process.ts';
import type { TestClient } from '../../../test/support/test-client.ts';

const NS = 'vcard-temp';
const GET = `<vCard xmlns='${NS}'/>`;
const JULIET = 'juliet@example.test';
const photo = (characters: number) => `<PHOTO><TYPE>image/png</TYPE><BINVAL>${'A'.repeat(characters)}</BINVAL></PHOTO>`;
const card = (content: string) => `<vCard xmlns='${NS}'>${content}</vCard>`;
const CARD = card(
  `<FN>Juliet Capulet &amp; co</FN><N><FAMILY>Capulet</FAMILY><GIVEN>Juliet</GIVEN><MIDDLE/></N>
   <TEL><WORK/><NUMBER/></TEL><DESC>
     Ay me!
   </DESC><x:note xmlns:x='urn:example:x' x:kind='"1"'>other</x:note>`,
);

let server: InProcess;
let juliet: TestClient;
let romeo: TestClient;
before(async () => {
  const settings = {
    'xmpp.xep-0054.maxBytes': 50_000,
    'xmpp.xep-0054.organization': 'House of Escalus',
    'xmpp.xep-0054.url': 'https://example.test/',
  };
  server = await startInProcess({ people: ['juliet', 'romeo', 'nurse'], settings });
  juliet = await server.signIn('juliet');
  romeo = await server.signIn('romeo');
});
after(() => server.stop());

describe('XEP-0054 §3.1, §3.2: one’s own card', () => {
  test('is not found before there is one', async () => {
    assert.equal(await juliet.refusal('get', GET), 'cancel, item-not-found');
  });

  test('comes back as it was set, also from the own address and after a restart', async () => {
    assert.equal(await juliet.ask('set', CARD), undefined);
    const [first, second] = [await juliet.ask('get', GET), await juliet.ask('get', GET, JULIET)];
    assert.equal(serialize(first!), serialize(second!));
    assert.equal(first!.childText('FN'), 'Juliet Capulet & co');
    assert.match(first!.childText('DESC')!, /^\n +Ay me!\n +$/);
    assert.equal(first!.child('note', 'urn:example:x')?.attributes['{urn:example:x}kind'], '"1"');
    await server.restart();
    juliet = await server.signIn('juliet');
    romeo = await server.signIn('romeo');
    assert.equal(serialize((await juliet.ask('get', GET))!), serialize(first!));
  });

  test('is replaced as a whole', async () => {
    await juliet.ask('set', card('<FN>Juliet</FN>'));
    const now = await juliet.ask('get', GET);
    assert.deepEqual(
      now!.elements().map(({ name }) => name),
      ['FN'],
    );
  });

  test('may have a photo, and is limited', async () => {
    await juliet.ask('set', card(photo(48_000)));
    assert.equal((await juliet.ask('get', GET))!.child('PHOTO')?.childText('BINVAL')?.length, 48_000);
    assert.equal(await juliet.refusal('set', card(photo(50_000))), 'modify, policy-violation');
    assert.equal((await juliet.ask('get', GET))!.child('PHOTO')?.childText('BINVAL')?.length, 48_000);
  });

  test('is taken away by an empty one', async () => {
    await juliet.ask('set', card(''));
    assert.equal(await juliet.refusal('get', GET), 'cancel, item-not-found');
    assert.equal(await romeo.refusal('get', GET, JULIET), 'cancel, service-unavailable');
  });
});

describe('XEP-0054 §3.3: somebody else’s card', () => {
  test('is there for anyone, whether its owner is signed in or not', async () => {
    await juliet.ask('set', CARD);
    for (const signOut of [false, true]) {
      if (signOut) await juliet.close();
      const answer = await romeo.iq('get', GET, JULIET);
      assert.equal(answer.attributes.from, JULIET);
      assert.equal(answer.child('vCard', NS)?.child('N')?.childText('GIVEN'), 'Juliet');
    }
    juliet = await server.signIn('juliet');
  });

  test('who has none is not told from who does not exist', async () => {
    for (const to of ['nurse@example.test', 'nobody@example.test']) {
      assert.equal(await romeo.refusal('get', GET, to), 'cancel, service-unavailable');
    }
  });

  test('§3.2: is changed by nobody else, and that tells nobody who exists', async () => {
    for (const to of [JULIET, 'nobody@example.test', 'example.test']) {
      assert.equal(await romeo.refusal('set', card('<FN>Rosaline</FN>'), to), 'auth, forbidden');
    }
    assert.equal((await romeo.ask('get', GET, JULIET))!.childText('FN'), 'Juliet Capulet & co');
  });

  test('XEP-0191 §3.3: is not shown to whom its owner has blocked', async () => {
    await juliet.ask('set', `<block xmlns='urn:xmpp:blocking'><item jid='romeo@example.test'/></block>`);
    assert.equal(await romeo.refusal('get', GET, JULIET), 'cancel, service-unavailable');
    assert.equal(await juliet.refusal('get', GET, 'romeo@example.test'), 'cancel, not-acceptable');
  });

  test('goes with its account', async () => {
    await server.running.accounts.remove(JULIET);
    assert.equal(await romeo.refusal('get', GET, JULIET), 'cancel, service-unavailable');
    assert.deepEqual(await server.running.node.database.read('select account from vcards'), []);
  });
});

test('XEP-0054 §3.3: the server has a card of its own', async () => {
  const about = await romeo.ask('get', GET, 'example.test');
  assert.equal(about!.childText('FN'), 'example.test');
  assert.equal(about!.child('ORG')?.childText('ORGNAME'), 'House of Escalus');
  assert.equal(about!.childText('URL'), 'https://example.test/');
  assert.equal(about!.child('DESC'), undefined);
});

test('XEP-0054 §4: the server and the account announce it', async () => {
  for (const to of ['example.test', 'romeo@example.test']) {
    const info = await romeo.ask('get', `<query xmlns='http://jabber.org/protocol/disco#info'/>`, to);
    assert.ok(
      info!.elements().some((child) => child.attributes.var === NS),
      to,
    );
  }
});
