/** XEP-0050 and XEP-0133: the server is administered from a client, by who may, and what they did is on record. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Element, element } from '#xml/element.ts';
import { serialize } from '#xml/serializer.ts';
import { type InProcess, startInProcess } from '../../../../test/support/in-process.ts';
import { errorOf, type TestClient } from '../../../../test/support/test-client.ts';

const NS = 'http://jabber.org/protocol/commands';
const FORMS = 'jabber:x:data';
const ADMIN = 'http://jabber.org/protocol/admin#';
const DOMAIN = 'example.test';

let server: InProcess;
let bard: TestClient;
let iago: TestClient;
let nurse: TestClient;
before(async () => {
  server = await startInProcess({ people: ['bard', 'iago', 'nurse', 'romeo', 'juliet'] });
  await server.running.accounts.setAdmin('bard@example.test', true);
  await server.befriend('romeo', 'juliet');
  bard = await server.signIn('bard', 'globe');
  iago = await server.signIn('iago', 'street');
  nurse = await server.signIn('nurse', 'hall');
});
after(() => server.stop());

type Fields = Readonly<Record<string, string | readonly string[]>>;

const command = (node: string, rest = '', inside = '') =>
  `<command xmlns='${NS}' node='${node}' ${rest}>${inside}</command>`;

function submitted(fields: Fields): string {
  const written = Object.entries(fields).map(([name, values]) =>
    element('field', FORMS, { var: name }, ...[values].flat().map((value) => element('value', FORMS, {}, value))),
  );
  return serialize(element('x', FORMS, { type: 'submit' }, ...written));
}

async function begin(node: string, client = bard): Promise<Element> {
  return (await client.ask('set', command(node), DOMAIN))!;
}

/** Runs one with a form, from the beginning. @returns the answer to the form */
async function run(node: string, fields: Fields, client = bard): Promise<Element> {
  const first = await begin(node, client);
  assert.equal(first.attributes.status, 'executing');
  return client.iq('set', command(node, `sessionid='${first.attributes.sessionid}'`, submitted(fields)), DOMAIN);
}

async function done(node: string, fields: Fields, client = bard): Promise<Element> {
  const answer = await run(node, fields, client);
  assert.equal(answer.attributes.type, 'result', serialize(answer));
  const payload = answer.firstChild()!;
  assert.deepEqual([payload.attributes.node, payload.attributes.status], [node, 'completed']);
  return payload;
}

/** Values of the result's fields, by name. */
function told(answer: Element): Record<string, string[]> {
  const fields = answer.child('x', FORMS)?.elements() ?? [];
  return Object.fromEntries(
    fields
      .filter((field) => field.name === 'field' && field.attributes.var !== 'FORM_TYPE')
      .map((field) => [field.attributes.var!, field.elements().map((value) => value.text())]),
  );
}

async function recorded(): Promise<string> {
  const entries = server.running.node.audit.entries();
  for await (const { caller, face, command, subject, outcome } of entries) {
    return `${caller} ${face} ${command} ${subject} ${outcome}`;
  }
  return '';
}

