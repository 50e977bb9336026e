/** Who may run what, and that it is put on record. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Role, roles } from '#accounts/roles.ts';
import { openSqlite } from '#store/sqlite.ts';
import { type InProcess, startInProcess } from '../../test/support/in-process.ts';
import { SipActor } from '../../test/support/transcript-sip.ts';
import { allCommands } from './all.ts';
import { AuditLog } from './audit-log.ts';
import type { Caller } from './caller.ts';
import type { CommandContext } from './command.ts';

let server: InProcess;
before(async () => {
  server = await startInProcess({ people: ['romeo', 'juliet', 'nurse'] });
});
after(() => server.stop());

const context = (): CommandContext => {
  const { node, domain } = server.running;
  const { domains, accounts, homes, settings, log, audit } = node;
  return { domain, domains, accounts, homes, settings, log, audit, server: undefined };
};
const as = (...held: Role[]): Caller => ({ name: held.join(' ') || 'nobody', face: 'rest', roles: held });
const run = (name: string, input: unknown, caller: Caller) => allCommands.run(name, input, context(), caller);

async function recorded() {
  const { entries } = (await run('audit.list', { limit: 1 }, as('auditor'))) as {
    entries: { caller: string; command: string; subject: string; outcome: string; detail: string }[];
  };
  const { caller, command, subject, outcome, detail } = entries[0]!;
  return { caller, command, subject, outcome, detail };
}

const allowed: Record<string, readonly Role[]> = {
  'user.list': roles,
  'server.status': roles,
  'server.settings': ['administrator', 'operator'],
  'presence.explain': ['administrator', 'help-desk'],
  'user.passwd': ['administrator', 'help-desk'],
  'audit.list': ['administrator', 'auditor'],
  'server.announce': ['administrator', 'operator'],
  'user.remove': ['administrator'],
  'token.create': ['administrator'],
};
for (const [name, who] of Object.entries(allowed)) {
  test(`${name} is for ${who.join(', ')}`, async () => {
    for (const role of roles) {
      // The input is wrong, so nothing is done by who may.
      const kind = who.includes(role) ? 'malformed' : 'forbidden';
      await assert.rejects(run(name, { nonsense: true }, as(role)), { kind }, role);
    }
    await assert.rejects(run(name, {}, as()), { kind: 'forbidden' });
  });
}

test('what changes something is on record with who did it, and no secret is', async () => {
  await run('user.passwd', { address: 'romeo', password: 'a plague on both' }, as('help-desk'));
  assert.deepEqual(await recorded(), {
    caller: 'help-desk',
    command: 'user.passwd',
    subject: 'romeo@example.test',
    outcome: 'done',
    detail: '',
  });
  const rows = await server.running.node.database.read('select * from audit_log');
  assert.doesNotMatch(JSON.stringify(rows), /plague/);
});

test('what failed and what was refused is on record with the reason', async () => {
  await assert.rejects(run('user.disable', { address: 'nobody' }, as('administrator')), { kind: 'not-found' });
  assert.deepEqual(await recorded(), {
    caller: 'administrator',
    command: 'user.disable',
    subject: 'nobody@example.test',
    outcome: 'failed',
    detail: 'there is no account nobody@example.test',
  });
  await assert.rejects(run('user.disable', { address: 'romeo' }, as('monitor')), { kind: 'forbidden' });
  const { outcome, detail } = await recorded();
  assert.deepEqual([outcome, detail], ['refused', 'user.disable takes the role administrator']);
});

test('where nothing can be put on record, nothing is changed, and looking goes on', async () => {
  const { clock, log, accounts } = server.running.node;
  const folder = mkdtempSync(join(tmpdir(), 'audit-'));
  const closed = await openSqlite(join(folder, 'store.db'), clock);
  await closed.close();
  const audit = new AuditLog({ database: closed, clock, log, secret: Buffer.alloc(32), settings: { keepDays: 0 } });
  const without = { ...context(), audit };
  const input = { address: 'romeo' };
  await assert.rejects(allCommands.run('user.disable', input, without, as('administrator')), { kind: 'store-failing' });
  assert.equal((await accounts.find('romeo@example.test'))?.enabled, true);
  assert.ok(Array.isArray(await allCommands.run('user.list', {}, without, as('monitor'))));
  rmSync(folder, { recursive: true });
});

test('the help desk does not get at the password of somebody who holds a role', async () => {
  await run('role.assign', { address: 'nurse', role: 'monitor' }, as('administrator'));
  const input = { address: 'nurse', password: 'something else' };
  await assert.rejects(run('user.passwd', input, as('help-desk')), { kind: 'forbidden' });
  await run('user.passwd', { address: 'nurse', password: server.password }, as('administrator'));
});

test('roles are given and taken, and the last administrator stays', async () => {
  const holders = async () =>
    Object.fromEntries(
      ((await run('role.list', {}, as('operator'))) as { address: string; roles: Role[] }[]).map((one) => [
        one.address,
        one.roles,
      ]),
    );
  await run('role.assign', { address: 'juliet', role: 'auditor' }, as('administrator'));
  await run('role.assign', { address: 'juliet', role: 'administrator' }, as('administrator'));
  assert.deepEqual((await holders())['juliet@example.test'], ['administrator', 'auditor']);
  await run('role.withdraw', { address: 'admin', role: 'administrator' }, as('administrator'));
  const last = { address: 'juliet', role: 'administrator' };
  await assert.rejects(run('role.withdraw', last, as('administrator')), { kind: 'not-acceptable' });
  await run('user.remove', { address: 'juliet' }, as('administrator'));
  assert.deepEqual(
    await server.running.node.database.read("select * from role_assignments where role = 'auditor'"),
    [],
  );
});

test('sessions are ended one by one or all together, and what is known of a person is told', async () => {
  const [balcony, street] = [await server.signIn('nurse', 'balcony'), await server.signIn('nurse', 'street')];
  const ended = await run('user.end-sessions', { address: 'nurse', device: 'street' }, as('administrator'));
  assert.deepEqual(ended, { address: 'nurse@example.test', ended: ['street'] });
  assert.match(String((await street.closed)?.message), /policy-violation/);
  await balcony.becomeAvailable();
  const known = (await run('user.statistics', { address: 'nurse' }, as('help-desk'))) as { devices: unknown };
  assert.deepEqual(known.devices, [{ id: 'balcony', edge: 'xmpp', available: true }]);
  assert.deepEqual(await run('user.list', { state: 'active' }, as('monitor')), [
    { address: 'nurse@example.test', admin: false, enabled: true },
  ]);
  assert.deepEqual(await run('server.announce', { body: 'Dinner!' }, as('operator')), { told: 1 });
  await balcony.expect(`<message from='example.test' type='headline'><body>Dinner!</body></message>`);
  await run('user.end-sessions', { address: 'nurse' }, as('administrator'));
  await balcony.closed;
});

test('a client of SIP hears an announcement as well, and its registration is ended', async () => {
  const { ports } = server.running;
  const options = { port: ports.sip!, transport: 'tcp', person: 'romeo', password: server.password } as const;
  const phone = await SipActor.open({ ...options, domain: server.domain }, undefined);
  // The help desk gave him another password.
  await run('user.passwd', { address: 'romeo', password: server.password }, as('administrator'));
  await phone.register(3600);
  assert.deepEqual(await run('server.announce', { body: 'Supper!', subject: 'Now' }, as('operator')), { told: 1 });
  await phone.expect('MESSAGE {any} SIP/2.0\n\nSupper!');
  const { ended } = (await run('user.end-sessions', { address: 'romeo' }, as('help-desk'))) as { ended: string[] };
  assert.equal(ended.length, 1);
  assert.deepEqual(await run('user.list', { state: 'online' }, as('monitor')), []);
  phone.drop();
});
