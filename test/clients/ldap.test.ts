/** Users from a real OpenLDAP server. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { silentLog } from '#base/log.ts';
import { Directory } from '#directory/directory.ts';
import { LdapSync } from '#directory/ldap/ldap-sync.ts';
import type { Fields } from '#directory/object.ts';
import type { Database } from '#store/database.ts';
import { migrate } from '#store/migrate.ts';
import { migrations } from '#store/migrations/all.ts';
import { sqliteStore } from '../contract/stores.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { ADMIN, ADMIN_PASSWORD, BASE, ldifOf, personEntry, type Slapd, startSlapd } from './slapd.ts';

const PEOPLE = 2500;
const dnOf = (uid: string) => `uid=${uid},ou=people,${BASE}`;
const groupDn = (cn: string) => `cn=${cn},ou=groups,${BASE}`;
const group = (cn: string, ...member: string[]) => ({ dn: groupDn(cn), objectClass: 'groupOfNames', cn, member });

describe('users from OpenLDAP', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-ldap-'));
  const store = sqliteStore();
  const clock = new FakeClock();
  let slapd: Slapd;
  let database: Database;
  let directory: Directory;
  let sync: LdapSync;

  before(async () => {
    const crowd = Array.from({ length: PEOPLE }, (_, i) => personEntry(`user${i}`, { departmentNumber: 'Crowd' }));
    slapd = await startSlapd(
      folder,
      ldifOf(
        ...crowd,
        personEntry('ana', { manager: dnOf('boss'), title: 'Engineer', telephoneNumber: '+34 1' }),
        personEntry('boss', { mail: 'The.Boss@example.test' }),
        // A group in a group, which is in the first again.
        group('staff', dnOf('boss'), groupDn('engineers')),
        group('engineers', dnOf('ana'), groupDn('staff')),
      ),
    );
    await store.start();
    database = await store.fresh();
    await migrate(database, migrations, clock);
    directory = new Directory({
      database,
      clock,
      domain: 'example.test',
      version: '9.0.1.10000-1',
      iterations: 4096,
      bind: (user, password) => sync.bind(user, password),
    });
    await directory.start();
    sync = new LdapSync({ directory, clock, log: silentLog() });
    await directory.add('FeatureGroupTemplate', {
      name: 'Presence',
      homeCluster: true,
      imAndUcPresenceEnable: true,
      maxDeskPickupWait: 10_000,
      remoteDestinationLimit: 4,
      BLFPresenceGp: 'Standard Presence group',
    });
  });

  after(async () => {
    await sync?.stop();
    await slapd?.stop();
    await database?.close();
    await store.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const agreement = (name: string, more: Fields = {}) =>
    directory.add('LdapDirectory', {
      name,
      ldapDn: ADMIN,
      ldapPassword: ADMIN_PASSWORD,
      userSearchBase: `ou=people,${BASE}`,
      servers: [{ hostName: '127.0.0.1', ldapPortNumber: slapd.port, sslEnabled: false }],
      ...more,
    });
  const user = async (userid: string) => (await directory.get('User', { name: userid }))?.fields;

  test('groups in groups, also in circles: only their members are read; the template enables them', async () => {
    const uuid = await agreement('staff', {
      userSearchBase: BASE,
      ldapFilterForGroups: '(cn=staff)',
      featureGroupTemplate: 'Presence',
    });
    const dry = await sync.run(uuid, { dryRun: true });
    assert.deepEqual([dry.added, dry.phase], [2, 'done']);
    assert.equal(await user('ana'), undefined);
    const run = await sync.run(uuid);
    assert.deepEqual([run.added, run.updated, run.aside], [2, 0, []]);
    const ana = (await user('ana'))!;
    assert.deepEqual(
      [ana.lastName, ana.mailid, ana.title, ana.manager, ana.telephoneNumber, ana.imAndPresenceEnable],
      ['Name of ana', 'ana@example.test', 'Engineer', 'boss', '+34 1', true],
    );
    const again = await sync.run(uuid);
    assert.deepEqual([again.added, again.updated, again.deactivated], [0, 0, 0]);
  });

  test('what LDAP owns is not changed here, and the rest is', async () => {
    await assert.rejects(directory.update('User', { name: 'ana' }, { title: 'Queen' }), /comes from LDAP/);
    await directory.update('User', { name: 'ana' }, { calendarPresence: true });
    assert.equal((await user('ana'))?.calendarPresence, true);
  });

  test('sign-in asks LDAP: the right password, a wrong one, an empty one, and a name that is a filter', async () => {
    assert.equal((await directory.authenticate('ana', { password: 'secret of ana' })).ok, true);
    assert.equal((await directory.authenticate('ana', { password: 'secret of boss' })).ok, false);
    assert.equal((await directory.authenticate('ana', { password: '' })).ok, false);
    assert.equal((await directory.authenticate('a*', { password: 'secret of ana' })).ok, false);
  });

  test(`${PEOPLE} people are read by pages, though the server gives 1,000 at once at most`, async () => {
    const uuid = await agreement('crowd', { ldapFilter: '(departmentNumber=Crowd)' });
    const run = await sync.run(uuid);
    assert.deepEqual([run.added, run.aside.length], [PEOPLE, 0]);
    assert.equal(await directory.count('User', { department: 'Crowd' }), PEOPLE);
    assert.match(await sync.status(uuid), /2500 added/);
  });

  test('a filter that matches nobody takes nobody away; one that matches few neither, unless by force', async () => {
    const [crowd] = await directory.list('LdapDirectory', { name: 'crowd' });
    const filter = (ldapFilter: string) => directory.update('LdapDirectory', { uuid: crowd!.uuid }, { ldapFilter });
    await filter('(departmentNumber=None)');
    await assert.rejects(sync.run(crowd!.uuid), /nobody who fits/);
    await filter('(uid=user1*)');
    await assert.rejects(sync.run(crowd!.uuid), /not in LDAP any more: nothing was changed/);
    assert.equal((await user('user2'))?.status, 1);
    const forced = await sync.run(crowd!.uuid, { force: true });
    assert.ok(forced.deactivated > 1000);
    assert.equal((await user('user2'))?.status, 0);
    await filter('(departmentNumber=Crowd)');
    const back = await sync.run(crowd!.uuid);
    assert.equal(back.updated, forced.deactivated);
    assert.equal((await user('user2'))?.status, 1);
    assert.equal(await directory.count('User', { department: 'Crowd' }), PEOPLE);
  });

  test('a filter that is none, and a base that is not there, change nothing and say so', async () => {
    const [crowd] = await directory.list('LdapDirectory', { name: 'crowd' });
    await directory.update('LdapDirectory', { uuid: crowd!.uuid }, { ldapFilter: '(uid=*' });
    await assert.rejects(sync.run(crowd!.uuid), (error: { kind?: string }) => error.kind !== undefined);
    await directory.update(
      'LdapDirectory',
      { uuid: crowd!.uuid },
      { ldapFilter: '', userSearchBase: 'ou=none,dc=test' },
    );
    await assert.rejects(sync.run(crowd!.uuid), (error: { kind?: string }) => error.kind === 'unavailable');
    assert.equal(await directory.count('User', { department: 'Crowd', status: '1' }), PEOPLE);
  });

  test('a wrong password of the agreement is told apart from a server that is gone; the next server is asked', async () => {
    const dead = { hostName: '127.0.0.1', ldapPortNumber: 1, sslEnabled: false };
    const live = { hostName: '127.0.0.1', ldapPortNumber: slapd.port, sslEnabled: false };
    const uuid = await agreement('second', {
      ldapPassword: 'wrong',
      servers: [dead, live],
      ldapFilter: '(uid=user7)',
    });
    await assert.rejects(sync.run(uuid), /does not take the password of cn=admin/);
    await directory.update('LdapDirectory', { uuid }, { ldapPassword: ADMIN_PASSWORD });
    const run = await sync.run(uuid);
    assert.match(run.aside[0]!.reason, /comes from another LDAP directory/);
    await directory.update('LdapDirectory', { uuid }, { servers: [dead] });
    await assert.rejects(sync.run(uuid), /no LDAP server of second answers/);
  });

  test('a server that dies while it is read changes nothing', async () => {
    const [crowd] = await directory.list('LdapDirectory', { name: 'crowd' });
    const { uuid } = crowd!;
    await directory.update('LdapDirectory', { uuid }, { userSearchBase: `ou=people,${BASE}` });
    const broken = assert.rejects(sync.run(uuid), (error: { kind?: string }) => error.kind === 'unavailable');
    const run = () => sync.runs().find(({ agreement, phase }) => agreement === 'crowd' && phase === 'reading');
    for (let read = 0; read === 0; read = run()?.read ?? 0) await new Promise((resolve) => setImmediate(resolve));
    await slapd.stop();
    await broken;
    assert.equal(await directory.count('User', { department: 'Crowd', status: '1' }), PEOPLE);
    await assert.rejects(sync.bind((await directory.get('User', { name: 'ana' }))!, 'secret of ana'), /no LDAP server/);
  });
});
