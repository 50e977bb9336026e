/** §4.23, §4.29, §4.31: a word to everybody, who administers, and the end of it. */
import { serverAnnounce } from '#commands/announce.ts';
import { machineShutDown } from '#commands/machine.ts';
import { roleAssign, roleList, roleWithdraw } from '#commands/roles.ts';
import type { AdHocCall, AdHocNode } from '../../ad-hoc.ts';
import { form, missing, nodeName } from './form.ts';

const announce: AdHocNode = {
  node: nodeName('announce'),
  name: 'Send Announcement to Online Users',
  role: serverAnnounce.role,
  form: () =>
    form(
      'Making an Announcement',
      { name: 'subject', type: 'text-single', label: 'Subject' },
      { name: 'announcement', type: 'text-multi', label: 'Announcement', required: true },
    ),
  async run(call, filled) {
    const body = filled?.list('announcement').join('\n') ?? '';
    if (body === '') throw missing('announcement');
    const subject = filled?.text('subject') ?? '';
    const { told } = serverAnnounce.output.parse(await call.run(serverAnnounce.name, { subject, body }));
    return { note: `Sent to ${told} accounts.` };
  },
};

const editAdmin: AdHocNode = {
  node: nodeName('edit-admin'),
  name: 'Edit Admin List',
  role: roleAssign.role,
  async form(call) {
    const values = await administrators(call);
    return form('Editing the Admin List', {
      name: 'adminjids',
      type: 'jid-multi',
      label: 'Administrators',
      required: true,
      values,
    });
  },
  async run(call, filled) {
    const wanted = new Set((filled?.jids('adminjids') ?? []).map(({ bare }) => bare));
    if (wanted.size === 0) throw missing('adminjids');
    const before = await administrators(call);
    for (const address of wanted) {
      if (!before.includes(address)) await call.run(roleAssign.name, { address, role: 'administrator' });
    }
    for (const address of before) {
      if (!wanted.has(address)) await call.run(roleWithdraw.name, { address, role: 'administrator' });
    }
    return {};
  },
};

async function administrators(call: AdHocCall): Promise<string[]> {
  const holders = roleList.output.parse(await call.run(roleList.name, {}));
  return holders.filter(({ roles }) => roles.includes('administrator')).map(({ address }) => address);
}

/** A delay is not taken: who wants one announces it, and comes back. */
const shutdown: AdHocNode = {
  node: nodeName('shutdown'),
  name: 'Shut Down Service',
  role: machineShutDown.role,
  form: () => form('Shutting Down the Service', { name: 'announcement', type: 'text-multi', label: 'Announcement' }),
  async run(call, filled) {
    const body = filled?.list('announcement').join('\n') ?? '';
    if (body !== '') await call.run(serverAnnounce.name, { body });
    await call.run(machineShutDown.name, {});
    return { note: 'The server is being stopped.' };
  },
};

export const serverNodes: readonly AdHocNode[] = [announce, editAdmin, shutdown];
