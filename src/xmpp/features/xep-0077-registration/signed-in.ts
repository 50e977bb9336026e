import { accountRemoved } from '#accounts/hooks.ts';
import { leaveContacts } from '#contacts/leaving.ts';
import { type Element, element } from '#xml/element.ts';
import type { IqRequest } from '../../feature.ts';
import type { Session } from '../../session.ts';
import { Jid } from '../../wire/jid.ts';
import { NS_CLIENT } from '../../wire/namespaces.ts';
import { NS_REGISTER, readFields, refusal, refusalOf } from './fields.ts';

export interface OwnAccountSettings {
  readonly passwordChange: boolean;
  readonly removal: boolean;
}

/** §3.1: what is on file. Passwords are not: only what they can be checked against. */
export function currentRegistration({ session }: IqRequest): Element {
  return element(
    'query',
    NS_REGISTER,
    {},
    element('registered', NS_REGISTER),
    element('instructions', NS_REGISTER, {}, 'You have an account. Its password may be changed here.'),
    element('username', NS_REGISTER, {}, session.jid.local),
    element('password', NS_REGISTER),
  );
}

/** §3.2, §3.3. */
export async function setRegistration(iq: IqRequest, settings: OwnAccountSettings): Promise<undefined> {
  if (iq.payload.child('remove') !== undefined) return removeAccount(iq, settings);
  await changePassword(iq, settings);
}

async function changePassword({ payload, session }: IqRequest, settings: OwnAccountSettings): Promise<void> {
  if (!settings.passwordChange) throw refusal('not-allowed', 'Passwords are not changed this way here.');
  if (!session.stream?.secured) throw refusal('not-authorized', 'Others can read this connection: use TLS.');
  const fields = readFields(payload, `${NS_REGISTER}:changepassword`, NS_REGISTER);
  if (fields === 'cancelled') return;
  const { username, password } = fields;
  if (username === undefined || password === undefined) {
    throw refusal('bad-request', 'A user name and a password are needed.');
  }
  try {
    if (Jid.of(username, session.jid.domain).bare !== session.jid.bare) {
      throw refusal('not-allowed', 'Only your own password can be changed.');
    }
    await setPassword(session, password);
  } catch (error) {
    throw refusalOf(error, 'not-acceptable');
  }
}

/** An end user's password is Unified CM's, and comes from there. */
async function setPassword({ xmpp, jid, id }: Session, password: string): Promise<void> {
  const endUser = (await xmpp.accounts.find(jid.bare))?.endUser;
  const unifiedCm = xmpp.administration()?.context.unifiedCm;
  if (endUser === undefined) await xmpp.accounts.setPassword(jid.bare, password, id);
  else if (unifiedCm !== undefined) await unifiedCm.setPassword(endUser, password, id);
  else throw refusal('not-allowed', 'Your password is kept in Unified CM, and is changed there.');
}

/**
 * §3.2: the client is told that it is done, then that its stream is over. Who had to do with the account is told that it
 * is gone (RFC 6121 §3.2, §3.3).
 */
async function removeAccount(iq: IqRequest, settings: OwnAccountSettings): Promise<undefined> {
  const { session, home, payload, stanza } = iq;
  if (payload.elements().length !== 1) throw refusal('bad-request', 'To remove an account, nothing else is said.');
  if (!settings.removal) throw refusal('not-allowed', 'Accounts are not removed this way here.');
  if (home.account.admin) throw refusal('forbidden', 'An administrator is removed by another one.');
  if ((await session.xmpp.accounts.find(home.address))?.endUser !== undefined) {
    throw refusal('not-allowed', 'Your account belongs to an end user of Unified CM; ask your administrator.');
  }
  const { id, to } = stanza.attributes;
  const stop = home.homes.hooks.on(accountRemoved, 'farewell', ({ address }) => {
    if (address !== home.address) return;
    session.send(element('iq', NS_CLIENT, { type: 'result', id, from: to, to: session.jid.full }));
    void leaveContacts(home);
  });
  try {
    await session.xmpp.accounts.remove(home.address);
  } finally {
    stop();
  }
}
