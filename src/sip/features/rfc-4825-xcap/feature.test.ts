import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { isBlocked } from '#contacts/block-list.ts';
import { contactsOf } from '#contacts/contact-list.ts';
import { presenceOf } from '#presence/watching.ts';
import { type InProcess, startInProcess } from '../../../../test/support/in-process.ts';
import { node, XcapClient } from '../../../../test/support/xcap-client.ts';
import { listOfService, serviceOf } from './rls-services.ts';

const LISTS = 'application/resource-lists+xml';
const RULES = 'application/auth-policy+xml';
const NS = 'urn:ietf:params:xml:ns:resource-lists';
const PEOPLE = ['romeo', 'juliet', 'tybalt'];
const FRIENDS = `<?xml version="1.0" encoding="UTF-8"?>
<!-- kept as it is -->
<resource-lists xmlns="${NS}" xmlns:x="test:x">
  <list name="friends" x:color="red">
    <display-name>My friends</display-name>
    <entry uri="sip:juliet@example.test"><display-name>Juliet</display-name></entry>
  </list>
  <list name="empty"/>
</resource-lists>
`;

let server: InProcess;
let romeo: XcapClient;

async function romeosContacts() {
  const home = (await server.running.node.homes.load('romeo@example.test'))!;
  return Array.from(contactsOf(home).all(), ({ address, name, groups, subscription }) => ({
    address,
    name,
    groups,
    subscription,
  }));
}

const fault = (body: string) => /<xcap-error[^>]*><([a-z0-9-]+)/.exec(body)?.[1];

