import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Element } from '#xml/element.ts';
import { parseElement } from '#xml/parse-element.ts';
import { type InProcess, startInProcess } from '../../../../test/support/in-process.ts';
import { errorOf, type TestClient } from '../../../../test/support/test-client.ts';
import type { IqRequest } from '../../feature.ts';
import { FilledForm } from '../../wire/data-form.ts';
import { setRegistration } from './signed-in.ts';

const NS = 'jabber:iq:register';

let server: InProcess;
before(async () => {
  const settings = { 'xmpp.xep-0077.registration': true, 'xmpp.xep-0077.perNetworkPerHour': 0 };
  server = await startInProcess({ people: ['romeo', 'juliet', 'nurse', 'tybalt'], settings });
  await server.running.accounts.add({ address: 'friar@example.test', password: server.password, admin: true });
  await server.befriend('romeo', 'juliet', 'nurse');
});
after(() => server.stop());

const query = (inside: string) => `<query xmlns='${NS}'>${inside}</query>`;
const account = (username: string, password: string) =>
  query(`<username>${username}</username><password>${password}</password>`);
const form = (formType: string, fields: Record<string, string>, type = 'submit') => {
  const all = Object.entries({ FORM_TYPE: formType, ...fields });
  const inside = all.map(([name, value]) => `<field var='${name}'><value>${value}</value></field>`).join('');
  return query(`<x xmlns='jabber:x:data' type='${type}'>${inside}</x>`);
};
const code = (stanza: Element) => stanza.child('error')!.attributes.code;

async function canSignIn(user: string, password: string): Promise<boolean> {
  const client = await server.connect();
  try {
    await client.authenticate(user, password);
    return true;
  } catch {
    return false;
  } finally {
    client.drop();
  }
}

describe('XEP-0077 §3.1: somebody makes an account', () => {
  test('§8: the stream says that it is possible', async () => {
    const stranger = await server.connect();
    assert.ok(stranger.features.child('register', 'http://jabber.org/features/iq-register'));
    const romeo = await server.signIn('romeo');
    assert.equal(romeo.features.child('register', 'http://jabber.org/features/iq-register'), undefined);
  });

  test('asks what is needed, sends it, and signs in on the same stream', async () => {
    const stranger = await server.connect();
    const fields = (await stranger.ask('get', query(''), 'example.test'))!;
    for (const name of ['instructions', 'username', 'password']) assert.ok(fields.child(name), name);
    assert.equal(fields.child('registered'), undefined);
    assert.equal(await stranger.ask('set', account('bill', 'Calliope'), 'example.test'), undefined);
    await stranger.authenticate('bill', 'Calliope');
    await stranger.bind('globe');
    assert.equal(stranger.jid, 'bill@example.test/globe');
  });

  test('§4: fills in the form instead', async () => {
    const stranger = await server.connect();
    const offered = FilledForm.in((await stranger.ask('get', query('')))!)!;
    assert.deepEqual([offered.type, offered.formType, offered.names], ['form', NS, ['username', 'password']]);
    await stranger.ask('set', form(NS, { username: 'will', password: 'Calliope' }));
    assert.ok(await canSignIn('will', 'Calliope'));
  });

  test('XEP-0004 §3.1: puts the form aside', async () => {
    const stranger = await server.connect();
    await stranger.ask('set', form(NS, { username: 'ann', password: 'Calliope' }, 'cancel'));
    assert.equal(await server.running.accounts.find('ann@example.test'), undefined);
  });

  test('the name is prepared as every address is (RFC 7622 §3.3)', async () => {
    const stranger = await server.connect();
    await stranger.ask('set', account('BARD', 'Calliope'));
    assert.ok(await server.running.accounts.find('bard@example.test'));
    assert.equal(await (await server.connect()).refusal('set', account('Bard', 'x')), 'cancel, conflict');
  });
});

