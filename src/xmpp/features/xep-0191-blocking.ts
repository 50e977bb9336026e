/**
 * XEP-0191: Blocking Command, version 1.3.
 * People block addresses, and neither hear from them nor are seen by them; whatever protocol those speak.
 */
import type { Home } from '#accounts/home.ts';
import { Failure } from '#base/failure.ts';
import { blockListOf, covers, isBlocked } from '#contacts/block-list.ts';
import { contactsOf, isSubscribedFrom } from '#contacts/contact-list.ts';
import { addressesBlocking, type BlockListChange, blockListChanged, subscriptionArriving } from '#contacts/hooks.ts';
import { messageFromAccount, messageToAccount, waitingMessage } from '#messaging/hooks.ts';
import { presenceArriving, presenceLeaving, probeArriving, probeLeaving } from '#presence/hooks.ts';
import { probeOne } from '#presence/probes.ts';
import { tellCurrent, tellGone } from '#presence/publishing.ts';
import { type Element, element } from '#xml/element.ts';
import { xmppFeature } from '../feature.ts';
import { iqToAccount, iqToSession, stanzaLeaving } from '../hooks.ts';
import { leaveSome } from '../presence.ts';
import type { Session } from '../session.ts';
import { Jid } from '../wire/jid.ts';
import { NS_CLIENT } from '../wire/namespaces.ts';
import { StanzaError } from '../wire/stanza-error.ts';

const NS = 'urn:xmpp:blocking';

export const blocking = xmppFeature({
  spec: 'XEP-0191',
  title: 'Blocking Command',
  version: '1.3',
  status: 'complete',
  note: 'Blocking is polite: subscriptions stay. Blocking the domain of the server leaves the server itself within reach.',
  disco: [NS],
  setup(xmpp) {
    /** Who is told of changes (§3.2, §3.3). */
    const asked = new WeakSet<Session>();

    xmpp.onIqGet({ ns: NS, name: 'blocklist' }, ({ home, session }) => {
      asked.add(session);
      return element('blocklist', NS, {}, ...writeItems(blockListOf(home).addresses));
    });
    xmpp.onIqSet({ ns: NS, name: 'block' }, async ({ home, payload }) => {
      await blockListOf(home).block(readItems(payload));
      return undefined;
    });
    xmpp.onIqSet({ ns: NS, name: 'unblock' }, async ({ home, payload }) => {
      // §3.5. One that has children and no item is no command to unblock all.
      if (payload.elements().length === 0) await blockListOf(home).unblockAll();
      else await blockListOf(home).unblock(readItems(payload));
      return undefined;
    });
    xmpp.on(blockListChanged, 'push', ({ home, action, named }) => {
      for (const device of home.devices.values()) {
        if (asked.has(device as Session)) push(device as Session, action, named);
      }
    });
    xmpp.on(addressesBlocking, 'tell', leave);
    xmpp.on(blockListChanged, 'tell', showAgain);

    // What the owner says to somebody who is blocked (§3.3): an error. What is said in the owner's name: nothing.
    xmpp.on(messageFromAccount, 'block', ({ sender, to }) => {
      if (isBlocked(sender!, to.address, to.device)) throw refused();
    });
    xmpp.on(stanzaLeaving, 'block', ({ session, to }) => {
      if (isBlocked(session.home, to.bare, to.resource)) throw refused();
    });
    xmpp.on(presenceLeaving, 'block', ({ home, other, otherDevice }) => stopIf(isBlocked(home, other, otherDevice)));
    xmpp.on(probeLeaving, 'block', ({ home, to }) => stopIf(isBlocked(home, to)));

    // What somebody says who is blocked: nobody is there for messages and requests, the rest is dropped.
    xmpp.on(messageToAccount, 'block', ({ receiver, from }) => stopIf(isBlocked(receiver!, from.address, from.device)));
    xmpp.on(waitingMessage, 'block', (waiting) => {
      if (blockListOf(waiting.home).addresses.size === 0) return undefined;
      const { bare, resource } = Jid.parse(waiting.element.attributes.from ?? waiting.home.address);
      return stopIf(isBlocked(waiting.home, bare, resource));
    });
    xmpp.on(presenceArriving, 'block', ({ home, other, otherDevice }) => stopIf(isBlocked(home, other, otherDevice)));
    xmpp.on(probeArriving, 'block', ({ home, from, fromDevice }) => stopIf(isBlocked(home, from, fromDevice)));
    xmpp.on(subscriptionArriving, 'block', ({ home, from }) => stopIf(isBlocked(home, from)));
    xmpp.on(iqToAccount, 'block', ({ home, from }) => stopIf(isBlocked(home, from.bare, from.resource)));
    xmpp.on(iqToSession, 'block', ({ session, from }) => {
      const { bare, resource } = Jid.parse(from);
      return stopIf(isBlocked(session.home, bare, resource));
    });
  },
});

