import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { isBlocked } from '#contacts/block-list.ts';
import { FakeClock } from '../../../../test/support/fake-clock.ts';
import { type InProcess, startInProcess } from '../../../../test/support/in-process.ts';
import { type Message, SipClient } from '../../../../test/support/sip-client.ts';
import type { TestClient } from '../../../../test/support/test-client.ts';
import { XcapClient } from '../../../../test/support/xcap-client.ts';

const START = Date.UTC(2026, 0, 15, 8);
let server: InProcess;
let clock: FakeClock;
let rules: XcapClient;
let nurse: SipClient;
let juliet: TestClient;
let romeo: TestClient;

beforeEach(async () => {
  clock = new FakeClock(START);
  server = await startInProcess({ people: ['romeo', 'juliet', 'nurse'], clock });
  rules = new XcapClient(server, 'romeo', 'pres-rules');
  nurse = await phoneOf('nurse');
  juliet = await server.signIn('juliet', 'balcony');
  await juliet.iq('get', "<query xmlns='jabber:iq:roster'/>");
  await juliet.becomeAvailable();
  romeo = await server.signIn('romeo', 'orchard');
  await romeo.becomeAvailable('<show>away</show><status>In the orchard</status>');
});
afterEach(async () => {
  nurse.close();
  juliet.drop();
  romeo.drop();
  await server.stop();
});

function phoneOf(person: string): Promise<SipClient> {
  const { password, domain, running } = server;
  return SipClient.open({ port: running.ports.sip!, transport: 'tcp', person, password, domain });
}

const ALL =
  '<pr:provide-services><pr:all-services/></pr:provide-services><pr:provide-persons><pr:all-persons/></pr:provide-persons>' +
  '<pr:provide-devices><pr:all-devices/></pr:provide-devices>';
const WHOLE = `${ALL}<pr:provide-all-attributes/>`;
const one = (person: string) => `<one id="sip:${person}@example.test"/>`;
const about = (...whom: string[]) => `<identity>${whom.join('')}</identity>`;

function rule(handling: string, conditions: string, shown = ''): string {
  const transformations = shown === '' ? '' : `<transformations>${shown}</transformations>`;
  return `<rule id="${handling}-${conditions.length}-${shown.length}"><conditions>${conditions}</conditions><actions><pr:sub-handling>${handling}</pr:sub-handling></actions>${transformations}</rule>`;
}

/** Puts rules, which are served as they were put. */
async function put(...inside: string[]): Promise<void> {
  const text = `<ruleset xmlns="urn:ietf:params:xml:ns:common-policy" xmlns:pr="urn:ietf:params:xml:ns:pres-rules">${inside.join('')}</ruleset>`;
  const { status, body } = await rules.put('index', text, 'application/auth-policy+xml');
  assert.ok(status === 200 || status === 201, body);
  assert.equal((await rules.get('index')).body, text);
}

function notify(state: RegExp, body = /^/): Promise<Message> {
  return nurse.expect('NOTIFY', (message) => state.test(message.get('subscription-state')) && body.test(message.body));
}

async function julietAsks(): Promise<void> {
  juliet.send("<presence type='subscribe' to='romeo@example.test'/>");
  await juliet.expect("<presence type='subscribed' from='romeo@example.test'/>");
}

/** What Juliet is shown next. */
async function seen(): Promise<string> {
  const presence = await juliet.expect(
    (element) => element.name === 'presence' && element.attribute('from') === 'romeo@example.test/orchard',
  );
  return `${presence.attribute('type') ?? 'available'} ${presence.childText('show') ?? ''} ${presence.childText('status') ?? ''}`.trim();
}

const AWAY = 'available away In the orchard';

test('RFC 5025 §3.3: who is allowed a part sees that part, over both protocols, and all of it as soon as that is allowed', async () => {
  await put(rule('allow', about(one('juliet'), one('nurse')), WHOLE));
  await julietAsks();
  assert.equal(await seen(), AWAY);
  await nurse.subscribe('sip:romeo@example.test');
  await notify(/^active/, /In the orchard/);
  await put(rule('allow', about(one('juliet'), one('nurse')), `${ALL}<pr:provide-note>true</pr:provide-note>`));
  const noted = await notify(/^active/);
  assert.match(noted.body, /In the orchard/);
  assert.doesNotMatch(noted.body, /away/);
  assert.equal(await seen(), 'available  In the orchard');
  await put(rule('allow', about(one('juliet'), one('nurse')), ALL));
  const { body } = await notify(/^active/);
  assert.match(body, /<basic>open<\/basic>/);
  assert.doesNotMatch(body, /away|orchard<\/note>/);
  assert.equal(await seen(), 'available');
  // What he says from now on is no more.
  romeo.send('<presence><show>dnd</show><status>Leave me</status></presence>');
  assert.doesNotMatch((await notify(/^active/)).body, /Leave me|dnd|busy/);
  assert.equal(await seen(), 'available');
  await put(rule('allow', about(one('juliet'), one('nurse')), WHOLE));
  await notify(/^active/, /Leave me/);
  assert.equal(await seen(), 'available dnd Leave me');
});

