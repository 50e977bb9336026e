import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { Accounts } from '#accounts/accounts.ts';
import { EndUsers } from '#accounts/end-users.ts';
import { Hooks } from '#base/hook.ts';
import { silentLog } from '#base/log.ts';
import { Metrics } from '#base/metrics.ts';
import type { Database } from '#store/database.ts';
import { accounts as accountTables } from '#store/migrations/0001-accounts.ts';
import { digestCredentials } from '#store/migrations/0006-digest-credentials.ts';
import { endUsers as endUserTables } from '#store/migrations/0015-end-users.ts';
import { openSqlite } from '#store/sqlite.ts';
import { FakeClock } from '../../../test/support/fake-clock.ts';
import { type SmallUnifiedCm, startSmallUnifiedCm } from '../../../test/support/small-unified-cm.ts';
import { until } from '../../../test/support/until.ts';
import { Administration } from './administration.ts';
import { AxlClient } from './axl-client.ts';
import { SyncAgent, type SyncSettings } from './sync-agent.ts';

const DAY_MS = 86_400_000;

let cm: SmallUnifiedCm;
let folder: string;
let database: Database;
let clock: FakeClock;
let accounts: Accounts;
let endUsers: EndUsers;
let client: AxlClient;
let agent: SyncAgent;
let settings: SyncSettings;
let hooks: Hooks;

beforeEach(async () => {
  cm = await startSmallUnifiedCm();
  folder = mkdtempSync(join(tmpdir(), 'rollcall-sync-'));
  database = await openSqlite(join(folder, 'store.db'));
  for (const { statements } of [accountTables, digestCredentials, endUserTables]) {
    await database.write(...statements.map((sql) => ({ sql })));
  }
  // In the morning, after the comparison of the night.
  clock = new FakeClock(new Date(2026, 0, 5, 8).getTime());
  settings = { pageSize: 10, pollSeconds: 10, differenceMinutes: 10, keepDays: 30, maxMissingPercent: 20 };
  await open();
});

afterEach(async () => {
  await close();
  await database.close();
  rmSync(folder, { recursive: true });
  await cm.stop();
});

async function open(): Promise<void> {
  hooks = new Hooks((name, error) => assert.fail(`${name}: ${error}`));
  accounts = new Accounts({ database, clock, hooks, secret: Buffer.alloc(32, 1), settings: { iterations: 4096 } });
  endUsers = await EndUsers.open({ database, accounts, clock, hooks, domains: ['example.test'] });
  client = new AxlClient({
    name: 'Unified CM',
    host: '127.0.0.1',
    port: () => cm.port,
    user: 'sync',
    password: 'secret',
    trust: { by: 'fingerprint', fingerprint: () => cm.fingerprint },
    connections: 2,
    settings: { requestSeconds: 10, retrySeconds: 0 },
    clock,
    log: silentLog(),
    metrics: new Metrics(),
  });
  agent = await SyncAgent.open({
    unifiedCm: client,
    endUsers,
    database,
    clock,
    log: silentLog(),
    metrics: new Metrics(),
    settings,
    release: '14.0.1.10000-1',
    matches: (version) => ({ match: version.startsWith('14.0'), why: `it is ${version}` }),
    removeAccount: (address) => accounts.remove(address),
  });
}

async function close(): Promise<void> {
  client.close();
  await agent.stop();
  endUsers.close();
}

function fill(count: number, from = 0): void {
  for (let i = from; i < from + count; i++) cm.put({ userid: `user${String(i).padStart(4, '0')}` });
}

const enabled = async () => (await accounts.list()).filter((one) => one.enabled).map(({ address }) => address);

/** Lets a time pass, and the agent do what is due. */
async function pass(ms: number): Promise<void> {
  clock.advance(ms);
  // A round that begins behind the one that was begun by the time.
  await agent.refresh([]).catch(() => undefined);
}

test('all end users are read by pages at first, then only what has changed', async () => {
  fill(35);
  await agent.start();
  assert.equal((await enabled()).length, 35);
  assert.equal(cm.asked.filter((one) => one.endsWith('listUser')).length, 4);
  cm.asked.length = 0;
  cm.put({ userid: 'user0007', imAndPresenceEnable: 'false' });
  cm.put({ userid: 'late' });
  await pass(10_000);
  assert.equal((await accounts.find('user0007@example.test'))!.enabled, false);
  assert.equal((await accounts.find('late@example.test'))!.enabled, true);
  assert.equal(cm.asked.filter((one) => one.endsWith('listUser')).length, 0);
  const { phase, lagMs, users, match, error } = agent.status();
  assert.deepEqual([phase, lagMs, users.total, users.enabled, match, error], ['idle', 0, 36, 35, true, undefined]);
});

test('after a restart it goes on with the changes, and reads nothing twice', async () => {
  fill(15);
  await agent.start();
  await close();
  cm.put({ userid: 'user0003', imAndPresenceEnable: 'false' });
  cm.asked.length = 0;
  await open();
  await agent.start();
  assert.equal((await enabled()).length, 14);
  assert.ok(!cm.asked.some((one) => one.endsWith('listUser')));
});

