import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { Accounts } from '#accounts/accounts.ts';
import { Homes } from '#accounts/homes.ts';
import { accountDisabled } from '#accounts/hooks.ts';
import { throttleSettings } from '#accounts/settings.ts';
import { Throttle } from '#accounts/throttle.ts';
import { Hooks } from '#base/hook.ts';
import { Settings } from '#base/loaded-settings.ts';
import { silentLog } from '#base/log.ts';
import { Metrics } from '#base/metrics.ts';
import type { Database } from '#store/database.ts';
import { migrations } from '#store/migrations/all.ts';
import { openSqlite } from '#store/sqlite.ts';
import { FakeClock } from '../../../test/support/fake-clock.ts';
import type { Flow } from '../transport/flow.ts';
import { addressOf, domainOf } from '../wire/address.ts';
import { SipRequest } from '../wire/message.ts';
import type { SipUri } from '../wire/sip-uri.ts';
import { type As, Authenticator, type Verdict } from './authenticator.ts';
import { sipAuthentication } from './settings.ts';

const HOME = '192.0.2.1';
const PASSWORD = 'wherefore art thou';
const folder = mkdtempSync(join(tmpdir(), 'rollcall-test-'));
let database: Database;
let accounts: Accounts;
let homes: Homes;
let clock: FakeClock;
let throttle: Throttle;
let authenticator: Authenticator;
let metrics: Metrics;

before(async () => {
  database = await openSqlite(join(folder, 'store.db'));
  for (const { statements } of migrations) await database.write(...statements.map((sql) => ({ sql })));
});

after(async () => {
  await database.close();
  rmSync(folder, { recursive: true });
});

function start(overrides: Record<string, unknown> = {}): void {
  const settings = Settings.load({ groups: [sipAuthentication, throttleSettings], overrides });
  const hooks = new Hooks((name, error) => assert.fail(`${name}: ${error}`));
  clock = new FakeClock();
  accounts = new Accounts({ database, clock, hooks, secret: Buffer.alloc(32), settings: { iterations: 4096 } });
  const find = async (address: string) => {
    const account = await accounts.find(address);
    return account?.enabled ? account : undefined;
  };
  homes = new Homes({ database, clock, hooks, log: silentLog(), find });
  hooks.on(accountDisabled, 'react', ({ address }) => homes.drop(address, 'disabled'));
  throttle = new Throttle(clock, settings.of(throttleSettings));
  const domains = new Set(['example.test', 'b\u00fccher.example']);
  const accountOf = (uri: SipUri) => (domains.has(domainOf(uri)) ? addressOf(uri) : undefined);
  metrics = new Metrics();
  authenticator = new Authenticator({
    homes,
    accounts,
    throttle,
    clock,
    metrics,
    settings,
    secret: Buffer.alloc(32),
    domains,
    accountOf,
  });
}

beforeEach(async () => {
  start();
  for (const name of ['juliet', 'romeo']) await accounts.remove(`${name}@example.test`).catch(() => undefined);
  for (const name of ['juliet', 'romeo']) await accounts.add({ address: `${name}@example.test`, password: PASSWORD });
});

interface Sent {
  method?: string;
  from?: string;
  username?: string;
  password?: string;
  realm?: string;
  algorithm?: string;
  nonce?: string;
  nc?: string;
  qop?: string;
  body?: string;
  uri?: string;
  header?: string;
  ip?: string;
  as?: As;
  userAgent?: string;
}

const flowFrom = (remoteAddress: string) => ({ remoteAddress }) as Flow;

/** A request without credentials. */
function plain({ method = 'MESSAGE', from = 'sip:juliet@example.test', body = '', userAgent = 'Test' }: Sent = {}) {
  const headers = ['from', `<${from}>;tag=1`, 'to', '<sip:romeo@example.test>'];
  if (userAgent !== '') headers.push('user-agent', userAgent);
  return new SipRequest(method, 'sip:romeo@example.test', headers, body);
}