test('RFC 5025 §3.2.1: who is blocked politely sees somebody who is not there, and may write all the same', async () => {
  await put(rule('allow', about(one('juliet'), one('nurse')), WHOLE));
  await julietAsks();
  await seen();
  await nurse.subscribe('sip:romeo@example.test');
  await notify(/^active/, /away/);
  await put(rule('polite-block', about(one('juliet'), one('nurse'))));
  const { body } = await notify(/^active/);
  assert.match(body, /<basic>closed<\/basic>/);
  assert.doesNotMatch(body, /away/);
  assert.equal(await seen(), 'unavailable');
  const home = (await server.running.node.homes.load('romeo@example.test'))!;
  assert.equal(isBlocked(home, 'juliet@example.test'), false);
  // Juliet's client still believes that she may watch, and nobody tells her more.
  await romeo.becomeAvailable('<show>chat</show>');
  const more = await juliet.rest();
  assert.deepEqual(
    more.filter(({ name }) => name === 'presence'),
    [],
  );
  await put();
  await notify(/^terminated;reason=rejected/);
  await juliet.expect("<presence type='unsubscribed' from='romeo@example.test'/>");
});

test('RFC 5025 §3.2.1: who is blocked is turned down', async () => {
  await put(rule('allow', about(one('nurse')), WHOLE));
  await nurse.subscribe('sip:romeo@example.test');
  await notify(/^active/);
  await put(rule('block', about(one('nurse'))));
  await notify(/^terminated;reason=rejected/);
});

test('RFC 4745 §7.1: people of a domain that is allowed watch unasked, but for those who are excepted', async () => {
  await put(rule('allow', about('<many domain="example.test"><except id="sip:nurse@example.test"/></many>'), WHOLE));
  await julietAsks();
  assert.equal(await seen(), AWAY);
  await nurse.subscribe('sip:romeo@example.test');
  await notify(/^pending/);
  await romeo.expect("<presence from='nurse@example.test' type='subscribe'/>");
  await put(rule('allow', about('<many domain="example.test"/>'), `${ALL}<pr:provide-note>true</pr:provide-note>`));
  assert.doesNotMatch((await notify(/^active/)).body, /away/);
  assert.equal(await seen(), 'available  In the orchard');
});

test('RFC 4745 §7.3: a permission for a while begins and ends by itself, also after a restart', async () => {
  const soon = '<validity><from>2026-01-15T08:00:20Z</from><until>2026-01-15T08:00:40Z</until></validity>';
  await put(rule('allow', about(one('juliet'), one('nurse')) + soon, WHOLE));
  await julietAsks();
  await nurse.subscribe('sip:romeo@example.test');
  await notify(/^active/, /closed/);
  clock.advance(21_000);
  await notify(/^active/, /away/);
  assert.equal(await seen(), AWAY);
  clock.advance(20_000);
  await notify(/^active/, /closed/);
  assert.equal(await seen(), 'unavailable');
  await server.restart();
  nurse.close();
  nurse = await phoneOf('nurse');
  await nurse.subscribe('sip:romeo@example.test');
  await notify(/^active/, /closed/);
});

test('RFC 4745 §7.2: a permission for a sphere holds while the account says that it is in it', async () => {
  await put(rule('allow', `${about(one('juliet'), one('nurse'))}<sphere value="work"/>`, WHOLE));
  await julietAsks();
  await nurse.subscribe('sip:romeo@example.test');
  await notify(/^active/, /closed/);
  const phone = await phoneOf('romeo');
  const pidf = (
    sphere: string,
  ) => `<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model"
    xmlns:r="urn:ietf:params:xml:ns:pidf:rpid" entity="sip:romeo@example.test"><tuple id="t"><status><basic>open</basic></status></tuple>
    <dm:person id="p"><r:sphere><r:${sphere}/></r:sphere></dm:person></presence>`;
  const tag = (await phone.publish(pidf('work'))).get('sip-etag');
  await notify(/^active/, /away/);
  assert.equal(await seen(), AWAY);
  await phone.publish(pidf('home'), { tag });
  await notify(/^active/, /closed/);
  assert.equal(await seen(), 'unavailable');
  phone.close();
});
