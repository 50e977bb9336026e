import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { type InProcess, startInProcess } from '../../../../test/support/in-process.ts';
import { type Message, SipClient } from '../../../../test/support/sip-client.ts';
import type { TestClient } from '../../../../test/support/test-client.ts';

const RPID = 'urn:ietf:params:xml:ns:pidf:status:rpid';

let server: InProcess;
let trunk: SipClient;
let juliet: TestClient;

beforeEach(async () => {
  server = await startInProcess({
    people: ['romeo', 'juliet'],
    settings: {
      'sip.unified-cm-trunk.peers': ['127.0.0.1'],
      'sip.unified-cm-trunk.lines': ['4711=romeo@example.test'],
    },
  });
  await server.befriend('romeo', 'juliet');
  trunk = await callManager();
  juliet = await server.signIn('juliet');
  await juliet.send('<presence/>');
  await juliet.expect('<presence from="juliet@example.test/balcony">{any}</presence>');
});
afterEach(async () => {
  trunk.close();
  juliet.drop();
  await server.stop();
});

function callManager(): Promise<SipClient> {
  return SipClient.open({
    port: server.running.ports.sip!,
    transport: 'tcp',
    person: '5000',
    password: '',
    domain: '127.0.0.1',
  });
}

function line(state: 'idle' | 'busy', id = 'SEP001122334455-4711'): string {
  const basic = state === 'idle' ? 'open' : 'closed';
  const doing = state === 'busy' ? '<r:activities><r:busy/></r:activities>' : '';
  return `<?xml version="1.0" encoding="UTF-8"?><presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:r="${RPID}" entity="sip:romeo@example.test"><tuple id="${id}"><status><basic>${basic}</basic></status>${doing}</tuple></presence>`;
}

function say(body: string, tag = '', expires = 3600, uri = 'sip:romeo@example.test'): Promise<Message> {
  return trunk.request('PUBLISH', uri, {
    headers: [
      'Event: presence',
      `Expires: ${expires}`,
      'User-Agent: Cisco-CUCM9.0',
      ...(tag === '' ? [] : [`SIP-If-Match: ${tag}`]),
      ...(body === '' ? [] : ['Content-Type: application/pidf+xml']),
    ],
    body,
    authenticate: false,
  });
}

const ON_A_CALL = `<presence from="romeo@example.test/phone" to="juliet@example.test">{any}<status>On a call</status>{any}</presence>`;
const GONE = `<presence from="romeo@example.test/phone" to="juliet@example.test" type="unavailable"/>`;

