/**
 * RFC 6121 §2: Managing the Roster, with versioning (§2.6, once XEP-0237).
 * The contact list as clients see and edit it.
 */
import type { Home } from '#accounts/home.ts';
import type { Contact } from '#contacts/contact.ts';
import { contactsOf } from '#contacts/contact-list.ts';
import { putContact } from '#contacts/editing.ts';
import { contactChanged } from '#contacts/hooks.ts';
import { removeContact } from '#contacts/subscribing.ts';
import { type Element, element } from '#xml/element.ts';
import { serialize } from '#xml/serializer.ts';
import { type IqRequest, xmppFeature } from '../feature.ts';
import type { Session } from '../session.ts';
import { Jid } from '../wire/jid.ts';
import { NS_CLIENT, NS_ROSTER } from '../wire/namespaces.ts';
import { StanzaError } from '../wire/stanza-error.ts';

const NS_VERSIONING = 'urn:xmpp:features:rosterver';

export const roster = xmppFeature({
  spec: 'RFC 6121 §2',
  title: 'Roster',
  version: '',
  status: 'complete',
  note: 'With versioning (§2.6, XEP-0237).',
  setup(xmpp) {
    xmpp.streamFeature('after-sign-in', () => element('ver', NS_VERSIONING));
    // Anyone may try, to be told what the RFC says: forbidden (§2.3.3).
    xmpp.onIqGet({ ns: NS_ROSTER, name: 'query', by: 'anyone' }, getRoster);
    xmpp.onIqSet({ ns: NS_ROSTER, name: 'query', by: 'anyone' }, setRoster);
    xmpp.on(contactChanged, 'push', ({ home, address, before, after, version }) => {
      if (!before?.listed && !after?.listed) return;
      for (const device of home.devices.values()) {
        if (device.edge === 'xmpp' && device.wantsContacts) push(device as Session, address, version, after);
      }
    });
  },
});

/** §2.1.3, §2.2, §2.6.3: the whole list, or nothing and then a push for each thing that the client has missed. */
function getRoster({ session, home, isOwner, payload }: IqRequest): Element | undefined {
  if (!isOwner) throw new StanzaError('forbidden');
  session.wantsContacts = true;
  const known = readVersion(home, payload.attribute('ver'));
  const list = contactsOf(home);
  const listed = [...list.all()].filter((contact) => contact.listed);
  const missed = known === undefined ? undefined : list.since(known);
  if (known !== undefined && missed !== undefined && missed.length <= listed.length) {
    queueMicrotask(() => pushMissed(session, known));
    return undefined;
  }
  return element('query', NS_ROSTER, { ver: writeVersion(home, list.version) }, ...listed.map(renderItem));
}

/** After the empty result has been sent. What has changed meanwhile is among it, so nothing older comes after. */
function pushMissed(session: Session, known: number): void {
  const missed = contactsOf(session.home).since(known) ?? [];
  for (const { address, version, contact } of missed) push(session, address, version, contact);
}

/** §2.3, §2.4, §2.5. */
async function setRoster({ home, isOwner, payload }: IqRequest): Promise<undefined> {
  if (!isOwner) throw new StanzaError('forbidden');
  const items = payload.elements();
  const item = items[0];
  if (items.length !== 1 || !item?.is('item', NS_ROSTER)) {
    throw new StanzaError('bad-request', { text: 'A roster set has one item (RFC 6121 section 2.3.3).' });
  }
  const jid = item.attribute('jid');
  if (jid === undefined) throw new StanzaError('bad-request', { text: 'An item has a jid.' });
  const address = Jid.parse(jid).bare;
  if (item.attribute('subscription') === 'remove') return void (await removeContact(home, address));
  if (address === home.address) throw new StanzaError('not-allowed', { text: 'An account is not its own contact.' });
  const groups = item.elements().filter((child) => child.is('group', NS_ROSTER));
  await putContact(home, { address, name: item.attribute('name') ?? '', groups: groups.map((group) => group.text()) });
}

/** §2.1.6. */
function push(session: Session, address: string, version: number, contact: Contact | undefined): void {
  const item = contact?.listed
    ? renderItem(contact)
    : element('item', NS_ROSTER, { jid: address, subscription: 'remove' });
  const query = element('query', NS_ROSTER, { ver: writeVersion(session.home, version) }, item);
  const iq = element('iq', NS_CLIENT, { type: 'set', id: `push-${version}`, to: session.jid.full }, query);
  session.sendText(serialize(iq, NS_CLIENT));
}

/** §2.1.2. */
function renderItem({ address, name, groups, subscription, pendingOut, approved }: Contact): Element {
  return element(
    'item',
    NS_ROSTER,
    {
      jid: address,
      name: name === '' ? undefined : name,
      subscription,
      ask: pendingOut ? 'subscribe' : undefined,
      approved: approved ? 'true' : undefined,
    },
    ...groups.map((group) => element('group', NS_ROSTER, {}, group)),
  );
}

/** A version names the account's id too: an account made anew under an old address begins another count. */
function writeVersion(home: Home, version: number): string {
  return `${home.account.id}.${version}`;
}

function readVersion(home: Home, text: string | undefined): number | undefined {
  const [, account, version] = /^(\d{1,15})\.(\d{1,15})$/.exec(text ?? '') ?? [];
  return Number(account) === home.account.id ? Number(version) : undefined;
}
