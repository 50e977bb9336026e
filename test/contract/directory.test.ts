import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { Directory } from '#directory/directory.ts';
import type { Change, Fields } from '#directory/object.ts';
import { verifyPassword } from '#keys/credentials.ts';
import { deriveDigestKeys } from '#keys/digest-keys.ts';
import type { Database } from '#store/database.ts';
import { migrate } from '#store/migrate.ts';
import { migrations } from '#store/migrations/all.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { postgresStore, sqliteStore } from './stores.ts';

const GROUP = 'Standard Presence group';
const person = (userid: string, more: Fields = {}): Fields => ({
  userid,
  lastName: 'Capulet',
  presenceGroupName: GROUP,
  ...more,
});

for (const store of [sqliteStore(), postgresStore()]) {
  describe(`the directory on ${store.name}`, () => {
    const clock = new FakeClock();
    const told: Change[] = [];
    let database: Database;
    let directory: Directory;
    const open = (more = {}) =>
      new Directory({
        database,
        clock,
        iterations: 4096,
        domain: 'example.test',
        version: '9.0.1.10000-1',
        secret: Buffer.alloc(32, 3),
        node: 'cucm.example.test',
        ...more,
      });

    before(async () => {
      await store.start();
      database = await store.fresh();
      await migrate(database, migrations, clock);
      directory = open();
      await directory.start();
      directory.onChange((change) => void told.push(change));
    });

    after(async () => {
      await database.close();
      await store.stop();
    });

    const tell = () => told.splice(0).map(({ action, kind, changedTags }) => [action, kind, changedTags]);
    const userOf = async (userid: string) => (await directory.get('User', { name: userid }))!;
    const refused = (code: number, text?: RegExp) => (error: unknown) => {
      const { code: was, message } = error as { code: number; message: string };
      assert.equal(was, code, message);
      if (text !== undefined) assert.match(message, text);
      return true;
    };

    it('has what every Unified CM has, once however often it is started', async () => {
      await directory.start();
      await open().start();
      const names = async (kind: Parameters<Directory['list']>[0]) =>
        (await directory.list(kind, { name: '%' })).map(({ name }) => name);
      assert.deepEqual(await names('ProcessNode'), ['cucm.example.test', 'EnterpriseWideData']);
      assert.deepEqual(await names('PresenceGroup'), [GROUP]);
      assert.deepEqual(await names('ServiceProfile'), ['Default Service Profile']);
      const groups = ['Standard CCM End Users', 'Standard CCM Super Users', 'Standard CTI Enabled'];
      assert.deepEqual(await names('UserGroup'), groups);
      assert.ok((await names('UserRole')).includes('Standard AXL API Access'));
      await assert.rejects(directory.remove('PresenceGroup', { name: GROUP }), refused(5003, /standard/));
      await assert.rejects(directory.update('UserGroup', { name: groups[0]! }, { name: 'Mine' }), refused(5003));
      told.length = 0;
    });

    it('a user is added with the defaults of the schema, and found by name in any case and by uuid in any spelling', async () => {
      const uuid = await directory.add('User', person('Juliet', { mailid: 'juliet@example.test', firstName: '' }));
      assert.match(uuid, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      const juliet = await userOf('JULIET');
      assert.deepEqual(await directory.get('User', { uuid: `{${uuid.toUpperCase()}}` }), juliet);
      assert.equal(juliet.name, 'Juliet');
      assert.equal(juliet.uuid, uuid);
      const { enableCti, homeCluster, imAndPresenceEnable, maxDeskPickupWaitTime, remoteDestinationLimit } =
        juliet.fields;
      assert.deepEqual(
        [enableCti, homeCluster, imAndPresenceEnable, maxDeskPickupWaitTime, remoteDestinationLimit],
        [true, true, false, 10_000, 4],
      );
      assert.equal((juliet.fields.presenceGroupName as { name: string }).name, GROUP);
      assert.equal(juliet.fields.firstName, undefined);
      assert.deepEqual(tell(), [['a', 'User', { userid: 'Juliet' }]]);
      assert.equal(await directory.get('User', { uuid: 'nonsense' }), undefined);
      assert.equal(await directory.get('User', { name: 'nobody\0' }), undefined);
    });

    it('a name is taken once, case-blind, also by two at the same moment; a directoryUri too', async () => {
      await assert.rejects(directory.add('User', person('JULIET')), refused(-239, /UNIQUE INDEX/));
      const twins = await Promise.allSettled([1, 2, 3].map(() => directory.add('User', person('twin'))));
      assert.deepEqual(twins.map(({ status }) => status).sort(), ['fulfilled', 'rejected', 'rejected']);
      for (const twin of twins) if (twin.status === 'rejected') refused(-239)(twin.reason);
      await directory.update('User', { name: 'juliet' }, { directoryUri: 'Juliet@example.test' });
      await assert.rejects(
        directory.update('User', { name: 'twin' }, { directoryUri: 'juliet@EXAMPLE.test' }),
        refused(-239, /directoryUri/),
      );
      await directory.remove('User', { name: 'twin' });
      told.length = 0;
    });

    it('what is wrong is refused with 5003, and says what is wrong', async () => {
      const wrong: [Fields, RegExp][] = [
        [{ lastName: 'x', presenceGroupName: GROUP }, /userid is missing/],
        [person('x', { lastName: '' }), /lastName is missing/],
        [{ userid: 'x', lastName: 'x' }, /presenceGroupName is missing/],
        [person('x'.repeat(129)), /at most 128 characters/],
        [person(' x'), /space/],
        [person('x\u0001'), /control character/],
        [person('x', { firstName: '\ud800' }), /surrogate/],
        [person('x', { enableCti: 'true' }), /true or false/],
        [person('x', { maxDeskPickupWaitTime: 30_001 }), /0 to 30000/],
        [person('x', { remoteDestinationLimit: 1.5 }), /whole number/],
        [person('x', { shoeSize: 42 }), /no field shoeSize/],
        [person('x', { constructor: 'x' }), /no field constructor/],
        [person('x', { lineAppearanceAssociationForPresences: [] }), /computed/],
        [person('x', { associatedGroups: 'x' }), /is a list/],
        [person('x', { associatedGroups: [7] }), /names a UserGroup/],
        [person('x', { mailid: 'nowhere' }), /local@domain/],
        [person('x', { directoryUri: 'a@b@c' }), /local@domain/],
        [person('x', { imAndPresenceEnable: true, homeCluster: false }), /homeCluster/],
        [person('x', { calendarPresence: true }), /imAndPresenceEnable/],
        [person('x', { password: 'bell\u0007' }), /control/],
        [person('x', { primaryExtension: { pattern: '4711' } }), /associatedDevices/],
        [person('x', { primaryExtension: { routePartitionName: 'x' } }), /needs pattern/],
      ];
      for (const [fields, text] of wrong) await assert.rejects(directory.add('User', fields), refused(5003, text));
      await assert.rejects(directory.update('User', { name: 'juliet' }, { lastName: null }), refused(5003));
      await assert.rejects(directory.list('User', { password: '%' }), refused(5003, /cannot be searched/));
      await assert.rejects(
        directory.add('User', person('x', { serviceProfile: 'none' })),
        refused(-691, /serviceProfile/),
      );
      await assert.rejects(
        directory.update('User', { name: 'nobody' }, {}),
        refused(5007, /specified User was not found/),
      );
      await assert.rejects(directory.remove('User', { name: 'nobody' }), refused(5007));
      assert.equal(await directory.get('User', { name: 'x' }), undefined);
      assert.deepEqual(tell(), []);
    });

    it('an update changes what it names, empties with null, renames by the key, and tells the new values', async () => {
      await directory.update('User', { name: 'juliet' }, { department: 'Verona', title: 'Ms', enableMobility: true });
      await directory.update('User', { name: 'juliet' }, { department: null, title: '', enableMobility: null });
      assert.deepEqual(tell(), [
        ['u', 'User', { department: 'Verona', title: 'Ms', enableMobility: 'true' }],
        ['u', 'User', { department: '', title: '', enableMobility: 'false' }],
      ]);
      const { fields } = await userOf('juliet');
      assert.deepEqual([fields.department, fields.title, fields.enableMobility], [undefined, undefined, false]);
      const { uuid } = await userOf('juliet');
      assert.equal(await directory.update('User', { uuid }, { userid: 'jcapulet' }), uuid);
      assert.equal((await userOf('jcapulet')).uuid, uuid);
      assert.equal(await directory.get('User', { name: 'juliet' }), undefined);
      await directory.update('User', { uuid }, { userid: 'Juliet' });
      told.length = 0;
      await directory.update('User', { uuid }, { userid: 'Juliet', enableCti: true });
      assert.deepEqual(tell(), [], 'an update that changes nothing is none');
    });

    it('changes of one object at the same time are all kept', async () => {
      const fields = ['department', 'title', 'mobileNumber', 'homeNumber', 'pagerNumber', 'manager'];
      await Promise.all(fields.map((field) => directory.update('User', { name: 'juliet' }, { [field]: field })));
      const juliet = await userOf('juliet');
      for (const field of fields) assert.equal(juliet.fields[field], field);
      told.length = 0;
    });

    it('a password leaves keys alone; a renamed user keeps them', async () => {
      const { uuid } = await userOf('juliet');
      assert.equal(await directory.keysOf(uuid), undefined);
      assert.deepEqual(await directory.authenticate('juliet', { password: 'pencil' }), { ok: false, code: 2 });
      clock.advance(1000);
      await directory.update('User', { uuid }, { password: 'pencil', pin: '12345', digestCredentials: 'phone' });
      assert.deepEqual(tell(), [['u', 'User', { password: '', pin: '', digestCredentials: '' }]]);
      const keys = (await directory.keysOf(uuid))!;
      assert.equal(await verifyPassword(keys.scram, 'pencil'), true);
      assert.deepEqual(keys.digest, deriveDigestKeys('juliet@example.test', 'pencil'));
      assert.equal(keys.setAt, clock.now());
      for (const [secret, ok, code] of [
        [{ password: 'pencil' }, true, 0],
        [{ password: 'crayon' }, false, 1],
        [{ pin: '12345' }, true, 0],
        [{ pin: 'pencil' }, false, 1],
      ] as const) {
        assert.deepEqual(await directory.authenticate('JULIET', secret), { ok, code });
      }
      assert.deepEqual(await directory.authenticate('nobody', { password: 'pencil' }), { ok: false, code: 1 });
      await directory.update('User', { uuid }, { status: 0 });
      assert.deepEqual(await directory.authenticate('juliet', { password: 'pencil' }), { ok: false, code: 3 });
      await directory.update('User', { uuid }, { status: 1, userid: 'capulet' });
      const renamed = (await directory.keysOf(uuid))!;
      assert.deepEqual(renamed.digest, keys.digest);
      assert.equal(await verifyPassword(renamed.scram, 'pencil'), true);
      await directory.update('User', { uuid }, { userid: 'juliet', password: 'pencil' });
      await directory.add('User', person('no address', { password: 'pencil' }));
      assert.equal((await directory.authenticate('no address', { password: 'pencil' })).ok, true);
      assert.equal(await directory.keysOf((await userOf('no address')).uuid), undefined);
      const rows = await database.read('select fields from directory_objects union select keys from directory_secrets');
      assert.doesNotMatch(JSON.stringify([rows, await userOf('juliet')]), /pencil|12345|phone"/);
      await directory.update('User', { uuid }, { pin: null });
      assert.deepEqual(await directory.authenticate('juliet', { pin: '12345' }), { ok: false, code: 2 });
      told.length = 0;
    });

    it('application users and end users sign in with the roles of their groups', async () => {
      await directory.add('UserGroup', {
        name: 'Provisioning',
        userRoles: ['Standard AXL API Access', 'Standard CCM Admin Users'],
      });
      const appUser = { presenceGroupName: GROUP, password: 'sync', associatedGroups: ['provisioning'] };
      await directory.add('AppUser', { userid: 'axl', ...appUser });
      const signedIn = await directory.authenticateAny('AXL', 'sync');
      assert.deepEqual([signedIn?.kind, signedIn?.name], ['AppUser', 'axl']);
      assert.deepEqual([...signedIn!.roles].sort(), ['Standard AXL API Access', 'Standard CCM Admin Users']);
      assert.equal(await directory.authenticateAny('axl', 'wrong'), undefined);
      assert.equal(await directory.authenticateAny('nobody', 'sync'), undefined);
      await directory.update('User', { name: 'juliet' }, { associatedGroups: ['Standard CCM End Users'] });
      assert.deepEqual(await directory.authenticateAny('juliet', 'pencil'), {
        kind: 'User',
        name: 'juliet',
        roles: new Set(['Standard CCM End Users']),
      });
      await assert.rejects(directory.remove('UserRole', { name: 'Standard CCM Admin Users' }), refused(5003));
      await directory.add('UserRole', { name: 'Gardener' });
      await directory.update('UserGroup', { name: 'Provisioning' }, { userRoles: ['Gardener'] });
      await assert.rejects(directory.remove('UserRole', { name: 'gardener' }), refused(-692, /userRoles of UserGroup/));
      told.length = 0;
    });

    it('LDAP owns what it says of a user, until the user is set free', async () => {
      await directory.add('LdapDirectory', {
        name: 'AD',
        ldapDn: 'cn=sync',
        ldapPassword: 'bind me',
        userSearchBase: 'dc=example',
        servers: [{ hostName: 'ad.example.test', ldapPortNumber: 636, sslEnabled: true }],
      });
      const agreement = (await directory.get('LdapDirectory', { name: 'AD' }))!;
      assert.equal(agreement.fields.ldapPassword, undefined);
      assert.equal(await directory.ldapPasswordOf(agreement.uuid), 'bind me');
      assert.equal(await open({ secret: Buffer.alloc(32, 4) }).ldapPasswordOf(agreement.uuid), undefined);
      await directory.add('User', person('paris', { ldapDirectoryName: 'AD', department: 'Court' }));
      await assert.rejects(directory.update('User', { name: 'paris' }, { department: 'x' }), refused(5003, /LDAP/));
      await assert.rejects(directory.update('User', { name: 'paris' }, { password: 'x' }), refused(5003, /LDAP/));
      await assert.rejects(directory.remove('User', { name: 'paris' }), refused(5003, /LDAP/));
      await directory.update('User', { name: 'paris' }, { department: 'Court', imAndPresenceEnable: true });
      await directory.update('User', { name: 'paris' }, { department: 'x' }, { synchronising: true });
      const bound = open({ bind: async (user: { name: string }, password: string) => `${user.name}!` === password });
      assert.deepEqual(await bound.authenticate('paris', { password: 'paris!' }), { ok: true, code: 0 });
      assert.deepEqual(await bound.authenticate('paris', { password: 'x' }), { ok: false, code: 1 });
      await directory.update('User', { name: 'paris' }, { ldapDirectoryName: null, department: 'Own' });
      await directory.remove('User', { name: 'paris' });
      await directory.remove('LdapDirectory', { name: 'AD' });
      told.length = 0;
    });

    it('quick user and phone add makes user, phone and line at once, and the line tells whose it is', async () => {
      const quick = {
        userId: 'aruiz',
        lastName: 'Ruiz',
        firstName: 'Ana',
        password: 'pencil',
        productType: 'Cisco 7965',
        name: 'SEP001122334455',
        e164Mask: '',
        extension: '4711',
        routePartitionName: 'Internal',
      };
      const uuid = await directory.addUserPhoneAssociation(quick);
      assert.deepEqual(
        tell().map(([action, kind]) => `${action} ${kind}`),
        ['a Line', 'a Phone', 'a User'],
      );
      const { fields } = await userOf('aruiz');
      const phone = (await directory.get('Phone', { name: 'sep001122334455' }))!;
      const line = (await directory.get('Line', { name: '4711', within: { routePartitionName: 'internal' } }))!;
      assert.deepEqual(fields.associatedDevices, [{ uuid: phone.uuid, name: phone.name }]);
      assert.deepEqual(fields.primaryExtension, { pattern: '4711', routePartitionName: 'Internal' });
      const laap = { laapAssociate: true, laapProductType: 'Cisco 7965', laapDeviceName: 'SEP001122334455' };
      const whole = { ...laap, laapDirectory: '4711', laapPartition: 'Internal', laapDescription: '' };
      assert.deepEqual(fields.lineAppearanceAssociationForPresences, [whole]);
      assert.deepEqual(line.fields.associatedDevices, [{ uuid: phone.uuid, name: phone.name }]);
      assert.deepEqual(phone.fields.lines, [
        {
          index: 1,
          dirn: { uuid: line.uuid, name: '4711', routePartitionName: 'Internal' },
          associatedEndusers: [{ uuid, name: 'aruiz' }],
        },
      ]);
      assert.equal((await directory.authenticate('aruiz', { password: 'pencil' })).ok, true);
      await assert.rejects(directory.addUserPhoneAssociation(quick), refused(-239));
      await assert.rejects(directory.addUserPhoneAssociation({ ...quick, lastName: '' }), refused(5003));
      await directory.addUserPhoneAssociation({ ...quick, userId: 'second', name: 'SEP2' });
      assert.equal(await directory.count('Line', { pattern: '4711' }), 1);
      await directory.add('Line', { pattern: '4711' });
      assert.equal((await directory.get('Line', { name: '4711' }))?.fields.routePartitionName, undefined);
      await assert.rejects(directory.add('Line', { pattern: '4711', routePartitionName: 'INTERNAL' }), refused(-239));
      await directory.update(
        'User',
        { name: 'second' },
        { primaryExtension: { pattern: '4711', routePartitionName: 'internal' } },
      );
      await assert.rejects(
        directory.update('User', { name: 'second' }, { primaryExtension: { pattern: '4712' } }),
        refused(5003, /4712 is none/),
      );
      told.length = 0;
    });

    it('what is removed leaves no reference behind, and its holders are told to be read again', async () => {
      await directory.remove('Phone', { name: 'SEP2' });
      assert.deepEqual((await userOf('second')).fields.associatedDevices, []);
      assert.deepEqual(
        tell()
          .map(([action, kind]) => `${action} ${kind}`)
          .sort(),
        ['r Phone', 'u User'],
      );
      await directory.remove('User', { name: 'aruiz' });
      const phone = (await directory.get('Phone', { name: 'SEP001122334455' }))!;
      assert.equal(phone.fields.ownerUserName, undefined);
      assert.deepEqual((phone.fields.lines as Fields[])[0]?.associatedEndusers, []);
      await directory.remove('Line', { name: '4711', within: { routePartitionName: 'Internal' } });
      assert.deepEqual((await directory.get('Phone', { name: 'SEP001122334455' }))?.fields.lines, []);
      for (const table of ['users', 'search', 'secrets']) {
        const sql = `select count(*) as n from directory_${table} where object not in (select id from directory_objects)`;
        assert.equal((await database.read(sql))[0]?.n, 0);
      }
      await assert.rejects(
        directory.remove('PresenceGroup', {
          uuid: ((await userOf('juliet')).fields.presenceGroupName as { uuid: string }).uuid,
        }),
        refused(5003),
      );
      await directory.add('PresenceGroup', { name: 'Court' });
      await directory.update('User', { name: 'juliet' }, { presenceGroupName: 'court' });
      await assert.rejects(
        directory.remove('PresenceGroup', { name: 'Court' }),
        refused(-692, /presenceGroupName of User/),
      );
      await directory.update('PresenceGroup', { name: 'Court' }, { name: 'Palace' });
      assert.equal(((await userOf('juliet')).fields.presenceGroupName as { name: string }).name, 'Palace');
      await directory.update('User', { name: 'juliet' }, { presenceGroupName: GROUP });
      await directory.remove('PresenceGroup', { name: 'Palace' });
      told.length = 0;
    });

    it('a reference to what is removed at the same moment is refused, or refuses the removal', async () => {
      for (let round = 0; round < 5; round++) {
        await directory.add('ServiceProfile', { name: 'Short-lived' });
        const [used, removed] = await Promise.allSettled([
          directory.update('User', { name: 'juliet' }, { serviceProfile: 'Short-lived' }),
          directory.remove('ServiceProfile', { name: 'Short-lived' }),
        ]);
        assert.notEqual(used.status, removed.status);
        if (used.status === 'rejected') refused(-691)(used.reason);
        if (removed.status === 'rejected') refused(-692)(removed.reason);
        await directory.update('User', { name: 'juliet' }, { serviceProfile: null });
        if (removed.status === 'rejected') await directory.remove('ServiceProfile', { name: 'Short-lived' });
      }
      told.length = 0;
    });

    it('the first presence node makes its group; users are assigned to nodes of groups, and freed when they are disabled', async () => {
      const role = { processNodeRole: 'CUCM IM and Presence' };
      await assert.rejects(directory.assignPresence('juliet', 'cucm.example.test'), refused(5003, /not enabled/));
      await directory.update('User', { name: 'juliet' }, { imAndPresenceEnable: true, calendarPresence: true });
      await assert.rejects(directory.assignPresence('juliet', 'cucm.example.test'), refused(5003, /role/));
      await assert.rejects(directory.assignPresence('juliet', 'nowhere'), refused(5007, /ProcessNode/));
      await directory.add('ProcessNode', { name: 'imp1', ...role });
      await directory.add('ProcessNode', { name: 'imp2', ...role });
      await assert.rejects(directory.assignPresence('juliet', 'imp2'), refused(5003, /redundancy group/));
      const name = 'DefaultCUPSubcluster';
      await assert.rejects(
        directory.update('PresenceRedundancyGroup', { name }, { haEnabled: true }),
        refused(5003, /server2/),
      );
      await assert.rejects(
        directory.update('PresenceRedundancyGroup', { name }, { server2: 'imp1' }),
        refused(5003, /the same/),
      );
      await assert.rejects(
        directory.add('PresenceRedundancyGroup', { name: 'Second', server1: 'imp1' }),
        refused(5003, /already/),
      );
      await directory.update('PresenceRedundancyGroup', { name }, { server2: 'imp2', haEnabled: true });
      told.length = 0;
      await directory.assignPresence('juliet', 'IMP2');
      await directory.assignPresence('juliet', 'imp1');
      await directory.assignPresence('juliet', 'imp1');
      assert.deepEqual(tell(), [
        ['a', 'AssignedPresenceUsers', { userid: 'juliet', server: 'imp2' }],
        ['u', 'AssignedPresenceUsers', { userid: 'juliet', server: 'imp1' }],
      ]);
      const [assigned] = await directory.listPresence('assigned', { server: 'IMP%', presenceRedundancyGroup: '%cup%' });
      assert.deepEqual([assigned?.userid, assigned?.server?.name, assigned?.group?.name], ['juliet', 'imp1', name]);
      assert.equal((await directory.get('PresenceRedundancyGroup', { name }))?.fields.numUsers, 1);
      assert.equal((await directory.list('PresenceRedundancyGroup', { name: '%' }))[0]?.fields.numUsers, 1);
      await assert.rejects(directory.remove('ProcessNode', { name: 'imp1' }), refused(-692));
      await assert.rejects(directory.update('ProcessNode', { name: 'imp1' }, { processNodeRole: null }), refused(5003));
      await directory.update('User', { name: 'juliet' }, { imAndPresenceEnable: false });
      assert.deepEqual(tell(), [
        ['r', 'AssignedPresenceUsers', { userid: 'juliet' }],
        ['u', 'User', { imAndPresenceEnable: 'false', calendarPresence: 'false' }],
      ]);
      assert.deepEqual(await directory.listPresence('assigned', { userid: '%' }), []);
      await directory.update('User', { name: 'juliet' }, { imAndPresenceEnable: true });
      assert.deepEqual(
        (await directory.listPresence('unassigned', { userid: 'jul%' })).map(({ userid }) => userid),
        ['juliet'],
      );
      await directory.assignPresence('juliet', 'imp1');
      await directory.unassignPresence('juliet');
      await directory.unassignPresence('juliet');
      await directory.assignPresence('juliet', 'imp1');
      told.length = 0;
    });

    it('a feature group template gives a user what it says, by the names that users have for it', async () => {
      const template = { name: 'Staff', maxDeskPickupWait: 5000, remoteDestinationLimit: 2, BLFPresenceGp: GROUP };
      await assert.rejects(directory.add('FeatureGroupTemplate', { name: 'Staff' }), refused(5003, /is missing/));
      await assert.rejects(
        directory.add('FeatureGroupTemplate', { ...template, meetingInformation: true }),
        refused(5003, /imAndUcPresenceEnable/),
      );
      await directory.add('FeatureGroupTemplate', {
        ...template,
        imAndUcPresenceEnable: true,
        meetingInformation: true,
        allowCTIControl: false,
        serviceProfile: 'Default Service Profile',
      });
      await directory.applyTemplate('second', 'staff');
      const { fields } = await userOf('second');
      assert.deepEqual(
        [fields.imAndPresenceEnable, fields.calendarPresence, fields.enableCti, fields.maxDeskPickupWaitTime],
        [true, true, false, 5000],
      );
      assert.equal((fields.serviceProfile as { name: string }).name, 'Default Service Profile');
      await assert.rejects(directory.applyTemplate('second', 'none'), refused(5007, /FeatureGroupTemplate/));
      told.length = 0;
    });

    it('one service profile is the default', async () => {
      await directory.add('ServiceProfile', { name: 'Ours', isDefault: true });
      const defaults = await directory.list('ServiceProfile', { isDefault: 'true' });
      assert.deepEqual(
        defaults.map(({ name }) => name),
        ['Ours'],
      );
      told.length = 0;
    });

    it('licences: one device is UCL, more are CUWL, and none is Jabber for Everyone', async () => {
      assert.deepEqual(await directory.licenseReport(), {
        enabled: 2,
        byEntitlement: [
          { entitlement: 'User Connect Licensing', users: 1 },
          { entitlement: 'Unified Workspace Licensing', users: 0 },
          { entitlement: 'Jabber for Everyone', users: 1 },
        ],
        withoutTelephony: 1,
      });
      await directory.add('Phone', { name: 'CSFJULIET', product: 'Jabber', ownerUserName: 'juliet' });
      await directory.update('User', { name: 'juliet' }, { associatedDevices: ['CSFJULIET'] });
      const usersOf = async () => (await directory.licenseReport()).byEntitlement.map(({ users }) => users);
      assert.deepEqual(await usersOf(), [2, 0, 0]);
      await directory.update('User', { name: 'juliet' }, { associatedDevices: ['CSFJULIET', 'SEP001122334455'] });
      assert.deepEqual(await usersOf(), [1, 1, 0]);
      told.length = 0;
    });

    it('the change queue is followed from where one stands, page by page, and says when it is not known any more', async () => {
      const first = await directory.changes();
      assert.deepEqual([first.changes, first.reset, first.nextStartChangeId], [[], false, first.lastChangeId + 1]);
      const cursor = { queueId: first.queueId, startChangeId: first.nextStartChangeId };
      await directory.add('User', person('mercutio'));
      await directory.update('PresenceGroup', { name: GROUP }, { description: 'all' });
      const next = await directory.changes(cursor, ['User']);
      assert.deepEqual(
        next.changes.map(({ action, kind, changedTags, doGet }) => [action, kind, changedTags, doGet]),
        [['a', 'User', { userid: 'mercutio' }, true]],
      );
      assert.equal(next.nextStartChangeId, next.lastChangeId + 1);
      const after = await directory.changes({ queueId: next.queueId, startChangeId: next.nextStartChangeId });
      assert.deepEqual([after.changes, after.nextStartChangeId], [[], next.nextStartChangeId]);
      const restarted = open();
      await restarted.start();
      assert.equal((await restarted.changes(cursor)).reset, false);
      for (const bad of [
        { ...cursor, queueId: 'other' },
        { ...cursor, startChangeId: next.lastChangeId + 2 },
        { ...cursor, startChangeId: next.firstChangeId - 1 },
      ]) {
        assert.equal((await directory.changes(bad)).reset, true);
      }
      told.length = 0;
    });

    it('the change queue is cut at its bound, and another one once it was lost', async () => {
      const short = open({ maxChanges: 5 });
      await short.start();
      const { queueId } = await short.changes();
      for (let i = 0; i < 10; i++) await short.update('User', { name: 'mercutio' }, { title: `${i}` });
      // Carried out after what was queued before it.
      await database.write({ sql: 'delete from directory_changes where id < 0' });
      const { firstChangeId, lastChangeId } = await short.changes();
      assert.ok(lastChangeId - firstChangeId < 15);
      assert.equal((await short.changes({ queueId, startChangeId: firstChangeId - 1 })).reset, true);
      await database.write({ sql: 'delete from directory_changes' });
      const again = open();
      await again.start();
      assert.notEqual((await again.changes()).queueId, queueId);
      directory = again;
      directory.onChange((change) => void told.push(change));
    });

    it('a search is SQL LIKE, case-blind, whatever it holds', async () => {
      const names = ['a%b', 'a_b', 'a!b', 'A\\b', 'ab', "a'b", 'axxb', 'straße', 'ÉCOLE'];
      for (const name of names) await directory.add('PresenceGroup', { name, description: name });
      const atom = fc.constantFrom('a', 'B', 'x', '%', '_', '!', '\\', "'", 'é', 'ß');
      await fc.assert(
        fc.asyncProperty(fc.string({ unit: atom, minLength: 1, maxLength: 6 }), async (pattern) => {
          const expected = names.filter((name) => isLike(name, pattern)).sort();
          for (const field of ['name', 'description']) {
            const found = await directory.list('PresenceGroup', { [field]: pattern });
            const ours = found.map(({ name }) => name).filter((name) => names.includes(name));
            assert.deepEqual(ours.sort(), expected, pattern);
            assert.equal(await directory.count('PresenceGroup', { [field]: pattern }), found.length);
          }
        }),
        { numRuns: 150 },
      );
      assert.deepEqual(await directory.list('User', { userid: '' }), []);
      await assert.rejects(directory.list('User', { userid: 'a%'.repeat(17) }), refused(5003));
      await assert.rejects(directory.list('User', { userid: '\0' }), refused(5003));
    });

    it('pages put together are the whole, in the order of the keys', async () => {
      for (let i = 0; i < 30; i++) await directory.add('User', person(`page${String(i * 7919).slice(-3)}${i}`));
      const all = await directory.list('User', { userid: 'PAGE%', lastName: 'cap%', imAndPresenceEnable: 'f' });
      assert.equal(all.length, 30);
      const names = all.map(({ name }) => name);
      assert.deepEqual(names, [...names].sort());
      await fc.assert(
        fc.asyncProperty(fc.nat(35), fc.nat(35), async (skip, first) => {
          const page = await directory.list('User', { userid: 'page%' }, { skip, first });
          assert.deepEqual(
            page.map(({ name }) => name),
            names.slice(skip, skip + first),
          );
        }),
        { numRuns: 50 },
      );
    });

    // The embedded store has the whole crowd; for the other one a part of it shows the same.
    const total = store.name === 'SQLite' ? 15_000 : 3000;
    it(`${total} users are added many at a time and read in slices`, async () => {
      const add = (i: number) =>
        directory.add(
          'User',
          person(`mass${i}`, { firstName: `First ${i}`, associatedGroups: ['Standard CCM End Users'] }),
        );
      for (let from = 0; from < total; from += 500) {
        await Promise.all(Array.from({ length: 500 }, (_, i) => add(from + i)));
      }
      assert.equal(await directory.count('User', { userid: 'mass%' }), total);
      let turns = 0;
      let reading = true;
      const turn = () => {
        turns++;
        if (reading) setImmediate(turn);
      };
      setImmediate(turn);
      const seen = new Set<string>();
      for await (const { name, fields } of directory.iterate('User', { userid: 'mass%' })) {
        seen.add(name);
        assert.equal((fields.associatedGroups as unknown[]).length, 1);
      }
      assert.equal(seen.size, total);
      const whole = await directory.list('User', { userid: 'mass%' });
      reading = false;
      assert.equal(whole.length, total);
      // Each reading of 200 objects gives way to others twice, and all were read two times.
      assert.ok(turns >= (total / 200) * 2 * 2, `${turns}`);
    });
  });
}

/** SQL LIKE, case-blind, without an escape character. */
function isLike(text: string, pattern: string): boolean {
  const source = pattern
    .toLowerCase()
    .replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
    .replaceAll('%', '[^]*')
    .replaceAll('_', '[^]');
  return new RegExp(`^${source}$`, 'u').test(text.toLowerCase());
}