const stopIf = (blocked: boolean) => (blocked ? 'stop' : undefined);

const refused = () => new Failure('blocked', 'You have blocked this address. Unblock it to write to it.');

/** @throws {StanzaError} 'bad-request', 'jid-malformed' */
function readItems(payload: Element): string[] {
  const items = payload.elements().filter((child) => child.is('item', NS));
  if (items.length === 0) throw new StanzaError('bad-request', { text: 'There is no item.' });
  return items.map((item) => {
    const jid = item.attribute('jid');
    if (jid === undefined) throw new StanzaError('bad-request', { text: 'An item has a jid.' });
    try {
      return Jid.parse(jid).full;
    } catch (error) {
      if (error instanceof Failure) throw new StanzaError('jid-malformed', { text: error.message });
      throw error;
    }
  });
}

const writeItems = (addresses: Iterable<string>) => Array.from(addresses, (jid) => element('item', NS, { jid }));

let pushes = 0;

function push(session: Session, action: BlockListChange['action'], named: readonly string[]): void {
  const id = `block-push-${++pushes}`;
  const payload = element(action, NS, {}, ...writeItems(named));
  session.send(element('iq', NS_CLIENT, { type: 'set', id, to: session.jid.full }, payload));
}

/** §3.3: the account becomes unavailable to those who will be blocked and may see it, or were shown it. */
function leave({ home, changed }: BlockListChange): void {
  for (const { bare, resource } of watchersAmong(home, changed)) tellGone(home, bare, resource || undefined);
  const addresses = new Set(changed);
  for (const device of home.devices.values()) {
    if (device.edge === 'xmpp') leaveSome(device as Session, (to) => covers(addresses, to.bare, to.resource));
  }
}

/** §3.4: those who may see the account are told what it says now. It is told what they say, too. */
function showAgain({ home, action, changed }: BlockListChange): void {
  if (action === 'block') return;
  for (const { bare, resource } of watchersAmong(home, changed)) tellCurrent(home, bare, resource || undefined);
  const bares = new Set(changed.map((address) => Jid.parse(address).bare));
  const watched = contactsOf(home).watched.filter((address) => covers(bares, address, ''));
  for (const device of home.devices.values()) {
    if (device.publication !== undefined) for (const address of watched) probeOne(device, address);
  }
}

/** Who may see the account, of those whom addresses cover: each once, with all devices, or with the one that is named. */
function watchersAmong(home: Home, addresses: readonly string[]): Jid[] {
  const covered = new Set(addresses);
  const entirely = contactsOf(home).watchers.filter((watcher) => covers(covered, watcher, ''));
  const named = addresses.map((address) => Jid.parse(address)).filter(({ isBare }) => !isBare);
  const partly = named.filter(({ bare }) => isSubscribedFrom(home, bare) && !covers(covered, bare, ''));
  return [...entirely.map((watcher) => Jid.parse(watcher)), ...partly];
}
