/** §4.23 to §4.31: words to everybody, who administers, and the end of it. */
import { noticeDelete, noticeList, noticeSet, serverAnnounce } from '#commands/announce.ts';
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

type Kind = 'motd' | 'welcome';

const TITLES: Readonly<Record<Kind, string>> = { motd: 'Message of the Day', welcome: 'Welcome Message' };

/** §4.24, §4.25, §4.27. @param again whether those are told as well who have seen the one before it */
const setNotice = (verb: 'Set' | 'Edit', kind: Kind, again: boolean): AdHocNode => ({
  node: nodeName(`${verb.toLowerCase()}-${kind}`),
  name: `${verb} ${TITLES[kind]}`,
  role: noticeSet.role,
  async form(call) {
    const values = (await current(call, kind))?.body.split('\n') ?? [];
    return form(`${verb === 'Set' ? 'Setting' : 'Editing'} the ${TITLES[kind]}`, {
      name: kind,
      type: 'text-multi',
      label: TITLES[kind],
      required: true,
      values,
    });
  },
  async run(call, filled) {
    const body = filled?.list(kind).join('\n') ?? '';
    if (body === '') throw missing(kind);
    const subject = again ? '' : ((await current(call, kind))?.subject ?? '');
    await call.run(noticeSet.name, { kind, body, subject, again });
    return {};
  },
});

/** §4.26, §4.28. */
const deleteNotice = (kind: Kind): AdHocNode => ({
  node: nodeName(`delete-${kind}`),
  name: `Delete ${TITLES[kind]}`,
  role: noticeDelete.role,
  async run(call) {
    await call.run(noticeDelete.name, { kind });
    return {};
  },
});

async function current(call: AdHocCall, kind: Kind) {
  const notices = noticeList.output.parse(await call.run(noticeList.name, {}));
  return notices.find((notice) => notice.kind === kind);
}

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

export const serverNodes: readonly AdHocNode[] = [
  announce,
  setNotice('Set', 'motd', true),
  setNotice('Edit', 'motd', false),
  deleteNotice('motd'),
  setNotice('Set', 'welcome', true),
  deleteNotice('welcome'),
  editAdmin,
  shutdown,
];