describe('a line that is published', () => {
  test('busy shows the person on a call, and idle ends that', async () => {
    const first = await say(line('busy'));
    assert.equal(first.status, 200);
    assert.equal(first.get('expires'), '3600');
    await juliet.expect(ON_A_CALL);
    const changed = await say(line('idle'), first.get('sip-etag'));
    assert.equal(changed.status, 200);
    assert.notEqual(changed.get('sip-etag'), first.get('sip-etag'));
    await juliet.expect(GONE);
  });

  test('a refresh has no body, and a removal ends it', async () => {
    const first = await say(line('busy'));
    await juliet.expect(ON_A_CALL);
    const refreshed = await say('', first.get('sip-etag'));
    assert.equal(refreshed.status, 200);
    assert.equal((await say('', first.get('sip-etag'))).status, 412);
    assert.equal((await say('', refreshed.get('sip-etag'), 0)).status, 200);
    await juliet.expect(GONE);
  });

  test('two lines: busy as long as one of them is', async () => {
    await say(line('busy'));
    await juliet.expect(ON_A_CALL);
    const other = await say(line('busy', 'SEP001122334455-4712'));
    await say(line('idle', 'SEP001122334455-4712'), other.get('sip-etag'));
    await juliet.expectNothingMore();
  });

  test('its tag outlives a restart of the server', async () => {
    const { domain } = server;
    const first = await say(line('busy'));
    await juliet.expect(ON_A_CALL);
    trunk.close();
    juliet.drop();
    await server.restart();
    trunk = await callManager();
    assert.equal((await say('', first.get('sip-etag'), 3600, `sip:romeo@${domain}`)).status, 200);
  });

  test('is of whoever has the directory number, where no user is named', async () => {
    assert.equal((await say(line('busy'), '', 3600, 'sip:4711@example.test')).status, 200);
    await juliet.expect(ON_A_CALL);
  });

  test('RFC 3903 §6: is not for a client of its user to change, by its tag or by none', async () => {
    const first = await say(line('busy'));
    server.configure({ 'sip.unified-cm-trunk.peers': ['192.0.2.1'] });
    const { password } = server;
    const romeo = await SipClient.open({
      port: server.running.ports.sip!,
      transport: 'tcp',
      person: 'romeo',
      password,
    });
    const own = await romeo.publish(line('idle'));
    assert.equal(own.status, 200);
    assert.equal((await romeo.publish(line('idle'), { tag: first.get('sip-etag') })).status, 412);
    assert.equal((await romeo.publish('', { tag: first.get('sip-etag'), expires: 0 })).status, 412);
    const headers = ['Event: presence', 'SIP-If-Match:', 'Expires: 0'];
    assert.equal((await romeo.request('PUBLISH', 'sip:romeo@example.test', { headers })).status, 412);
    romeo.close();
    await juliet.expect(ON_A_CALL);
    server.configure({ 'sip.unified-cm-trunk.peers': ['127.0.0.1'] });
    assert.equal((await say('', own.get('sip-etag'))).status, 412);
    assert.equal((await say('', first.get('sip-etag'))).status, 200);
  });

  test('names the user at the node as well, and in any case', async () => {
    const uri = `sip:ROMEO@127.0.0.1:${server.running.ports.sip}`;
    assert.equal((await say(line('busy'), '', 3600, uri)).status, 200);
    await juliet.expect(ON_A_CALL);
  });

  test('RFC 3903 §6: of nobody who is here is 404, for too short 423, of another package 489, of another type 415', async () => {
    assert.equal((await say(line('busy'), '', 3600, 'sip:nurse@example.test')).status, 404);
    const brief = await say(line('busy'), '', 5);
    assert.deepEqual([brief.status, brief.get('min-expires')], [423, '60']);
    const dialog = await trunk.request('PUBLISH', 'sip:romeo@example.test', {
      headers: ['Event: dialog', 'Content-Type: application/dialog-info+xml'],
      body: '<dialog-info/>',
      authenticate: false,
    });
    assert.deepEqual([dialog.status, dialog.get('allow-events')], [489, 'presence']);
    const odd = await trunk.request('PUBLISH', 'sip:romeo@example.test', {
      headers: ['Event: presence', 'Content-Type: text/plain'],
      body: 'busy',
      authenticate: false,
    });
    assert.equal(odd.status, 415);
    assert.match(odd.get('accept'), /^application\/pidf\+xml, application\/cpim-pidf\+xml/);
  });
});

test('a call manager that is not on the list is refused', async () => {
  server.configure({ 'sip.unified-cm-trunk.peers': ['192.0.2.1'] });
  const refused = await say(line('busy'));
  assert.deepEqual([refused.status, refused.reason], [403, 'Not A Known Call Manager']);
});

test('an OPTIONS ping is answered', async () => {
  const { status } = await trunk.request('OPTIONS', `sip:127.0.0.1:${server.running.ports.sip}`, {
    authenticate: false,
  });
  assert.equal(status, 200);
});

test('a phone may watch: on a call, not to be disturbed, not there', async () => {
  const uri = 'sip:romeo@example.test';
  await trunk.subscribe(uri, { headers: ['Accept: application/pidf+xml'] });
  assert.match((await trunk.expect('NOTIFY')).body, /<basic>closed<\/basic>/);
  const romeo = await server.signIn('romeo');
  await romeo.send('<presence><show>dnd</show></presence>');
  assert.match(
    (await trunk.expect('NOTIFY')).body,
    /<\w+:dnd\s*\/>.*<basic>open<\/basic>|<basic>open<\/basic>.*<\w+:dnd\s*\/>/s,
  );
  await romeo.send('<presence/>');
  await trunk.expect('NOTIFY');
  await say(line('busy'));
  assert.match((await trunk.expect('NOTIFY')).body, /on-the-phone/);
  romeo.drop();
});