/** One with credentials, by what RFC 7616 §3.4 says: it shares nothing with the code that is tested. */
function signed(sent: Sent & { nonce: string }): SipRequest {
  const {
    username = 'juliet', password = PASSWORD, realm = 'example.test', algorithm = 'SHA-256', nonce, nc = '00000001',
    qop = 'auth', uri = 'sip:romeo@example.test', header = 'proxy-authorization', body = '', method = 'MESSAGE',
  } = sent; // biome-ignore format: a list
  const hash = { MD5: 'md5', 'SHA-256': 'sha256', 'SHA-512-256': 'sha512-256' }[algorithm] ?? 'md5';
  const h = (text: string) => createHash(hash).update(text).digest('hex');
  const a2 = qop === 'auth-int' ? `${method}:${uri}:${h(body)}` : `${method}:${uri}`;
  const middle = qop === '' ? nonce : `${nonce}:${nc}:xyz:${qop}`;
  const response = h(`${h(`${username}:${realm}:${password}`)}:${middle}:${h(a2)}`);
  const more = qop === '' ? '' : `, qop=${qop}, nc=${nc}, cnonce="xyz"`;
  const request = plain(sent);
  const text = `Digest username="${username}", realm="${realm}", nonce="${nonce}", uri="${uri}", response="${response}"`;
  const bytes = Buffer.from(`${text}, algorithm=${algorithm}${more}`, 'utf8').toString('latin1');
  const sentBody = Buffer.from(body, 'utf8').toString('latin1');
  return new SipRequest(request.method, request.uri, [header, bytes, ...request.headers], sentBody);
}

const check = (request: SipRequest, { ip = HOME, as = 'proxy' }: Sent = {}) =>
  authenticator.check(request, flowFrom(ip), as);

async function challenged(sent: Sent = {}): Promise<string> {
  return (/nonce="([^"]+)"/.exec(challengeOf(await check(plain(sent), sent))) ?? [])[1]!;
}

function challengeOf(verdict: Verdict): string {
  assert.ok('challenge' in verdict, JSON.stringify('refused' in verdict ? verdict.refused.message : 'it was let in'));
  return verdict.challenge;
}

/** 'juliet@example.test', 'challenge', 'stale' or '403 ...'. */
async function told(sent: Sent = {}): Promise<string> {
  const nonce = sent.nonce ?? (await challenged(sent));
  const verdict = await check(signed({ ...sent, nonce }), sent);
  if ('refused' in verdict) return verdict.refused.message;
  if ('challenge' in verdict) return verdict.challenge.includes('stale=true') ? 'stale' : 'challenge';
  return verdict.home.address;
}

test('RFC 8760 §2.3: who proves nothing is asked, by a header for each algorithm with the preferred one first', async () => {
  const lines = (verdict: Verdict) => challengeOf(verdict).split('\r\n').slice(0, -1);
  const proxy = lines(await check(plain()));
  assert.match(
    proxy[0]!,
    /^Proxy-Authenticate: Digest realm="example\.test", nonce="[\w-]{46}", qop="auth", algorithm=SHA-256$/,
  );
  assert.match(proxy[1]!, /^Proxy-Authenticate: .*algorithm=MD5$/);
  assert.equal(proxy.length, 2);
  const registrar = await check(plain(), { as: 'registrar' });
  assert.ok('challenge' in registrar && registrar.status === 401);
  assert.match(lines(registrar)[0]!, /^WWW-Authenticate: /);
  start({ 'sip.authentication.algorithms': ['SHA-512-256'], 'sip.authentication.integrity': true });
  assert.match(lines(await check(plain()))[0]!, /qop="auth,auth-int", algorithm=SHA-512-256$/);
});

test('RFC 3261 §22.1: the realm is the domain of who asks', async () => {
  assert.match(
    challengeOf(await check(plain({ from: 'sip:a@xn--bcher-kva.example' }))),
    /realm="b\xc3\xbccher\.example"/,
  );
  assert.match(challengeOf(await check(plain({ from: 'sip:a@elsewhere.example' }))), /realm="example\.test"/);
});