describe('XEP-0050: every command of the server', () => {
  test('the server says that it has some, and each is shown those that its role allows', async () => {
    const list = async (client: TestClient) => {
      const query = `<query xmlns='http://jabber.org/protocol/disco#items' node='${NS}'/>`;
      return (await client.ask('get', query, DOMAIN))!.elements().map(({ attributes }) => attributes.node);
    };
    const info = await iago.ask('get', `<query xmlns='http://jabber.org/protocol/disco#info'/>`, DOMAIN);
    assert.ok(info!.elements().some(({ attributes }) => attributes.var === NS));
    assert.deepEqual(await list(iago), []);
    assert.ok((await list(bard)).includes('user.add'));
    await done('role.assign', { address: 'nurse', role: 'help-desk' });
    const shown = await list(nurse);
    assert.ok(shown.includes('user.passwd') && shown.includes(`${ADMIN}change-user-password`));
    assert.ok(!shown.includes('user.add') && !shown.includes(`${ADMIN}add-user`));
  });

  test('the form is made of what goes in', async () => {
    const form = (await begin('user.add')).child('x', FORMS)!;
    const fields = form.elements().filter(({ name }) => name === 'field');
    assert.deepEqual(
      fields.map((field) => [field.attributes.var, field.attributes.type, field.child('required') !== undefined]),
      [
        ['address', 'text-single', true],
        ['password', 'text-private', true],
        ['admin', 'boolean', false],
      ],
    );
    assert.equal(fields[2]!.childText('value'), 'false');
  });

  test('it is done, put on record, and a list is told as a table (XEP-0004 §3.4)', async () => {
    await done('user.add', { address: 'paris', password: 'count', admin: '0' });
    assert.equal(await recorded(), 'bard@example.test ad hoc user.add paris@example.test done');
    const answer = await done('user.list', { state: 'all' });
    const x = answer.child('x', FORMS)!;
    const reported = x
      .child('reported')!
      .elements()
      .map(({ attributes }) => attributes.var);
    assert.deepEqual(reported, ['address', 'admin', 'enabled']);
    const rows = x.elements().filter(({ name }) => name === 'item');
    assert.ok(rows.some((row) => row.elements()[0]!.childText('value') === 'paris@example.test'));
  });

  test('what asks for nothing runs at once', async () => {
    const answer = await begin('server.status');
    assert.equal(answer.attributes.status, 'completed');
    assert.deepEqual(told(answer).domain, [DOMAIN]);
  });

  test('§2.4.3: it may be given up, and its id is worth nothing then', async () => {
    const { sessionid } = (await begin('user.add')).attributes;
    const canceled = await bard.ask('set', command('user.add', `sessionid='${sessionid}' action='cancel'`), DOMAIN);
    assert.equal(canceled!.attributes.status, 'canceled');
    const again = await bard.iq('set', command('user.add', `sessionid='${sessionid}'`, submitted({})), DOMAIN);
    assert.equal(errorOf(again), 'modify, bad-request');
    assert.ok(again.child('error')!.child('bad-sessionid', NS));
  });

  const refused: [what: string, xml: () => string | Promise<string>, error: string, own?: string][] = [
    ['a command that is none', () => command('user.fly'), 'cancel, item-not-found'],
    ['an action that is none', () => command('user.add', "action='fly'"), 'modify, bad-request', 'malformed-action'],
    [
      'one that is given up before it began',
      () => command('user.add', "action='cancel'"),
      'modify, bad-request',
      'bad-action',
    ],
    ['an id that nobody was given', () => command('user.add', "sessionid='x'"), 'modify, bad-request', 'bad-sessionid'],
    ['no form', async () => command('user.add', await begun('user.add')), 'modify, bad-request', 'bad-payload'],
    [
      'a stage before the first',
      async () => command('user.add', `${await begun('user.add')} action='prev'`),
      'modify, bad-request',
      'bad-action',
    ],
    [
      'the id of another command',
      async () => command('user.remove', await begun('user.add')),
      'modify, bad-request',
      'bad-sessionid',
    ],
    [
      'a form that lacks something',
      async () => command('user.add', await begun('user.add'), submitted({ address: 'x' })),
      'modify, bad-request',
    ],
  ];
  const begun = async (node: string) => `sessionid='${(await begin(node)).attributes.sessionid}'`;
  for (const [what, xml, error, own] of refused) {
    test(`${what}: ${error}${own === undefined ? '' : `, ${own}`}`, async () => {
      const answer = await bard.iq('set', await xml(), DOMAIN);
      assert.equal(errorOf(answer), error, serialize(answer));
      if (own !== undefined) assert.ok(answer.child('error')!.child(own, NS), serialize(answer));
    });
  }

  test('nobody goes on with what somebody else has begun', async () => {
    const { sessionid } = (await begin('user.passwd')).attributes;
    const answer = await nurse.iq('set', command('user.passwd', `sessionid='${sessionid}'`, submitted({})), DOMAIN);
    assert.equal(errorOf(answer), 'modify, bad-request');
  });

  test('one may have twenty begun, and no more until some are ended', async () => {
    const client = await server.signIn('bard', 'desk');
    for (let i = 0; i < 20; i++) await begin('user.add', client);
    assert.equal(await client.refusal('set', command('user.add'), DOMAIN), 'wait, resource-constraint');
    await client.close();
  });

  test('one without a role is refused, and that is on record; one whose role was taken is so at once', async () => {
    assert.equal(await iago.refusal('set', command('user.list'), DOMAIN), 'auth, forbidden');
    assert.equal(await recorded(), 'iago@example.test ad hoc user.list  refused');
    assert.equal(await iago.refusal('set', command('user.fly'), DOMAIN), 'auth, forbidden');
    assert.equal(await nurse.refusal('set', command('user.remove'), DOMAIN), 'auth, forbidden');
    const { sessionid } = (await begin('user.passwd', nurse)).attributes;
    await done('role.withdraw', { address: 'nurse', role: 'help-desk' });
    const fields = submitted({ address: 'romeo', password: 'poison' });
    const answer = await nurse.iq('set', command('user.passwd', `sessionid='${sessionid}'`, fields), DOMAIN);
    assert.equal(errorOf(answer), 'auth, forbidden');
  });

  test('switched off, it is gone', async () => {
    server.configure({ 'xmpp.xep-0050.enabled': false });
    assert.equal(await bard.refusal('set', command('server.status'), DOMAIN), 'cancel, service-unavailable');
    server.configure({ 'xmpp.xep-0050.enabled': true, 'xmpp.xep-0133.enabled': false });
    assert.equal(await bard.refusal('set', command(`${ADMIN}add-user`), DOMAIN), 'cancel, item-not-found');
    server.configure({ 'xmpp.xep-0133.enabled': true });
  });
});

