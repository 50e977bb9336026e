/** §4.1 to §4.10: what is done with accounts, one or several. */
import { Failure } from '#base/failure.ts';
import { userContacts, userEndSessions, userStatistics } from '#commands/people.ts';
import { userAdd, userDisable, userEnable, userPasswd, userRemove } from '#commands/users.ts';
import { writeDateTime } from '#xml/date-time.ts';
import { element } from '#xml/element.ts';
import type { AdHocNode } from '../../ad-hoc.ts';
import type { Field, FilledForm } from '../../wire/data-form.ts';
import type { Jid } from '../../wire/jid.ts';
import { NS_ROSTER } from '../../wire/namespaces.ts';
import { accountJid, accountJids, forEach, form, jidsOf, missing, nodeName, oneJid, result } from './form.ts';

const password: Field = { name: 'password', type: 'text-private', label: 'Password', required: true };
const again: Field = { name: 'password-verify', type: 'text-private', label: 'Password again', required: true };

const addUser: AdHocNode = {
  node: nodeName('add-user'),
  name: 'Add User',
  role: userAdd.role,
  form: () => form('Adding a User', accountJid, password, again),
  async run(call, filled) {
    const address = oneJid(filled).bare;
    const given = filled?.text('password');
    if (given === undefined) throw missing('password');
    if (given !== filled?.text('password-verify')) throw new Failure('malformed', 'the two passwords are not the same');
    await call.run(userAdd.name, { address, password: given });
    return {};
  },
};

const changePassword: AdHocNode = {
  node: nodeName('change-user-password'),
  name: 'Change User Password',
  role: userPasswd.role,
  form: () => form('Changing a User Password', accountJid, password),
  async run(call, filled) {
    const given = filled?.text('password');
    if (given === undefined) throw missing('password');
    await call.run(userPasswd.name, { address: oneJid(filled).bare, password: given });
    return {};
  },
};

/** Commands that take an address and tell nothing. */
const forEachAccount = ([short, name, title, command]: readonly [
  string,
  string,
  string,
  { readonly name: string; readonly role: AdHocNode['role'] },
]): AdHocNode => ({
  node: nodeName(short),
  name,
  role: command.role,
  form: () => form(title, accountJids),
  async run(call, filled) {
    await forEach(jidsOf(filled), (jid) => call.run(command.name, { address: jid.bare }));
    return {};
  },
});

/** §4.5: of a full JID that session, of a bare one all. */
const endSession: AdHocNode = {
  node: nodeName('end-user-session'),
  name: 'End User Session',
  role: userEndSessions.role,
  form: () => form('Ending a User Session', accountJids),
  async run(call, filled) {
    const inputOf = ({ bare, resource }: Jid) => ({ address: bare, ...(resource !== '' && { device: resource }) });
    await forEach(jidsOf(filled), (jid) => call.run(userEndSessions.name, inputOf(jid)));
    return {};
  },
};

/** §4.8. */
const roster: AdHocNode = {
  node: nodeName('get-user-roster'),
  name: 'Get User Roster',
  role: userContacts.role,
  form: () => form('Getting a User Roster', accountJids),
  async run(call, filled) {
    const [jid, ...others] = jidsOf(filled);
    if (others.length > 0) throw new Failure('not-acceptable', 'ask for one contact list at a time');
    const contacts = userContacts.output.parse(await call.run(userContacts.name, { address: jid!.bare }));
    const payload = result({ name: 'accountjids', type: 'jid-multi', values: [jid!.bare] });
    const items = contacts.map(({ address, name, subscription, pending, groups }) =>
      element(
        'item',
        NS_ROSTER,
        { jid: address, name: name || undefined, subscription, ask: pending ? 'subscribe' : undefined },
        ...groups.map((group) => element('group', NS_ROSTER, {}, group)),
      ),
    );
    payload.children.push(element('query', NS_ROSTER, {}, ...items));
    return { payload };
  },
};

/** §4.9. When somebody signed in is not kept: told is when they were last there. */
const lastLogin: AdHocNode = {
  node: nodeName('get-user-lastlogin'),
  name: 'Get User Last Login Time',
  role: userStatistics.role,
  form: () => form('Getting the Last Login Time', accountJids),
  async run(call, filled) {
    const jids = jidsOf(filled);
    const times: string[] = [];
    for (const jid of jids) {
      const { lastSeenAt } = userStatistics.output.parse(await call.run(userStatistics.name, { address: jid.bare }));
      times.push(lastSeenAt === undefined ? '' : writeDateTime(lastSeenAt));
    }
    return {
      payload: result(
        { name: 'accountjids', type: 'jid-multi', values: jids.map(({ bare }) => bare) },
        { name: 'lastlogin', type: 'text-multi', values: times },
      ),
    };
  },
};

/** §4.10. */
const statistics: AdHocNode = {
  node: nodeName('user-stats'),
  name: 'Get User Statistics',
  role: userStatistics.role,
  form: () => form('Getting User Statistics', accountJid),
  async run(call, filled: FilledForm | undefined) {
    const input = { address: oneJid(filled).bare };
    const { contacts = 0, devices } = userStatistics.output.parse(await call.run(userStatistics.name, input));
    return {
      payload: result(
        { name: 'rostersize', type: 'text-single', values: [String(contacts)] },
        { name: 'onlineresources', type: 'text-multi', values: devices.map(({ id }) => id) },
      ),
    };
  },
};

export const userNodes: readonly AdHocNode[] = [
  addUser,
  forEachAccount(['delete-user', 'Delete User', 'Deleting a User', userRemove]),
  forEachAccount(['disable-user', 'Disable User', 'Disabling a User', userDisable]),
  forEachAccount(['reenable-user', 'Re-Enable User', 'Re-Enabling a User', userEnable]),
  endSession,
  changePassword,
  roster,
  lastLogin,
  statistics,
];