test('COMPAT: baresip 1.0 is asked for MD5 alone; who says nothing of itself, as SIPp does, for MD5 first', async () => {
  const algorithms = async (userAgent: string) =>
    [...challengeOf(await check(plain({ userAgent }))).matchAll(/algorithm=(\S+)/g)].map(([, algorithm]) => algorithm);
  assert.deepEqual(await algorithms('baresip v1.0.0 (x86_64/linux)'), ['MD5']);
  assert.deepEqual(await algorithms('baresip v3.10.0'), ['SHA-256', 'MD5']);
  assert.deepEqual(await algorithms(''), ['MD5', 'SHA-256']);
  start({ 'sip.authentication.algorithms': ['SHA-256'] });
  assert.deepEqual(await algorithms('baresip v1.0.0 (x86_64/linux)'), ['SHA-256']);
});

test('RFC 3261 §22.4: who knows the password is let in, by every algorithm, name and protection', async () => {
  const ways: Sent[] = [
    {},
    { algorithm: 'MD5' },
    { username: 'juliet@example.test' },
    { username: 'juliet@example.test', algorithm: 'MD5', qop: '' },
    { qop: 'auth-int', body: 'hello \u00e4' },
    { header: 'authorization' },
    { as: 'registrar', header: 'authorization', method: 'REGISTER' },
    // COMPAT(SIPp): says where it sends it.
    { uri: 'sip:127.0.0.1:5060' },
  ];
  for (const way of ways) assert.equal(await told(way), 'juliet@example.test', JSON.stringify(way));
  start({ 'sip.authentication.algorithms': ['SHA-512-256'] });
  assert.equal(await told({ algorithm: 'SHA-512-256' }), 'juliet@example.test');
});

test('whoever is let in once is let in at once from then on, without a promise', async () => {
  const nonce = await challenged();
  assert.equal(await told({ nonce }), 'juliet@example.test');
  const verdict = check(signed({ nonce, nc: '00000002' }));
  assert.ok(!(verdict instanceof Promise) && 'ok' in verdict);
});

test('a name that does not exist, one that cannot, and a wrong password are answered alike', async () => {
  for (const wrong of [
    { username: 'nobody' },
    { username: 'juliet@elsewhere.example' },
    { username: '@' },
    { username: 'a b/c' },
    { username: 'Romeo' },
    { password: 'pencil' },
  ]) {
    assert.equal(await told(wrong), 'challenge', JSON.stringify(wrong));
  }
});

test('an account that is made after somebody asked for it is there', async () => {
  assert.equal(await told({ username: 'paris', from: 'sip:paris@example.test' }), 'challenge');
  await accounts.add({ address: 'paris@example.test', password: PASSWORD });
  assert.equal(await told({ username: 'paris', from: 'sip:paris@example.test' }), 'paris@example.test');
  await accounts.remove('paris@example.test');
});

test('that an account is disabled is told to who has its password alone', async () => {
  await accounts.setEnabled('juliet@example.test', false);
  assert.equal(await told(), '403 Account Disabled');
  assert.equal(await told({ password: 'pencil' }), 'challenge');
});

test('that an end user is not enabled is told to who has the password alone, by 403', async () => {
  const account = (await accounts.find('juliet@example.test'))!;
  const endUser = '00000000-0000-4000-8000-000000000001';
  await accounts.edit([{ address: account.address, account, enabled: false, endUser }], []);
  assert.equal(await told(), '403 Not Enabled for IM and Presence');
  assert.equal(await told({ password: 'pencil' }), 'challenge');
  const disabled = (await accounts.find('juliet@example.test'))!;
  await accounts.edit([{ address: account.address, account: disabled, enabled: true, endUser }], []);
  assert.equal(await told(), 'juliet@example.test');
});

test('a changed password holds at once, for a home that is loaded too', async () => {
  assert.equal(await told(), 'juliet@example.test');
  await accounts.setPassword('juliet@example.test', 'new');
  const nonce = await challenged();
  const [old, fresh] = await Promise.all([told({ nonce }), told({ nonce, password: 'new', nc: '00000002' })]);
  assert.deepEqual([old, fresh], ['challenge', 'juliet@example.test']);
});

test('a password that is changed while the home is being loaded holds too', async () => {
  const nonce = await challenged();
  const first = told({ nonce });
  await accounts.setPassword('juliet@example.test', 'new');
  await first;
  assert.equal(await told(), 'challenge');
  assert.equal(await told({ password: 'new' }), 'juliet@example.test');
});