describe('XCAP', () => {
  before(async () => {
    server = await startInProcess({ people: PEOPLE });
  });
  beforeEach(() => {
    romeo = new XcapClient(server, 'romeo');
  });
  afterEach(async () => {
    for (const person of PEOPLE) {
      await new XcapClient(server, person).delete('index');
      await new XcapClient(server, person, 'pres-rules').delete('index');
    }
  });
  after(() => server.stop());

  test('RFC 4825 §8.1: a document that is put is the contact list, and comes back as it was written', async () => {
    assert.equal((await romeo.get('index')).status, 404);
    const put = await romeo.put('index', FRIENDS, LISTS);
    assert.deepEqual([put.status, put.body], [201, '']);
    assert.deepEqual(await romeosContacts(), [
      { address: 'juliet@example.test', name: 'Juliet', groups: ['friends'], subscription: 'none' },
    ]);
    const got = await romeo.get('index');
    assert.deepEqual([got.status, got.headers['content-type'], got.body], [200, LISTS, FRIENDS]);
    assert.equal(got.headers.etag, put.headers.etag);
    assert.equal((await romeo.put('index', FRIENDS, LISTS)).status, 200);
    assert.equal((await romeo.delete('index')).status, 200);
    assert.deepEqual(await romeosContacts(), []);
    assert.equal((await romeo.get('index')).status, 404);
    assert.equal((await romeo.delete('index')).status, 404);
  });

  test('a contact that is put over XCAP is pushed to XMPP devices, and one that is set over XMPP is in the document', async () => {
    const phone = await server.signIn('romeo', 'phone');
    await phone.iq('get', "<query xmlns='jabber:iq:roster'/>");
    await romeo.put('index', FRIENDS, LISTS);
    await phone.expect(
      "<iq type='set'><query xmlns='jabber:iq:roster'><item jid='juliet@example.test' name='Juliet'><group>friends</group></item></query></iq>",
    );
    const before = (await romeo.get('index')).headers.etag;
    await phone.iq(
      'set',
      "<query xmlns='jabber:iq:roster'><item jid='tybalt@example.test' name='Tyb'><group>empty</group></item></query>",
    );
    const tybalt = await romeo.get(node('resource-lists/list[@name="empty"]/entry[@uri="sip:tybalt@example.test"]'));
    assert.equal(
      tybalt.body,
      `<entry xmlns='${NS}' uri='sip:tybalt@example.test'><display-name>Tyb</display-name></entry>`,
    );
    assert.notEqual(tybalt.headers.etag, before);
    // What XMPP knows nothing of is still there.
    assert.equal((await romeo.get(node('resource-lists/list[1]/@x:color', 'xmlns(x=test:x)'))).body, 'red');
    await romeo.delete(node('resource-lists/list[@name="friends"]/entry[1]'));
    await phone.expect(
      "<iq type='set'><query xmlns='jabber:iq:roster'><item jid='juliet@example.test' subscription='remove'/></query></iq>",
    );
    await phone.close();
  });

  test('RFC 4825 §8.2, §8.4: elements and attributes are put, replaced and deleted', async () => {
    await romeo.put('index', FRIENDS, LISTS);
    const friends = 'resource-lists/list[@name="friends"]';
    const tybalt = `${friends}/entry[@uri="sip:tybalt@example.test"]`;
    const created = await romeo.put(node(tybalt), '<entry uri="sip:tybalt@example.test"/>');
    assert.deepEqual([created.status, created.body], [201, '']);
    const named = '<entry uri="sip:tybalt@example.test"><display-name>T</display-name></entry>';
    assert.equal((await romeo.put(node(tybalt), named)).status, 200);
    assert.equal((await romeo.put(node(`${tybalt}/display-name`), '<display-name>Tyb</display-name>')).status, 200);
    const name = await romeo.put(node(`${friends}/@name`), 'enemies', 'application/xcap-att+xml');
    assert.equal(fault(name.body), 'cannot-insert');
    const renamed = await romeo.put(node('resource-lists/list[1]/@name'), 'enemies', 'application/xcap-att+xml');
    assert.equal(renamed.status, 200);
    assert.equal((await romeo.get('index')).headers.etag, renamed.headers.etag);
    assert.deepEqual(await romeosContacts(), [
      { address: 'juliet@example.test', name: 'Juliet', groups: ['enemies'], subscription: 'none' },
      { address: 'tybalt@example.test', name: 'Tyb', groups: ['enemies'], subscription: 'none' },
    ]);
    const enemies = 'resource-lists/list[@name="enemies"]';
    const attribute = await romeo.get(node(`${enemies}/entry[2]/@uri`));
    assert.deepEqual(
      [attribute.headers['content-type'], attribute.body],
      ['application/xcap-att+xml', 'sip:tybalt@example.test'],
    );
    const removed = await romeo.delete(node(`${enemies}/entry[@uri="sip:tybalt@example.test"]`));
    assert.equal(removed.status, 200);
    assert.equal((await romeo.get(node(`${enemies}/entry[2]`))).status, 404);
    assert.equal((await romeo.delete(node(`${enemies}/entry[2]`))).status, 404);
    const namespaces = await romeo.get(node(`${enemies}/namespace::*`));
    assert.equal(namespaces.headers['content-type'], 'application/xcap-ns+xml');
    assert.match(namespaces.body, /^<list .*xmlns="urn:ietf:params:xml:ns:resource-lists".*\/>$/);
  });

  test('RFC 4825 §8.5, §7.11: entity-tags guard against what others have changed', async () => {
    const tag = (await romeo.put('index', FRIENDS, LISTS, { 'If-None-Match': '*' })).headers.etag!;
    assert.equal((await romeo.put('index', FRIENDS, LISTS, { 'If-None-Match': '*' })).status, 412);
    assert.equal((await romeo.get('index', { 'If-None-Match': tag })).status, 304);
    assert.equal((await romeo.get('index', { 'If-Match': '"other"' })).status, 412);
    const entry = node('resource-lists/list[@name="empty"]/entry[@uri="sip:tybalt@example.test"]');
    const put = (headers: Record<string, string>) =>
      romeo.put(entry, '<entry uri="sip:tybalt@example.test"/>', undefined, headers);
    assert.equal((await put({ 'If-Match': '"other"' })).status, 412);
    const changed = await put({ 'If-Match': `"other", ${tag}` });
    assert.equal(changed.status, 201);
    assert.notEqual(changed.headers.etag, tag);
    assert.equal((await romeo.delete('index', { 'If-Match': tag })).status, 412);
    assert.equal((await romeo.delete(entry, { 'If-Match': changed.headers.etag! })).status, 200);
    // '*' is about the node, not about the document around it.
    assert.equal((await put({ 'If-Match': '*' })).status, 412);
    assert.equal((await put({ 'If-None-Match': '*' })).status, 201);
    assert.equal((await put({ 'If-None-Match': '*' })).status, 412);
    assert.equal((await romeo.get(entry, { 'If-None-Match': '*' })).status, 304);
  });

  test('RFC 4825 §8.2.5: of two who go by one entity-tag at once, one has to look again', async () => {
    const tag = (await romeo.put('index', FRIENDS, LISTS)).headers.etag!;
    const entry = (person: string) =>
      romeo.put(
        node(`resource-lists/list[@name="empty"]/entry[@uri="sip:${person}@example.test"]`),
        `<entry uri="sip:${person}@example.test"/>`,
        undefined,
        { 'If-Match': tag },
      );
    const answers = await Promise.all([entry('tybalt'), entry('nurse'), entry('paris')]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 412, 412]);
    assert.equal((await romeosContacts()).length, 2);
  });

  test('RFC 4825 §11.2: what cannot be says why, and nothing has changed', async () => {
    await romeo.put('index', FRIENDS, LISTS);
    const tag = (await romeo.get('index')).headers.etag;
    const doc = (inside: string) => `<resource-lists xmlns="${NS}">${inside}</resource-lists>`;
    const list = node('resource-lists/list[@name="a"]');
    const cases: [fault: string, path: string, body: string | Buffer, type: string][] = [
      ['not-well-formed', 'index', '<resource-lists>', LISTS],
      ['not-well-formed', 'index', '<!DOCTYPE a [<!ENTITY b "c">]><resource-lists>&b;</resource-lists>', LISTS],
      ['not-utf-8', 'index', Buffer.from([0x3c, 0xff, 0x3e]), LISTS],
      ['schema-validation-error', 'index', '<list/>', LISTS],
      ['schema-validation-error', 'index', doc('<list><entry/></list>'), LISTS],
      ['uniqueness-failure', 'index', doc('<list name="a"/><list name="a"/>'), LISTS],
      ['constraint-failure', 'index', doc('<list><entry uri="tel:+1212"/></list>'), LISTS],
      ['constraint-failure', 'index', doc(`<list name="${'x'.repeat(300)}"><entry uri="sip:a@b.test"/></list>`), LISTS],
      ['constraint-failure', 'other', doc(''), LISTS],
      ['no-parent', 'folder/index', doc(''), LISTS],
      ['not-xml-frag', list, '<list name="a">', 'application/xcap-el+xml'],
      ['not-xml-frag', list, '<list name="a"/><list/>', 'application/xcap-el+xml'],
      ['cannot-insert', list, '<list name="b"/>', 'application/xcap-el+xml'],
      ['not-xml-att-value', node('resource-lists/list[2]/@name'), '<', 'application/xcap-att+xml'],
    ];
    for (const [wanted, path, body, type] of cases) {
      const answer = await romeo.ask('PUT', path, { body, type });
      assert.deepEqual([answer.status, fault(answer.body)], [409, wanted], String(body));
      assert.equal(answer.headers['content-type'], 'application/xcap-error+xml');
      assert.match(answer.body, /phrase="[^"]+"/);
    }
    const cannotDelete = await romeo.delete(node('resource-lists/list[1]'));
    assert.deepEqual([cannotDelete.status, fault(cannotDelete.body)], [409, 'cannot-delete']);
    const noParent = await romeo.put(
      node('resource-lists/list[@name="a"]/entry[@uri="sip:b@c.test"]'),
      '<entry uri="sip:b@c.test"/>',
    );
    assert.match(noParent.body, /<no-parent [^>]*><ancestor>https:\/\/[^<]*\/index\/~~\/resource-lists<\/ancestor>/);
    assert.equal((await romeo.get('index')).headers.etag, tag);
    const juliet = new XcapClient(server, 'juliet');
    const noDocument = await juliet.put(node('resource-lists/list[@name="a"]'), '<list name="a"/>');
    assert.match(
      noDocument.body,
      /<ancestor>https:\/\/[^<]*\/xcap-root\/resource-lists\/users\/sip:juliet@example\.test<\/ancestor>/,
    );
  });

  test('RFC 4825 §8: other statuses: 400, 404, 405 with Allow, 413, 415', async () => {
    await romeo.put('index', FRIENDS, LISTS);
    const status = async (method: string, path: string, type?: string) =>
      (await romeo.ask(method, path, { ...(type && { type, body: 'x' }) })).status;
    assert.equal(await status('GET', node('resource-lists/list[')), 400);
    assert.equal(await status('GET', node('resource-lists/a:list')), 400);
    assert.equal(await status('GET', 'index/~~/%ff'), 404);
    assert.equal(await status('GET', 'other'), 404);
    assert.equal(await status('GET', node('resource-lists/list')), 404);
    assert.equal(await status('GET', node('resource-lists/list[1]/@none')), 404);
    assert.equal(await status('GET', '/xcap-root/unknown/users/sip:romeo@example.test/index'), 404);
    assert.equal(await status('GET', '/xcap-root/resource-lists/global/index'), 404);
    assert.equal(await status('GET', '/xcap-root'), 404);
    assert.equal(await status('PUT', 'index', 'text/xml'), 415);
    assert.equal(await status('PUT', node('resource-lists/list[1]'), LISTS), 415);
    const post = await romeo.ask('POST', 'index');
    assert.deepEqual([post.status, post.headers.allow], [405, 'GET, HEAD, PUT, DELETE']);
    const namespaces = await romeo.put(node('resource-lists/namespace::*'), '<a/>', 'application/xcap-ns+xml');
    assert.deepEqual([namespaces.status, namespaces.headers.allow], [405, 'GET, HEAD']);
    assert.equal((await romeo.put('index', 'x'.repeat(1_100_000), LISTS)).status, 413);
    const packed = await romeo.put('index', FRIENDS, LISTS, { 'Content-Encoding': 'gzip' });
    assert.equal(packed.status, 415);
    const head = await romeo.ask('HEAD', 'index');
    assert.deepEqual([head.status, head.body, Number(head.headers['content-length'])], [200, '', FRIENDS.length]);
  });

  test('RFC 4825 §5.7: everybody has their own tree, under any of their names', async () => {
    await romeo.put('index', FRIENDS, LISTS);
    const users = '/xcap-root/resource-lists/users';
    for (const xui of [
      'sip:romeo@example.test',
      'sip%3Aromeo%40example.test',
      'romeo@example.test',
      'romeo',
      'SIP:ROMEO@example.test',
    ]) {
      assert.equal((await romeo.get(`${users}/${xui}/index`)).status, 200, xui);
    }
    for (const xui of ['sip:juliet@example.test', 'nobody', 'sip:romeo@other.test', 'tel:+1212', '@']) {
      assert.equal((await romeo.get(`${users}/${xui}/index`)).status, 403, xui);
    }
  });

  test('RFC 4825 §12: what the server can do stands in the global tree, which nobody writes to', async () => {
    const caps = await romeo.get('/xcap-root/xcap-caps/global/index');
    assert.deepEqual([caps.status, caps.headers['content-type']], [200, 'application/xcap-caps+xml']);
    for (const auid of ['xcap-caps', 'resource-lists', 'pres-rules'])
      assert.ok(caps.body.includes(`<auid>${auid}</auid>`));
    const put = await romeo.put('/xcap-root/xcap-caps/global/index', '<a/>', 'application/xcap-caps+xml');
    assert.deepEqual([put.status, put.headers.allow], [405, 'GET, HEAD']);
    const first = await romeo.get('/xcap-root/xcap-caps/global/index/~~/xcap-caps/auids/auid%5b1%5d');
    assert.match(first.body, />xcap-caps<\/auid>$/);
  });

  test('RFC 4825 §13: nobody is let in without the password, and who guesses waits', async () => {
    const path = '/xcap-root/resource-lists/users/sip:tybalt@example.test/index';
    const asked = await romeo.ask('GET', path, { headers: { Authorization: '' } });
    assert.equal(asked.status, 401);
    assert.match(
      asked.headers['www-authenticate']!,
      /Digest realm="example\.test", .*algorithm=SHA-256, .*algorithm=MD5, Basic realm="example\.test"/,
    );
    const wrong = `Basic ${Buffer.from('tybalt:guess').toString('base64')}`;
    const statuses = new Set<number>();
    for (let i = 0; i < 8; i++)
      statuses.add((await romeo.ask('GET', path, { headers: { Authorization: wrong } })).status);
    assert.deepEqual([...statuses], [401, 429]);
    const unknown = `Basic ${Buffer.from('nobody:guess').toString('base64')}`;
    assert.equal((await romeo.ask('GET', path, { headers: { Authorization: unknown } })).status, 401);
  });

  test('a password that was changed is not taken any more, however often it was right before', async () => {
    const juliet = new XcapClient(server, 'juliet');
    assert.equal((await juliet.get('index')).status, 404);
    assert.equal((await juliet.get('index')).status, 404);
    const { accounts } = server.running;
    await accounts.setPassword('juliet@example.test', 'another passphrase');
    assert.equal((await juliet.get('index')).status, 401);
    await accounts.setPassword('juliet@example.test', server.password);
    assert.equal((await juliet.get('index')).status, 404);
    await accounts.setEnabled('juliet@example.test', false);
    assert.equal((await juliet.get('index')).status, 403);
    await accounts.setEnabled('juliet@example.test', true);
    assert.equal((await juliet.get('index')).status, 404);
  });

  test('RFC 7616: a digest over the stored key is as good as the password, once for each count', async () => {
    await romeo.put('index', FRIENDS, LISTS);
    const path = '/xcap-root/resource-lists/users/romeo/index';
    const none = await romeo.ask('GET', path, { headers: { Authorization: '' } });
    const nonce = /nonce="([^"]+)"/.exec(none.headers['www-authenticate']!)![1]!;
    const digest = (algorithm: string, nc: string, method = 'GET', uri = path, password = server.password) => {
      const h = (text: string) =>
        createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
          .update(text)
          .digest('hex');
      const ha1 = h(`romeo:example.test:${password}`);
      const response = h(`${ha1}:${nonce}:${nc}:c:auth:${h(`${method}:${uri}`)}`);
      return `Digest username="romeo", realm="example.test", nonce="${nonce}", uri="${uri}", qop=auth, nc=${nc}, cnonce="c", algorithm=${algorithm}, response="${response}"`;
    };
    const get = async (authorization: string) => {
      const { status, headers } = await romeo.ask('GET', path, { headers: { Authorization: authorization } });
      return [status, /stale=true/.test(headers['www-authenticate'] ?? '')];
    };
    assert.deepEqual(await get(digest('SHA-256', '00000001')), [200, false]);
    assert.deepEqual(await get(digest('MD5', '00000002')), [200, false]);
    assert.deepEqual(await get(digest('MD5', '00000002')), [401, true]);
    assert.deepEqual(await get(digest('MD5', '00000003', 'PUT')), [401, false]);
    assert.deepEqual(await get(digest('MD5', '00000003', 'GET', path, 'guess')), [401, false]);
    assert.deepEqual(await get(digest('MD5', '00000003', 'GET', '/other')), [400, false]);
    assert.deepEqual(await get('Digest username="romeo"'), [400, false]);
  });

  test('curl does all of it, with a digest', { skip: spawnSync('curl', ['--version']).status !== 0 }, async () => {
    const uri = (path: string) =>
      `https://127.0.0.1:${server.running.ports.https}/xcap-root/resource-lists/users/sip:romeo@example.test/${path}`;
    const curl = async (...args: string[]) => {
      const options = [
        '--silent',
        '--insecure',
        '--digest',
        '--user',
        `romeo:${server.password}`,
        '--write-out',
        ' %{http_code}',
      ];
      const { stdout } = await promisify(execFile)('curl', [...options, ...args]);
      return stdout;
    };
    const put = (type: string, body: string) => ['-X', 'PUT', '-H', `Content-Type: ${type}`, '--data-binary', body];
    assert.equal(await curl(...put(LISTS, FRIENDS), uri('index')), ' 201');
    assert.equal(await curl(uri('index')), `${FRIENDS} 200`);
    const name = uri(node('resource-lists/list[1]/entry[1]/display-name'));
    assert.equal(await curl(...put('application/xcap-el+xml', '<display-name>Capulet</display-name>'), name), ' 200');
    assert.equal((await romeosContacts())[0]!.name, 'Capulet');
    assert.equal(await curl('-X', 'DELETE', uri('index')), ' 200');
  });

  test('RFC 5025: rules are permissions and the block list, whatever protocol sets them', async () => {
    const rules = new XcapClient(server, 'romeo', 'pres-rules');
    assert.equal((await rules.get('index')).status, 404);
    const juliet = await server.signIn('juliet');
    await juliet.iq('get', "<query xmlns='jabber:iq:roster'/>");
    await juliet.becomeAvailable();
    juliet.send("<presence type='subscribe' to='romeo@example.test'/>");
    await juliet.expect("<iq type='set'><query xmlns='jabber:iq:roster'><item ask='subscribe'/></query></iq>");
    const rule = (handling: string, person: string) =>
      `<rule id="${handling}"><conditions><identity><one id="sip:${person}@example.test"/></identity></conditions>
       <actions><pr:sub-handling>${handling}</pr:sub-handling></actions>${
         handling === 'allow'
           ? '<transformations><pr:provide-services><pr:all-services/></pr:provide-services><pr:provide-persons><pr:all-persons/></pr:provide-persons><pr:provide-devices><pr:all-devices/></pr:provide-devices><pr:provide-all-attributes/></transformations>'
           : ''
       }</rule>`;
    const ruleset = (...inside: string[]) =>
      `<ruleset xmlns="urn:ietf:params:xml:ns:common-policy" xmlns:pr="urn:ietf:params:xml:ns:pres-rules">${inside.join('')}</ruleset>`;
    const put = await rules.put('index', ruleset(rule('allow', 'juliet'), rule('block', 'tybalt')), RULES);
    assert.equal(put.status, 201, put.body);
    await juliet.expect("<presence type='subscribed' from='romeo@example.test'/>");
    const home = (await server.running.node.homes.load('romeo@example.test'))!;
    assert.equal(isBlocked(home, 'tybalt@example.test'), true);
    assert.deepEqual(await romeosContacts(), [
      { address: 'juliet@example.test', name: '', groups: [], subscription: 'from' },
    ]);
    // Over XMPP, Romeo thinks better of both.
    const phone = await server.signIn('romeo');
    await phone.iq('set', "<unblock xmlns='urn:xmpp:blocking'><item jid='tybalt@example.test'/></unblock>");
    await phone.iq('set', "<block xmlns='urn:xmpp:blocking'><item jid='evil.test'/></block>");
    const now = (await rules.get('index')).body;
    assert.ok(!now.includes('tybalt') && now.includes('juliet') && now.includes('<many domain="evil.test"/>'), now);
    const gone = await rules.put('index', ruleset(), RULES);
    assert.equal(gone.status, 200);
    await juliet.expect("<presence type='unsubscribed' from='romeo@example.test'/>");
    assert.equal(isBlocked(home, 'a@evil.test'), false);
    await juliet.close();
    await phone.close();
  });

  test('the same rules are where OMA looks for them', async () => {
    const oma = new XcapClient(server, 'romeo', 'org.openmobilealliance.pres-rules');
    const text = '<ruleset xmlns="urn:ietf:params:xml:ns:common-policy"/>';
    assert.equal((await oma.put('pres-rules', text, RULES)).status, 201);
    assert.equal((await new XcapClient(server, 'romeo', 'pres-rules').get('index')).body, text);
  });

  test('RFC 4827: what is put there is shown while nobody says anything else', async () => {
    const hard = new XcapClient(server, 'romeo', 'pidf-manipulation');
    const pidf = (entity: string) =>
      `<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="${entity}">
         <tuple id="a"><status><basic>open</basic></status><note>Back on Monday – Montag</note></tuple></presence>`;
    const type = 'application/pidf+xml';
    assert.equal((await hard.get('index')).status, 404);
    assert.equal(fault((await hard.put('index', pidf('sip:juliet@example.test'), type)).body), 'constraint-failure');
    assert.equal(fault((await hard.put('index', '<presence/>', type)).body), 'schema-validation-error');
    assert.equal((await hard.put('index', pidf('pres:romeo@example.test'), type)).status, 201);
    assert.equal((await hard.get('index')).body, pidf('pres:romeo@example.test'));
    const home = (await server.running.node.homes.load('romeo@example.test'))!;
    const { availability, notes } = presenceOf(home);
    assert.deepEqual([availability, Object.values(notes)], ['available', ['Back on Monday – Montag']]);
    const later = await hard.put(node('presence/tuple[@id="a"]/note'), '<note>Later</note>');
    assert.equal(later.status, 200);
    assert.match((await hard.get('index')).body, /Later/);
    assert.equal((await hard.delete('index')).status, 200);
    assert.equal(presenceOf(home).availability, 'unavailable');
  });

  test('RFC 4826 §4: lists of a URI of their own, which may be parts of the contact list', async () => {
    const rls = new XcapClient(server, 'romeo', 'rls-services');
    const type = 'application/rls-services+xml';
    const doc = (...services: string[]) =>
      `<rls-services xmlns="urn:ietf:params:xml:ns:rls-services" xmlns:rl="${NS}">${services.join('')}</rls-services>`;
    const friends = `https://example.test/xcap-root/resource-lists/users/sip:romeo@example.test/index/~~/resource-lists/list%5b@name=%22friends%22%5d`;
    const own = (name: string, content = '<list><rl:entry uri="sip:joe@example.com"/></list>') =>
      `<service uri="sip:romeo-${name}@example.test">${content}<packages><package>presence</package></packages></service>`;
    const text = doc(own('work'), own('friends', `<resource-list>${friends}</resource-list>`));
    assert.equal((await rls.put('index', text, type)).status, 201);
    assert.equal((await rls.get('index')).body, text);
    await romeo.put('index', FRIENDS, LISTS);
    const home = (await server.running.node.homes.load('romeo@example.test'))!;
    const uris = async (name: string) => {
      const service = await serviceOf(home, `sip:romeo-${name}@example.test`);
      const list = service && (await listOfService(home, service));
      return list?.members.map((member) => (member.kind === 'entry' ? member.uri : member.kind));
    };
    assert.deepEqual(await uris('work'), ['sip:joe@example.com']);
    assert.deepEqual(await uris('friends'), ['sip:juliet@example.test']);
    assert.equal(await uris('none'), undefined);
    const faults: [string, string][] = [
      ['uniqueness-failure', doc(own('a'), own('a'))],
      ['constraint-failure', doc(own('list'))],
      ['constraint-failure', doc('<service uri="sip:juliet@example.test"><list/></service>')],
      ['schema-validation-error', doc('<service uri="sip:romeo-a@example.test"/>')],
      ['schema-validation-error', doc(own('a', '<list/><list/>'))],
      ['schema-validation-error', doc(own('a', '<list><rl:entry/></list>'))],
      ['constraint-failure', doc(own('a', '<resource-list>here</resource-list>'))],
    ];
    for (const [wanted, document] of faults) {
      assert.equal(fault((await rls.put('index', document, type)).body), wanted, document);
    }
    await rls.delete('index');
    assert.equal((await rls.get('index')).status, 404);
  });

  test('OMA XDM: a client finds out which documents there are', async () => {
    const tag = (await romeo.put('index', FRIENDS, LISTS)).headers.etag!;
    const directory = new XcapClient(server, 'romeo', 'org.openmobilealliance.xcap-directory');
    const { status, body } = await directory.get('directory.xml');
    assert.equal(status, 200);
    const uri = `https://127.0.0.1:${server.running.ports.https}/xcap-root/resource-lists/users/sip:romeo@example.test/index`;
    assert.ok(
      body.includes(
        `<folder auid="resource-lists"><entry uri="${uri}" etag="${tag.replaceAll('"', '&quot;')}"/></folder>`,
      ),
      body,
    );
    assert.ok(body.includes('<folder auid="pidf-manipulation"/>'));
    assert.equal((await directory.delete('directory.xml')).status, 405);
    assert.equal((await directory.get('index')).status, 404);
  });

  test('switched off, it leaves the port; switched on, it is there again', async () => {
    server.configure({ 'sip.rfc-4825.enabled': false });
    const off = await romeo.get('index');
    assert.deepEqual([off.status, off.headers['www-authenticate']], [404, undefined]);
    server.configure({ 'sip.rfc-4825.enabled': true, 'sip.rfc-4825.maxDocumentBytes': 1024 });
    assert.equal((await romeo.put('index', FRIENDS, LISTS)).status, 201);
    const large = FRIENDS.replace('kept as it is', 'x'.repeat(1000));
    assert.equal(fault((await romeo.put('index', large, LISTS)).body), 'constraint-failure');
  });

  test('documents are the same after a restart, and gone with their account', async () => {
    await romeo.put('index', FRIENDS, LISTS);
    const { etag } = (await romeo.get('index')).headers;
    await server.restart();
    const again = await romeo.get('index');
    assert.deepEqual([again.body, again.headers.etag], [FRIENDS, etag]);
  });
});
