/**
 * RFC 3994: Indication of Message Composition for Instant Messaging.
 * That somebody is writing: chat states in XMPP (XEP-0085).
 */
import { Failure } from '#base/failure.ts';
import { Delivery } from '#messaging/delivery.ts';
import { messageFromAccount } from '#messaging/hooks.ts';
import { submit } from '#messaging/submit.ts';
import { Element, element } from '#xml/element.ts';
import { composingUntil, readComposing, writeComposing } from '../../bodies/iscomposing.ts';
import type { SipDevice } from '../../device.ts';
import type { SipEdge } from '../../edge.ts';
import { sipFeature } from '../../feature.ts';
import { abilitiesOf } from '../rfc-3428-message/abilities.ts';
import { type Arriving, type Content, contentsOf, type Written } from '../rfc-3428-message/contents.ts';
import { type Composer, Composers } from './composers.ts';
import { Told } from './told.ts';

const COMPOSING_TYPE = 'application/im-iscomposing+xml';
const NS_CHAT_STATES = 'http://jabber.org/protocol/chatstates';
/** XMPP clients say once that they compose, and when they stop. This is for those that vanish meanwhile. */
const REFRESH_SECONDS = 120;

export const isComposing = sipFeature({
  spec: 'RFC 3994',
  title: 'Indication of Message Composition',
  version: '',
  status: 'complete',
  note: 'As XEP-0085. A client that refuses it once (415) is told no more.',
  setup(sip) {
    const { edge } = sip;
    const contents = contentsOf(edge);
    const composers = new Composers(edge.clock, (composer) => sayPaused(edge, composer));
    const told = new Told();
    // A message ends what was written (§3.3).
    sip.on(messageFromAccount, 'copy', ({ element, from, to }) => {
      if (composers.size > 0 && element.child('body') !== undefined) composers.delete({ from, to });
    });
    // XEP-0085 §5.1: where a message says so, it is worth a client's while to tell when it composes.
    const sayActive = ({ device }: Arriving): Element | undefined =>
      device !== undefined && abilitiesOf(device).knows(COMPOSING_TYPE) ? element('active', NS_CHAT_STATES) : undefined;
    contents.additions.add(sayActive);
    const undo = [
      () => contents.additions.delete(sayActive),
      contents.onRead(COMPOSING_TYPE, (body, _type, arriving) => read(composers, body, arriving)),
      contents.onWrite({ type: COMPOSING_TYPE, write: (message, device) => write(told, message, device) }),
    ];
    for (const withdraw of undo) sip.onStop(() => void withdraw());
    sip.onStop(() => composers.stop());
  },
});

/** @throws {SipError} 400 */
function read(composers: Composers, body: string, { sender, from, to, at }: Arriving): Content {
  const composing = readComposing(body);
  const until = composingUntil(composing, at);
  if (until === undefined) composers.delete({ from, to });
  else composers.set({ sender, from, to }, until);
  return { extensions: [element(until === undefined ? 'paused' : 'composing', NS_CHAT_STATES)] };
}

function write(told: Told, message: Element, device: SipDevice): Written | undefined {
  const { from = '', type } = message.attributes;
  const now = device.home.homes.clock.now();
  if (message.child('body') !== undefined || type === 'error' || type === 'groupchat') {
    // A message says by itself that it is written.
    told.delete(device, from, now);
    return undefined;
  }
  const state = message.firstChild(NS_CHAT_STATES)?.name;
  if (state === undefined) return undefined;
  if (state === 'composing') {
    told.add(device, from, now + REFRESH_SECONDS * 1000);
    const body = writeComposing({ state: 'active', contentType: 'text/plain', refreshSeconds: REFRESH_SECONDS });
    return { type: COMPOSING_TYPE, body };
  }
  if (!told.delete(device, from, now)) return undefined;
  return { type: COMPOSING_TYPE, body: writeComposing({ state: 'idle', contentType: 'text/plain' }) };
}

/** §3.3: nothing was heard of it in time. */
function sayPaused(edge: SipEdge, { sender, from, to }: Composer): void {
  const attributes = { from: jidOf(from), to: jidOf(to), type: 'chat' };
  const state = new Element('message', 'jabber:client', attributes, [element('paused', NS_CHAT_STATES)]);
  const delivery = new Delivery({
    element: state,
    type: 'chat',
    from,
    to,
    at: edge.clock.now(),
    sender,
    promised: false,
  });
  const failed = (error: unknown): void => {
    if (!(error instanceof Failure)) edge.log.error({ err: error }, 'a chat state could not be passed on');
  };
  try {
    const submitted = submit(edge.homes, delivery);
    if (submitted instanceof Promise) submitted.catch(failed);
  } catch (error) {
    failed(error);
  }
}

function jidOf({ address, device }: Composer['from']): string {
  return device === '' ? address : `${address}/${device}`;
}