test('RFC 3261 §22.3, §10.3: nobody speaks for another account, with whatever challenge', async () => {
  const nonce = await challenged();
  const other = { nonce, from: 'sip:romeo@example.test' };
  assert.equal(await told(other), '403 From is not the authenticated account');
  assert.equal(await told({ nonce, nc: '00000002' }), 'juliet@example.test');
  assert.equal(await told({ ...other, nc: '00000003' }), '403 From is not the authenticated account');
  assert.equal(await told({ from: 'sip:juliet@elsewhere.example' }), '403 From is not the authenticated account');
});

test('RFC 7616 §3.4: the same count is not taken twice, and who comes with it is given a new challenge', async () => {
  const nonce = await challenged();
  assert.equal(await told({ nonce }), 'juliet@example.test');
  assert.equal(await told({ nonce }), 'stale');
  assert.equal(await told({ nonce, nc: '00000003' }), 'juliet@example.test');
  assert.equal(await told({ nonce, nc: '00000002' }), 'juliet@example.test');
});

test('RFC 7616 §3.3: a challenge that is too old is stale, and what is not ours is not', async () => {
  const nonce = await challenged();
  clock.advance(301_000);
  assert.equal(await told({ nonce }), 'stale');
  assert.equal(await told({ nonce: 'made up' }), 'challenge');
});

test('a challenge is good for the address that it was sent to', async () => {
  const nonce = await challenged();
  assert.equal(await told({ nonce, ip: '198.51.100.1' }), 'stale');
  assert.equal(await told({ nonce }), 'juliet@example.test');
});

test('RFC 3261 §22.3: credentials for another realm are for somebody else on the way', async () => {
  const nonce = await challenged();
  assert.equal(await told({ nonce, realm: 'elsewhere.example' }), 'challenge');
  const ours = signed({ nonce });
  const both = signed({ nonce: 'x', realm: 'elsewhere.example' });
  const request = new SipRequest(ours.method, ours.uri, [...both.headers.slice(0, 2), ...ours.headers], '');
  const verdict = await check(request);
  assert.ok('ok' in verdict);
});

test('an algorithm that was switched off lets nobody in', async () => {
  start({ 'sip.authentication.algorithms': ['SHA-256'] });
  assert.equal(await told({ algorithm: 'MD5' }), 'challenge');
});

test('who guesses has to wait, and is told for how long; who was here before is not in the way', async () => {
  assert.equal(await told({ ip: '198.51.100.7' }), 'juliet@example.test');
  for (let n = 0; n < 6; n++) assert.equal(await told({ password: `${n}` }), 'challenge');
  const nonce = await challenged();
  const verdict = await check(signed({ nonce }));
  assert.ok('refused' in verdict);
  assert.equal(verdict.refused.status, 503);
  assert.equal(verdict.refused.head, 'Retry-After: 1\r\n');
  assert.equal(await told({ ip: '198.51.100.7' }), 'juliet@example.test');
  clock.advance(1000);
  assert.equal(await told(), 'juliet@example.test');
});

test('guesses that are made side by side learn no more than those made one by one', async () => {
  const nonces = await Promise.all(Array.from({ length: 20 }, () => challenged()));
  const verdicts = await Promise.all(nonces.map((nonce, n) => told({ nonce, password: `${n}` })));
  assert.equal(verdicts.filter((verdict) => verdict === 'challenge').length, 6);
  assert.equal(verdicts.filter((verdict) => verdict.startsWith('503')).length, 14);
});

test('RFC 4475 §3.1.2.11 (regaut01): a scheme that nobody knows is as none', async () => {
  const request = plain();
  const headers = ['authorization', 'NoOneKnowsThisScheme opaque-data=here', ...request.headers];
  challengeOf(await check(new SipRequest('REGISTER', 'sip:example.test', headers, ''), { as: 'registrar' }));
});

test('what became of it is counted', async () => {
  await told();
  await told({ password: 'pencil' });
  await told({ from: 'sip:romeo@example.test' });
  const figures = await metrics.text();
  for (const [outcome, count] of Object.entries({ asked: 3, proven: 1, wrong: 1, refused: 1 })) {
    assert.match(figures, new RegExp(`^rollcall_sip_authentications_total\\{outcome="${outcome}"\\} ${count}$`, 'm'));
  }
});