describe('XEP-0133: the commands that clients know', () => {
  const admin = (node: string, fields: Fields) => done(`${ADMIN}${node}`, fields);

  test('§4.1, §4.7: a user is added and given another password; both have to be typed alike', async () => {
    const twice = { password: 'one', 'password-verify': 'one' };
    await admin('add-user', { accountjid: 'tybalt@example.test', ...twice });
    assert.equal(await recorded(), 'bard@example.test ad hoc user.add tybalt@example.test done');
    const again = await run(`${ADMIN}add-user`, { accountjid: 'tybalt@example.test', ...twice });
    assert.equal(errorOf(again), 'cancel, conflict');
    const other = await run(`${ADMIN}add-user`, { accountjid: 'x@example.test', ...twice, password: 'two' });
    assert.equal(errorOf(other), 'modify, bad-request');
    const elsewhere = await run(`${ADMIN}add-user`, { accountjid: 'x@elsewhere.test', ...twice });
    assert.equal(errorOf(elsewhere), 'modify, not-acceptable');
    await admin('change-user-password', { accountjid: 'tybalt@example.test', password: server.password });
    await (await server.signIn('tybalt')).close();
  });

  test('§4.2 to §4.4: several are disabled, enabled again and deleted', async () => {
    for (const person of ['tybalt', 'sampson']) {
      if (person !== 'tybalt')
        await admin('add-user', { accountjid: `${person}@example.test`, password: 'x', 'password-verify': 'x' });
    }
    const both = { accountjids: ['tybalt@example.test', 'sampson@example.test'] };
    await admin('disable-user', both);
    assert.deepEqual(told(await begin(`${ADMIN}get-disabled-users-num`)).disabledusersnum, ['2']);
    await admin('reenable-user', both);
    assert.deepEqual(told(await begin(`${ADMIN}get-disabled-users-num`)).disabledusersnum, ['0']);
    await admin('delete-user', both);
    const again = await run(`${ADMIN}delete-user`, both);
    assert.equal(errorOf(again), 'cancel, item-not-found');
  });

  test('§4.5: a session is ended, or all of them', async () => {
    const [one, two] = [await server.signIn('juliet', 'one'), await server.signIn('juliet', 'two')];
    await admin('end-user-session', { accountjids: 'juliet@example.test/one' });
    await one.closed;
    await two.rest();
    await admin('end-user-session', { accountjids: 'juliet@example.test' });
    await two.closed;
  });

  test('§4.8 to §4.10: contact list, last time, figures', async () => {
    const list = await admin('get-user-roster', { accountjids: 'romeo@example.test' });
    const [item] = list.child('x', FORMS)!.child('query', 'jabber:iq:roster')!.elements();
    assert.deepEqual([item!.attributes.jid, item!.attributes.subscription], ['juliet@example.test', 'both']);
    const romeo = await server.signIn('romeo', 'orchard');
    const { lastlogin } = told(await admin('get-user-lastlogin', { accountjids: 'romeo@example.test' }));
    assert.match(lastlogin![0]!, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    const figures = told(await admin('user-stats', { accountjid: 'romeo@example.test' }));
    assert.deepEqual(figures, { rostersize: ['1'], onlineresources: ['orchard'] });
    await romeo.close();
  });

  test('§4.13 to §4.22: how many, and who', async () => {
    await bard.becomeAvailable();
    await iago.becomeAvailable('<show>away</show>');
    const number = async (word: string) =>
      Number(told(await begin(`${ADMIN}get-${word}-users-num`))[`${word}usersnum`]);
    assert.ok((await number('registered')) >= 6);
    assert.equal(await number('online'), 3);
    assert.equal(await number('active'), 1);
    assert.equal(await number('idle'), 2);
    const active = told(await admin('get-active-users', { max_items: '25' }));
    assert.deepEqual(active, { activeuserjids: ['bard@example.test'] });
    const idle = told(await admin('get-idle-users', { max_items: 'none' }));
    assert.deepEqual(idle.idleuserjids, ['iago@example.test', 'nurse@example.test']);
    const registered = told(await admin('get-registered-users-list', { max_items: '25' }));
    assert.ok(registered.registereduserjids!.includes('romeo@example.test'));
  });

  test('§4.23: a word to everybody who is there', async () => {
    await admin('announce', { announcement: ['The play', 'begins.'], subject: 'Hear ye' });
    const body = `<subject>Hear ye</subject><body>The play\nbegins.</body>`;
    for (const client of [bard, iago])
      await client.expect(`<message from='${DOMAIN}' type='headline'>${body}</message>`);
  });

  test('§4.24 to §4.26: the message of the day is told once to who is there and to who comes', async () => {
    const motd = (text: string) => `<message from='${DOMAIN}' type='headline'><body>${text}</body></message>`;
    await admin('set-motd', { motd: ['Lent', 'begins.'] });
    for (const client of [bard, iago]) await client.expect(motd('Lent\nbegins.'));
    const romeo = await server.signIn('romeo', 'orchard');
    await romeo.becomeAvailable();
    await romeo.expect(motd('Lent\nbegins.'));
    romeo.send('<presence><show>away</show></presence>');
    const again = await server.signIn('romeo', 'street');
    await again.becomeAvailable();
    const heard = async (client: TestClient) => (await client.rest()).filter(({ name }) => name === 'message');
    assert.deepEqual([await heard(romeo), await heard(again)], [[], []]);
    const form = (await begin(`${ADMIN}edit-motd`)).child('x', FORMS)!;
    const field = form.elements().find(({ attributes }) => attributes.var === 'motd')!;
    assert.deepEqual(
      field.elements().flatMap((value) => (value.name === 'value' ? [value.text()] : [])),
      ['Lent', 'begins.'],
    );
    await admin('edit-motd', { motd: 'Lent has begun.' });
    const juliet = await server.signIn('juliet', 'balcony');
    await juliet.becomeAvailable();
    await juliet.expect(motd('Lent has begun.'));
    assert.deepEqual([await heard(romeo), await heard(bard)], [[], []]);
    await server.restart();
    bard = await server.signIn('bard', 'globe');
    await bard.becomeAvailable();
    assert.deepEqual(await heard(bard), [], 'also after a restart');
    assert.equal((await begin(`${ADMIN}delete-motd`)).attributes.status, 'completed');
    assert.equal(await bard.refusal('set', command(`${ADMIN}delete-motd`), DOMAIN), 'cancel, item-not-found');
    const paris = await server.signIn('nurse', 'hall');
    await paris.becomeAvailable();
    assert.deepEqual(await heard(paris), []);
  });

  test('§4.27, §4.28: a welcome is for those who are newer than it', async () => {
    await admin('set-welcome', { welcome: 'Well met.' });
    const twice = { password: server.password, 'password-verify': server.password };
    await admin('add-user', { accountjid: 'peter@example.test', ...twice });
    const peter = await server.signIn('peter');
    await peter.becomeAvailable();
    await peter.expect(`<message from='${DOMAIN}' type='headline'><body>Well met.</body></message>`);
    const juliet = await server.signIn('juliet', 'tomb');
    await juliet.becomeAvailable();
    assert.deepEqual(
      (await juliet.rest()).filter(({ name }) => name === 'message'),
      [],
    );
    await begin(`${ADMIN}delete-welcome`);
    await server.running.accounts.remove('peter@example.test');
    const left = await server.running.node.database.read("select * from standing_seen where kind = 'welcome'");
    assert.deepEqual(left, []);
  });

  test('§4.29: the list of administrators is edited, and never becomes empty', async () => {
    const node = `${ADMIN}edit-admin`;
    const form = (await begin(node)).child('x', FORMS)!;
    const before = form.elements().find(({ attributes }) => attributes.var === 'adminjids')!;
    assert.deepEqual(
      before
        .elements()
        .filter(({ name }) => name === 'value')
        .map((value) => value.text()),
      ['admin@example.test', 'bard@example.test'],
    );
    await admin('edit-admin', { adminjids: ['bard@example.test', 'romeo@example.test'] });
    assert.equal((await server.running.accounts.find('romeo@example.test'))?.admin, true);
    assert.equal((await server.running.accounts.find('admin@example.test'))?.admin, false);
    assert.equal(errorOf(await run(node, { adminjids: [] })), 'modify, bad-request');
  });

  test('§4.31: the server is shut down, where it is a program of its own', async () => {
    const answer = await run(`${ADMIN}shutdown`, { announcement: 'Exeunt.' });
    assert.equal(errorOf(answer), 'cancel, service-unavailable');
    await bard.expect(`<message type='headline'><body>Exeunt.</body></message>`);
    assert.equal(await recorded(), 'bard@example.test ad hoc machine.shutdown  failed');
  });
});
