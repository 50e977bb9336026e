import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type InProcess, startInProcess } from '../../test/support/in-process.ts';
import type { CommandContext } from './command.ts';
import {
  appUserAdd,
  appUserList,
  appUserPasswd,
  appUserRemove,
  featureGroupTemplateAdd,
  featureGroupTemplateList,
  featureGroupTemplateRemove,
  licenseReport,
} from './directory.ts';

let server: InProcess;
let context: CommandContext;
before(async () => {
  server = await startInProcess();
  const { domain, node } = server.running;
  const { domains, accounts, homes, settings, log, directory } = node;
  context = { domain, domains, accounts, homes, settings, log, server: undefined, directory };
});
after(() => server.stop());

const AXL = 'Standard AXL API Access';

test('an application user signs in with just the roles that were given', async () => {
  const { directory } = server.running.node;
  const input = { name: 'axl-client', password: 'pencil', roles: [AXL, AXL] };
  assert.deepEqual(await appUserAdd.run(context, input), { name: 'axl-client', groups: [AXL] });
  const signedIn = await directory.authenticateAny('axl-client', 'pencil');
  assert.deepEqual([...signedIn!.roles], [AXL]);
  await appUserAdd.run(context, { name: 'other', password: 'pencil', roles: ['standard axl api access'] });
  await appUserPasswd.run(context, { name: 'axl-client', password: 'crayon' });
  assert.equal(await directory.authenticateAny('axl-client', 'pencil'), undefined);
  assert.ok(await directory.authenticateAny('axl-client', 'crayon'));
  const names = (await appUserList.run(context, {})).map(({ name }) => name);
  assert.ok(names.includes('axl-client') && names.includes('other'));
  await appUserRemove.run(context, { name: 'other' });
  assert.equal(await directory.authenticateAny('other', 'pencil'), undefined);
});

test('a role that is not there is refused with those that are, and nobody is added', async () => {
  await assert.rejects(
    async () => appUserAdd.run(context, { name: 'wizard', password: 'x', roles: ['Wizard'] }),
    (error: { kind: string; message: string }) => error.kind === 'not-found' && error.message.includes(AXL),
  );
  await assert.rejects(async () => appUserPasswd.run(context, { name: 'wizard', password: 'x' }), { code: 5007 });
});

test('a feature group template is added, listed and removed; a service profile that is not there is refused', async () => {
  const standard = {
    description: '',
    homeCluster: true,
    imAndPresence: true,
    meetingInformation: true,
    serviceProfile: '',
    presenceGroup: 'Standard Presence group',
    maxDeskPickupWait: 10_000,
    remoteDestinationLimit: 4,
  };
  const added = await featureGroupTemplateAdd.run(context, { ...standard, name: 'Staff' });
  assert.deepEqual([added.name, added.imAndPresence, added.presenceGroup], ['Staff', true, 'Standard Presence group']);
  assert.deepEqual(await featureGroupTemplateList.run(context, {}), [added]);
  const unknown = { ...standard, name: 'Guests', serviceProfile: 'none' };
  await assert.rejects(async () => featureGroupTemplateAdd.run(context, unknown), { code: -691 });
  await featureGroupTemplateRemove.run(context, { name: 'Staff' });
  assert.deepEqual(await featureGroupTemplateList.run(context, {}), []);
});

test('the licence report counts enabled users by what entitles them', async () => {
  const { directory } = server.running.node;
  const before = await licenseReport.run(context, {});
  const user = { userid: 'ana', lastName: 'Ruiz', presenceGroupName: 'Standard Presence group' };
  await directory.add('User', { ...user, imAndPresenceEnable: true });
  const { enabled, withoutTelephony } = await licenseReport.run(context, {});
  assert.deepEqual([enabled, withoutTelephony], [before.enabled + 1, before.withoutTelephony + 1]);
});

test('a node without a directory says where to go', async () => {
  const elsewhere = { ...context, directory: undefined };
  await assert.rejects(async () => appUserList.run(elsewhere, {}), { kind: 'unavailable' });
});