describe('XEP-0077 §3.1: an account is not made', () => {
  const refused: [what: string, request: string, error: string, code: string][] = [
    ['when the name is taken', account('romeo', 'x'), 'cancel, conflict', '409'],
    ['without a name', query('<password>x</password>'), 'modify, not-acceptable', '406'],
    ['with an empty name', account('', 'x'), 'modify, not-acceptable', '406'],
    ['without a password', query('<username>someone</username>'), 'modify, not-acceptable', '406'],
    ['with an empty password', account('someone', ''), 'modify, not-acceptable', '406'],
    ['with a name that is none', account('some@one', 'x'), 'modify, not-acceptable', '406'],
    ['with a name that is too long', account('x'.repeat(1024), 'x'), 'modify, not-acceptable', '406'],
    [
      'with a form for something else',
      form('jabber:bot', { username: 'a', password: 'b' }),
      'modify, bad-request',
      '400',
    ],
    ['§3.2: by removing one', query('<remove/>'), 'wait, unexpected-request', '400'],
  ];
  for (const [what, request, error, number] of refused) {
    test(what, async () => {
      const answer = await (await server.connect()).iq('set', request, 'example.test');
      assert.deepEqual([errorOf(answer), code(answer)], [error, number]);
      // What was sent holds a password, and is not sent back.
      assert.equal(answer.elements().length, 1);
      assert.equal(answer.attributes.from, 'example.test');
    });
  }

  test('§3.1.1: twice on one connection', async () => {
    const stranger = await server.connect();
    await stranger.ask('set', account('hal', 'x'));
    assert.equal(await stranger.refusal('set', account('ned', 'x')), 'modify, not-acceptable');
  });

  test('§3.1.1: too often from one network; a name that is taken counts too', async () => {
    server.configure({ 'xmpp.xep-0077.perNetworkPerHour': 2 });
    const attempt = async (name: string) => errorOf(await (await server.connect()).iq('set', account(name, 'x')));
    assert.equal(await attempt('romeo'), 'cancel, conflict');
    assert.equal(await attempt('juliet'), 'cancel, conflict');
    assert.equal(await attempt('somebody'), 'wait, not-acceptable');
    server.configure({ 'xmpp.xep-0077.perNetworkPerHour': 0 });
  });

  test('by one who goes on asking for ever', async () => {
    const stranger = await server.connect();
    for (let i = 0; i < 20; i++) await stranger.ask('get', query(''));
    stranger.send(`<iq type='get' id='more'>${query('')}</iq>`);
    assert.match((await stranger.closed)?.message ?? '', /policy-violation/);
  });

  test('where the administrator has not allowed it, which is the default', async () => {
    server.configure({ 'xmpp.xep-0077.registration': false });
    const stranger = await server.connect();
    assert.equal(stranger.features.child('register', 'http://jabber.org/features/iq-register'), undefined);
    for (const type of ['get', 'set'] as const) {
      assert.equal(await stranger.refusal(type, account('ned', 'x')), 'cancel, service-unavailable');
    }
    server.configure({ 'xmpp.xep-0077.registration': true });
  });

  test('RFC 6120 §6.3.1: nothing else can be done before sign-in', async () => {
    for (const stanza of [
      `<iq type='get' id='1'><query xmlns='jabber:iq:roster'/></iq>`,
      `<iq type='set' id='1' to='elsewhere.test'>${account('ned', 'x')}</iq>`,
      `<iq type='result' id='1'>${query('')}</iq>`,
      `<message to='romeo@example.test'>${query('')}</message>`,
    ]) {
      const stranger = await server.connect();
      stranger.send(stanza);
      assert.match((await stranger.closed)?.message ?? '', /not-authorized/);
    }
  });
});

describe('XEP-0077 §3.3: somebody changes the password', () => {
  const signIn = (person: string) => server.signIn(person);

  test('§3.1: is told what is on file, but no password', async () => {
    const juliet = await signIn('juliet');
    for (const to of ['example.test', undefined]) {
      const onFile = (await juliet.ask('get', query(''), to))!;
      assert.ok(onFile.child('registered') && onFile.child('instructions'));
      assert.equal(onFile.childText('username'), 'juliet');
      assert.equal(onFile.childText('password'), '');
    }
  });

  test('the new one opens, the old one does not; who changed it stays, others sign in again', async () => {
    const [here, there] = [await server.signIn('tybalt', 'here'), await server.signIn('tybalt', 'there')];
    assert.equal(await here.ask('set', account('Tybalt', 'prince of cats'), 'example.test'), undefined);
    assert.match((await there.closed)?.message ?? '', /not-authorized/);
    assert.deepEqual(
      [await canSignIn('tybalt', 'prince of cats'), await canSignIn('tybalt', server.password)],
      [true, false],
    );
    const changepassword = { username: 'tybalt', old_password: 'prince of cats', password: server.password };
    await here.ask('set', form('jabber:iq:register:changepassword', changepassword));
    assert.equal(await canSignIn('tybalt', server.password), true);
  });

  const refused: [what: string, request: string, error: string][] = [
    ['not to an empty one', account('juliet', ''), 'modify, bad-request'],
    ['not without saying whose', query('<password>x</password>'), 'modify, bad-request'],
    ["not somebody else's", account('romeo', 'x'), 'cancel, not-allowed'],
    ['not that of a name that is none', account('@', 'x'), 'modify, not-acceptable'],
    ['not to one that no client can type (RFC 8265 §4.2)', account('juliet', 'a\u200bb'), 'modify, not-acceptable'],
    ['not to make a second account', account('mab', 'x'), 'cancel, not-allowed'],
  ];
  for (const [what, request, error] of refused) {
    test(what, async () => {
      const juliet = await signIn('juliet');
      assert.equal(await juliet.refusal('set', request, 'example.test'), error);
      assert.ok(await canSignIn('juliet', server.password));
    });
  }

  test('not where the administrator does not want it', async () => {
    server.configure({ 'xmpp.xep-0077.passwordChange': false });
    const juliet = await signIn('juliet');
    assert.equal(await juliet.refusal('set', account('juliet', 'x')), 'cancel, not-allowed');
    server.configure({ 'xmpp.xep-0077.passwordChange': true });
  });

  test('not-authorized: not where others can read it', async () => {
    const payload = parseElement(account('juliet', 'x'));
    const iq = { payload, session: { stream: { secured: false } } } as unknown as IqRequest;
    const condition = { condition: 'not-authorized' };
    await assert.rejects(setRegistration(iq, { passwordChange: true, removal: true }), condition);
  });

  test("not of another account's address", async () => {
    const juliet = await signIn('juliet');
    assert.equal(
      await juliet.refusal('set', account('romeo', 'x'), 'romeo@example.test'),
      'cancel, service-unavailable',
    );
  });
});

