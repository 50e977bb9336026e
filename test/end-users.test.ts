/** End users of Unified CM on a whole server: what is switched there holds here, over AXL as everybody else speaks it. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { silentLog } from '#base/log.ts';
import { Metrics } from '#base/metrics.ts';
import type { SyncStatus } from '#commands/sync.ts';
import { AxlClient } from '../src/axl/client/axl-client.ts';
import { askServer } from '../src/cli/control-client.ts';
import { type InProcess, startInProcess } from './support/in-process.ts';
import { until } from './support/until.ts';

const NOT_ENABLED = /not-authorized.*not enabled for instant messaging and presence/s;

let server: InProcess;
let cm: AxlClient;

before(async () => {
  // Changes are told from 10.0 on.
  server = await startInProcess({ settings: { 'topology.releaseLine': '14.0' } });
  for (const name of ['romeo', 'juliet']) await run('user.add', { address: name, password: server.password });
  await server.befriend('romeo', 'juliet');
  cm = administratorOf(server);
});
after(async () => {
  cm.close();
  await server.stop();
});

/** Over the control socket, as the command line does. */
async function run(name: string, input: unknown, of = server): Promise<unknown> {
  const answer = await askServer(of.running.node.folder.path, name, input);
  assert.ok(answer);
  return answer.output;
}

function fingerprintOf({ running, domain }: InProcess): string {
  const file = join(running.node.folder.tlsFolder, domain, 'certificate.pem');
  return new X509Certificate(readFileSync(file)).fingerprint256;
}

function passwordOf({ running }: InProcess): string {
  return readFileSync(join(running.node.folder.path, 'unified-cm-sync-password'), 'utf8').trim();
}

/** Somebody else who administers the embedded Unified CM by AXL. */
function administratorOf(of: InProcess): AxlClient {
  return new AxlClient({
    name: 'Unified CM',
    host: '127.0.0.1',
    port: () => of.running.ports.axl!,
    user: 'rollcall-sync',
    password: passwordOf(of),
    trust: { by: 'fingerprint', fingerprint: () => fingerprintOf(of) },
    connections: 2,
    settings: { requestSeconds: 10, retrySeconds: 0 },
    clock: of.running.node.clock,
    log: silentLog(),
    metrics: new Metrics(),
  });
}

async function uuidOf(userid: string): Promise<string> {
  const all = await cm.users({ skip: 0, first: 100 });
  const user = all.find((one) => one.userid === userid);
  assert.ok(user);
  return user.uuid;
}

const isEnabled = async (name: string) => (await server.running.accounts.find(`${name}@example.test`))?.enabled;

test('the administrator of the first start is an end user, and the synchronization has a user of its own', async () => {
  const admin = await server.running.accounts.find('admin@example.test');
  assert.deepEqual([admin?.admin, admin?.enabled, typeof admin?.endUser], [true, true, 'string']);
  const file = join(server.running.node.folder.path, 'unified-cm-sync-password');
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const { unifiedCm, error, users, match } = (await run('sync.status', {})) as SyncStatus;
  assert.deepEqual([unifiedCm, error, users.aside, match], ['the embedded Unified CM', undefined, 0, true]);
});

test('the licence is in force: who is switched off by AXL is signed out within a second, and is told why', async () => {
  const juliet = await server.signIn('juliet');
  await juliet.becomeAvailable();
  const romeo = await server.signIn('romeo');
  await romeo.ask('get', `<query xmlns='jabber:iq:roster'/>`);
  await romeo.becomeAvailable();
  await romeo.expect(`<presence from='${juliet.jid}'/>`);
  const begun = performance.now();
  await cm.updateUser(await uuidOf('juliet'), { imAndPresenceEnable: false });
  await juliet.closed;
  assert.ok(performance.now() - begun < 1000, 'it took longer than a second');
  await romeo.expect(`<presence from='${juliet.jid}' type='unavailable'/>`);
  await assert.rejects(server.signIn('juliet'), NOT_ENABLED);
  // Nobody can reach the person.
  romeo.send(`<message to='juliet@example.test' type='chat' id='m1'><body>Art thou there?</body></message>`);
  const refused = await romeo.expect((stanza) => stanza.name === 'message' && stanza.attributes.id === 'm1');
  assert.equal(refused.attributes.type, 'error');
  await romeo.close();
});

test('switched on again everything is as it was, with the contact list, and nothing of the time between', async () => {
  await cm.updateUser(await uuidOf('juliet'), { imAndPresenceEnable: true });
  await until('Juliet is enabled', () => isEnabled('juliet'));
  const romeo = await server.signIn('romeo');
  await romeo.ask('get', `<query xmlns='jabber:iq:roster'/>`);
  await romeo.becomeAvailable();
  const juliet = await server.signIn('juliet');
  const roster = await juliet.ask('get', `<query xmlns='jabber:iq:roster'/>`);
  const [contact] = roster!.elements();
  assert.deepEqual([contact?.attributes.jid, contact?.attributes.subscription], ['romeo@example.test', 'both']);
  await juliet.becomeAvailable();
  await romeo.expect(`<presence from='${juliet.jid}'/>`);
  assert.deepEqual(
    (await juliet.rest()).filter(({ name }) => name === 'message'),
    [],
  );
  await juliet.close();
  await romeo.close();
});