test('a read that breaks off removes nobody, is told, and is begun anew', async () => {
  fill(30);
  await agent.start();
  for (let i = 20; i < 30; i++) cm.remove(`user00${i}`);
  let reads = 0;
  cm.intercept = ({ operation }, response) => {
    if (operation !== 'listUser' || ++reads < 2) return false;
    response.writeHead(200, { 'content-length': '9000' }).write('<soapenv:Envelope');
    response.socket!.destroySoon();
    return true;
  };
  await assert.rejects(agent.compare(), { kind: 'unavailable' });
  assert.equal((await enabled()).length, 30);
  assert.match(agent.status().error!, /does not answer/);
  cm.intercept = undefined;
  await pass(10_000);
  assert.equal((await enabled()).length, 20);
  assert.equal(agent.status().error, undefined);
});

test('one who only slipped through between two pages is asked for by name, and stays', async () => {
  fill(25);
  await agent.start();
  let first = true;
  cm.intercept = ({ operation }) => {
    // Somebody of the page before is removed while this one is read, so that one of this page has moved to that.
    if (operation === 'listUser' && !first) cm.remove([...cm.users.values()][0]!.userid);
    if (operation === 'listUser') first = false;
    return false;
  };
  await agent.compare();
  cm.intercept = undefined;
  const there = [...cm.users.values()].map(({ userid }) => `${userid}@example.test`).sort();
  assert.deepEqual((await enabled()).slice(-there.length), there);
  await pass(10_000);
  assert.deepEqual(await enabled(), there);
});

test('when too many are missing at once nobody is disabled, until an administrator says that it is meant so', async () => {
  fill(40);
  await agent.start();
  cm.users.clear();
  await assert.rejects(agent.compare(), { message: /40 of 40 end users are missing.*--allow-missing/s });
  assert.equal((await enabled()).length, 40);
  await agent.compare(true);
  assert.equal((await enabled()).length, 0);
  assert.equal(agent.status().users.missing, 40);
});

test('who was removed in Unified CM is kept for thirty days, then removed', async () => {
  fill(3);
  await agent.start();
  cm.remove('user0001');
  await pass(10_000);
  assert.equal((await accounts.find('user0001@example.test'))!.enabled, false);
  await pass(29 * DAY_MS);
  assert.equal((await accounts.list()).length, 3);
  await pass(2 * DAY_MS);
  assert.equal((await accounts.list()).length, 2);
  assert.equal(agent.status().users.missing, 0);
});

test('everything is compared each night, so that what no change has told is found', async () => {
  fill(3);
  await agent.start();
  const [user] = cm.users.values();
  cm.users.set(user!.uuid, { ...user!, imAndPresenceEnable: 'false' });
  await pass(10_000);
  assert.equal((await enabled()).length, 3);
  await pass(DAY_MS);
  assert.equal((await enabled()).length, 2);
});

test('a queue of changes that was made anew has everything read', async () => {
  fill(3);
  await agent.start();
  const [user] = cm.users.values();
  cm.users.set(user!.uuid, { ...user!, imAndPresenceEnable: 'false' });
  cm.queueId = 'another';
  await pass(10_000);
  assert.equal((await enabled()).length, 2);
});

test('a Unified CM before 10.0, which tells no changes, is compared every ten minutes', async () => {
  cm.schemas = (version) => version.startsWith('9.');
  cm.productVersion = '9.1.2.10000(28)';
  fill(3);
  await agent.start();
  cm.put({ userid: 'new' });
  await pass(10_000);
  assert.equal((await enabled()).length, 3);
  await pass(600_000);
  assert.equal((await enabled()).length, 4);
});

test('a release that does not match is shown, and everybody is served', async () => {
  cm.productVersion = '12.5.1.11900(146)';
  cm.schemas = (version) => version !== '14.0' && version !== '15.0';
  fill(3);
  await agent.start();
  const { match, matchReason, error } = agent.status();
  assert.deepEqual([match, matchReason, error], [false, 'it is 12.5.1.11900(146)', undefined]);
  assert.equal((await enabled()).length, 3);
});

test('where Unified CM is not there at first, it is followed as soon as it is', async () => {
  fill(2);
  cm.intercept = (_asked, response) => !!response.writeHead(503).end();
  await agent.start();
  assert.match(agent.status().error!, /too busy/);
  cm.intercept = undefined;
  await pass(10_000);
  assert.equal((await enabled()).length, 2);
});

test('what an administrator does is written to Unified CM and holds here when the call is over', async () => {
  fill(1);
  await agent.start();
  const administration = new Administration({
    unifiedCm: client,
    agent,
    endUsers,
    accounts,
    domain: 'example.test',
  });
  const [user] = cm.users.values();
  await administration.setEnabled(user!.uuid, false);
  assert.equal(cm.users.get(user!.uuid)!.imAndPresenceEnable, 'false');
  assert.deepEqual(await enabled(), []);
  await administration.setEnabled(user!.uuid, true);
  assert.deepEqual(await enabled(), ['user0000@example.test']);
});

test('rounds come one after the other, and many that ask at once share one', async () => {
  fill(12);
  await agent.start();
  cm.asked.length = 0;
  await Promise.all(Array.from({ length: 50 }, () => agent.compare()));
  const reads = cm.asked.filter((one) => one.endsWith('listUser')).length;
  assert.ok(reads <= 4, `${reads} pages were read`);
  await until('nothing is under way', () => agent.status().phase === 'idle');
});
