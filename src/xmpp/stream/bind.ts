import { randomBytes } from 'node:crypto';
import type { Account } from '#accounts/accounts.ts';
import { Failure } from '#base/failure.ts';
import { Session } from '../session.ts';
import { Jid } from '../wire/jid.ts';
import { StanzaError } from '../wire/stanza-error.ts';
import { StreamError } from '../wire/stream-error.ts';
import type { ClientStream } from './client-stream.ts';

/**
 * Makes a signed-in client a device of its account. RFC 6120 §7. A client that asks for a resource which another one has
 * takes its place (§7.7.2.2), for that is nearly always the same client after a broken connection.
 * @param wanted  the resource that the client would like; undefined or '' lets the server choose
 * @returns undefined when the stream was closed meanwhile
 * @throws {StanzaError} 'bad-request' for a resource that is not allowed, 'resource-constraint' with too many sessions
 */
export async function bindResource(
  stream: ClientStream,
  account: Account,
  wanted: string | undefined,
): Promise<Session | undefined> {
  const { xmpp } = stream;
  const jid = fullJid(account.address, wanted);
  let home = await xmpp.homes.open(account);
  // While its home was read the account may have gone, or been closed and opened again.
  while (!stream.accountHolds) {
    await stream.confirmAccount();
    home = await xmpp.homes.open(account);
  }
  if (stream.closed) return undefined;
  if (home === undefined) throw new StreamError('not-authorized', 'The account is not there any more.');
  const before = home.devices.get(jid.resource);
  if (before === undefined && home.devices.size >= xmpp.limits.maxSessions) {
    throw new StanzaError('resource-constraint', {
      text: `${home.devices.size} clients are signed in to this account, which is the most. Sign one out first.`,
    });
  }
  before?.end('replaced');
  const session = new Session(xmpp, jid, home, stream);
  home.addDevice(session);
  stream.establish(session);
  return session;
}

function fullJid(address: string, wanted: string | undefined): Jid {
  const resource = wanted === undefined || wanted === '' ? randomBytes(9).toString('base64url') : wanted;
  try {
    return Jid.parse(address).withResource(resource);
  } catch (error) {
    if (error instanceof Failure) throw new StanzaError('bad-request', { text: error.message });
    throw error;
  }
}