test('without the Home Cluster tick, or inactive, it is the same as not enabled', async () => {
  const uuid = await cm.addUser({
    userid: 'paris',
    lastName: 'County',
    password: server.password,
    presenceGroupName: 'Standard Presence group',
    homeCluster: false,
  });
  await until('Paris is known', async () => (await isEnabled('paris')) === false);
  await assert.rejects(server.signIn('paris'), NOT_ENABLED);
  await cm.updateUser(uuid, { homeCluster: true, imAndPresenceEnable: true });
  await until('Paris is enabled', () => isEnabled('paris'));
  await (await server.signIn('paris')).close();
});

test('a password that is changed in Unified CM holds here, and ends what the old one began', async () => {
  const paris = await server.signIn('paris');
  await cm.updateUser(await uuidOf('paris'), { password: 'another one' });
  await paris.closed;
  await assert.rejects(server.signIn('paris'), /not-authorized/);
  const again = await server.connect();
  await again.authenticate('paris', 'another one');
  await again.close();
});

test('XEP-0077 §3.3: an end user who changes the own password changes it in Unified CM, and stays signed in', async () => {
  const romeo = await server.signIn('romeo');
  const fields = (password: string) =>
    `<query xmlns='jabber:iq:register'><username>romeo</username><password>${password}</password></query>`;
  await romeo.ask('set', fields('o speak again'));
  assert.equal(await cm.authenticate('romeo', 'o speak again'), true);
  await romeo.ask('set', fields(server.password));
  await romeo.ask('get', `<query xmlns='jabber:iq:roster'/>`);
  await romeo.close();
});

test('commands on people go through Unified CM, and hold when they have answered', async () => {
  await run('user.add', { address: 'nurse', password: server.password });
  await (await server.signIn('nurse')).close();
  const nurse = await cm.user(await uuidOf('nurse'));
  assert.deepEqual([nurse?.homeCluster, nurse?.imAndPresence], [true, true]);
  await run('user.disable', { address: 'nurse' });
  assert.equal((await cm.user(nurse!.uuid))!.imAndPresence, false);
  await assert.rejects(server.signIn('nurse'), NOT_ENABLED);
  await run('user.enable', { address: 'nurse' });
  await run('user.passwd', { address: 'nurse', password: 'new' });
  assert.equal(await cm.authenticate('nurse', 'new'), true);
  await assert.rejects(run('user.add', { address: 'NURSE', password: 'x' }), { kind: 'conflict' });
  await run('user.remove', { address: 'nurse' });
  assert.equal(await cm.user(nurse!.uuid), undefined);
  assert.equal(await server.running.accounts.find('nurse@example.test'), undefined);
});

test('who is removed in Unified CM is disabled, and has the same account when made anew', async () => {
  const before = await server.running.accounts.find('paris@example.test');
  await cm.removeUser(await uuidOf('paris'));
  await until('Paris is disabled', async () => (await isEnabled('paris')) === false);
  await run('user.add', { address: 'benvolio', password: server.password });
  await cm.addUser({
    userid: 'paris',
    lastName: 'County',
    password: server.password,
    presenceGroupName: 'Standard Presence group',
    imAndPresenceEnable: true,
  });
  await until('Paris is back', () => isEnabled('paris'));
  assert.equal((await server.running.accounts.find('paris@example.test'))?.id, before?.id);
});

test('after a restart all is as it was', async () => {
  await server.restart();
  const { users, error } = (await run('sync.status', {})) as SyncStatus;
  assert.deepEqual([users.aside, error], [0, undefined]);
  await (await server.signIn('juliet')).close();
});

test('a real Unified CM: passwords are checked there, and what was right holds while nobody answers', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-attached-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, `${passwordOf(server)}\n`, { mode: 0o600 });
  const attached = await startInProcess({
    settings: {
      'topology.releaseLine': '14.0',
      'unifiedCm.host': '127.0.0.1',
      'unifiedCm.port': server.running.ports.axl,
      'unifiedCm.user': 'rollcall-sync',
      'unifiedCm.passwordFile': passwordFile,
      'unifiedCm.trust': 'fingerprint',
      'unifiedCm.fingerprint': fingerprintOf(server),
      'unifiedCm.pollSeconds': 1,
    },
  });
  t.after(() => attached.stop());
  await until('end users are there', () => attached.running.accounts.find('juliet@example.test'));
  const probe = await attached.connect();
  const mechanisms = probe.features.child('mechanisms', 'urn:ietf:params:xml:ns:xmpp-sasl');
  assert.deepEqual(
    mechanisms?.elements().map((one) => one.text()),
    ['PLAIN'],
  );
  await probe.close();
  await (await attached.signIn('juliet')).close();
  const wrong = await attached.connect();
  await assert.rejects(wrong.authenticate('juliet', 'wrong'), /not-authorized/);
  await wrong.close();
  await cm.updateUser(await uuidOf('juliet'), { imAndPresenceEnable: false });
  await until('the licence is in force there too', async () => {
    return (await attached.running.accounts.find('juliet@example.test'))?.enabled === false;
  });
  await cm.updateUser(await uuidOf('juliet'), { imAndPresenceEnable: true });
  await until('and given again', async () => {
    return (await attached.running.accounts.find('juliet@example.test'))?.enabled;
  });
  cm.close();
  await server.running.stop();
  await (await attached.signIn('juliet')).close();
  await assert.rejects(attached.signIn('romeo'), /temporary-auth-failure/);
  const failing = (await run('sync.run', {}, attached).catch((error: Error) => error)) as Error;
  assert.match(failing.message, /does not answer/);
  assert.match(((await run('sync.status', {}, attached)) as SyncStatus).error ?? '', /does not answer/);
  assert.equal((await attached.running.accounts.find('juliet@example.test'))?.enabled, true);
});