describe('XEP-0077 §3.2: somebody gives up the account', () => {
  const subscription = async (client: TestClient, jid: string) => {
    const roster = await client.ask('get', `<query xmlns='jabber:iq:roster'/>`);
    return roster!.elements().find(({ attributes }) => attributes.jid === jid)?.attributes.subscription;
  };

  test('is told that it is done, then that it is over, on all clients; and contacts are told', async () => {
    const [balcony, chamber] = [await server.signIn('nurse', 'balcony'), await server.signIn('nurse', 'chamber')];
    const romeo = await server.signIn('romeo', 'orchard');
    assert.equal(await subscription(romeo, 'nurse@example.test'), 'both');
    await romeo.becomeAvailable();
    await balcony.becomeAvailable();
    assert.equal(await balcony.ask('set', query('<remove/>')), undefined);
    for (const client of [balcony, chamber]) assert.match((await client.closed)?.message ?? '', /not-authorized/);
    await romeo.expect(`<presence from='nurse@example.test/balcony' type='unavailable'/>`);
    await romeo.expect(`<presence from='nurse@example.test' type='unsubscribe'/>`);
    await romeo.expect(`<presence from='nurse@example.test' type='unsubscribed'/>`);
    assert.equal(await subscription(romeo, 'nurse@example.test'), 'none');
    assert.equal(await canSignIn('nurse', server.password), false);
  });

  test('bad-request: not while saying something else', async () => {
    const juliet = await server.signIn('juliet');
    assert.equal(await juliet.refusal('set', query('<remove/><username>juliet</username>')), 'modify, bad-request');
  });

  test('not-allowed: not where the administrator does not want it', async () => {
    server.configure({ 'xmpp.xep-0077.removal': false });
    const juliet = await server.signIn('juliet');
    assert.equal(await juliet.refusal('set', query('<remove/>')), 'cancel, not-allowed');
    server.configure({ 'xmpp.xep-0077.removal': true });
  });

  test('forbidden: not an administrator, who could let nobody in again', async () => {
    const friar = await server.signIn('friar');
    assert.equal(await friar.refusal('set', query('<remove/>')), 'auth, forbidden');
    assert.ok(await canSignIn('friar', server.password));
  });
});

test('XEP-0077 §10: service discovery says so', async () => {
  const juliet = await server.signIn('juliet');
  const info = await juliet.ask('get', `<query xmlns='http://jabber.org/protocol/disco#info'/>`, 'example.test');
  assert.ok(info!.elements().some(({ attributes }) => attributes.var === NS));
});

test('a feature that is switched off leaves nothing behind', async () => {
  server.configure({ 'xmpp.xep-0077.enabled': false });
  const stranger = await server.connect();
  stranger.send(`<iq type='get' id='1'>${query('')}</iq>`);
  assert.match((await stranger.closed)?.message ?? '', /not-authorized/);
  const juliet = await server.signIn('juliet');
  assert.equal(await juliet.refusal('set', account('juliet', 'x')), 'cancel, service-unavailable');
});
