/**
 * RFC 5438: Instant Message Disposition Notification.
 * What a client tells of a message that it got or showed: in XMPP, receipts (XEP-0184) and markers (XEP-0333).
 */
import type { Home } from '#accounts/home.ts';
import { type Element, element } from '#xml/element.ts';
import { CPIM_TYPE, type Cpim, cpimHeader } from '../../bodies/cpim.ts';
import {
  type Disposition,
  IMDN_TYPE,
  type Imdn,
  imdnHeaders,
  imdnMessageId,
  readImdn,
  requestedDispositions,
  writeImdn,
} from '../../bodies/imdn.ts';
import { writeInstant } from '../../bodies/instant.ts';
import type { SipDevice } from '../../device.ts';
import { sipFeature } from '../../feature.ts';
import { uriOf } from '../../wire/address.ts';
import { readText, writeText } from '../../wire/byte-string.ts';
import { abilitiesOf } from '../rfc-3428-message/abilities.ts';
import { type Arriving, type Content, contentsOf, type Written } from '../rfc-3428-message/contents.ts';
import { bodyFor, PLAIN_TEXT } from '../rfc-3428-message/plain-text.ts';
import { putIntoEnvelope } from '../rfc-3862-cpim.ts';
import { fromMessageId, toMessageId } from './message-ids.ts';
import { Remembered } from './remembered.ts';

const NS_RECEIPTS = 'urn:xmpp:receipts';
const NS_MARKERS = 'urn:xmpp:chat-markers:0';

/** For how many of their last messages people can be told what became of them, word for word. */
const MAX_ASKED = 100;
const MAX_PLAIN = 20;

/** What a sender has written into the envelope of a message, which stands in what is told of it (§7.2.1.2). */
interface Asked {
  readonly messageId: string;
  readonly dateTime: string;
}

export const imdn = sipFeature({
  spec: 'RFC 5438',
  title: 'Instant Message Disposition Notification',
  version: '',
  status: 'complete',
  note:
    'Delivery and display, as XEP-0184 and XEP-0333. A receipt is what a client says itself: none is made of a 200 to a ' +
    'MESSAGE. Processing and negative delivery are not told.',
  setup(sip) {
    const contents = contentsOf(sip.edge);
    const asked = new Remembered<Home, Asked>(MAX_ASKED);
    /** Ids of messages that went without an envelope, by Call-ID. */
    const plain = new Remembered<SipDevice, string>(MAX_PLAIN);
    const readEnvelope = (envelope: Cpim, { sender }: Arriving): Pick<Content, 'id' | 'extensions'> => {
      const messageId = imdnMessageId(envelope);
      if (messageId === undefined) return {};
      const id = fromMessageId(messageId);
      asked.put(sender, id, { messageId, dateTime: cpimHeader(envelope, 'DateTime') ?? '' });
      return { id, extensions: readRequests(requestedDispositions(envelope)) };
    };
    contents.envelopes.add(readEnvelope);
    const readTold = (body: string, { device }: Arriving): Content | undefined => {
      const told = readImdn(body);
      // COMPAT(linphone 5.1): knows a message that came without an envelope by its Call-ID.
      const id = plain.get(device, told.messageId) ?? fromMessageId(told.messageId);
      const extension = readNotification(told, id);
      return extension && { extensions: [extension] };
    };
    const tell = (message: Element, device: SipDevice): Imdn | undefined => {
      const about = aboutOther(message);
      return about && notification(about, asked.get(device.home, about.id), message, device);
    };
    const undo = [
      () => contents.envelopes.delete(readEnvelope),
      contents.onRead(IMDN_TYPE, (body, _type, arriving) => readTold(body, arriving)),
      contents.onWrite({ type: IMDN_TYPE, write: (message, device) => tellPlainly(tell, message, device) }),
      contents.onWrite({ type: CPIM_TYPE, write: (message, device) => tellInEnvelope(tell, message, device) }),
      contents.onWrite({
        type: 'text/plain',
        write(message, device, callId) {
          const { id } = message.attributes;
          if (id !== undefined && requestsIn(message).length > 0) plain.put(device, callId, id);
          return undefined;
        },
      }),
      contents.onWrite({ type: CPIM_TYPE, write: askInEnvelope }),
    ];
    for (const withdraw of undo) sip.onStop(() => void withdraw());
  },
});

type Tell = (message: Element, device: SipDevice) => Imdn | undefined;

/** §6.4: what is asked for, in the words of XMPP. */
function readRequests(wanted: ReadonlySet<Disposition>): Element[] {
  const requests: Element[] = [];
  if (wanted.has('positive-delivery')) requests.push(element('request', NS_RECEIPTS));
  if (wanted.has('display')) requests.push(element('markable', NS_MARKERS));
  return requests;
}

function requestsIn(message: Element): Disposition[] {
  const requests: Disposition[] = [];
  if (message.child('request', NS_RECEIPTS) !== undefined) requests.push('positive-delivery');
  if (message.child('markable', NS_MARKERS) !== undefined) requests.push('display');
  return requests;
}

function readNotification({ status }: Imdn, id: string): Element | undefined {
  if (status === 'delivered') return element('received', NS_RECEIPTS, { id });
  return status === 'displayed' ? element('displayed', NS_MARKERS, { id }) : undefined;
}

/** What a message tells of another one that went the other way. */
function aboutOther(message: Element): { id: string; status: 'delivered' | 'displayed' } | undefined {
  if (message.attributes.type === 'error') return undefined;
  const displayed = message.child('displayed', NS_MARKERS)?.attributes.id;
  if (displayed !== undefined) return { id: displayed, status: 'displayed' };
  const received = message.child('received', NS_RECEIPTS) ?? message.child('received', NS_MARKERS);
  const id = received?.attributes.id;
  return id === undefined ? undefined : { id, status: 'delivered' };
}

function notification(
  { id, status }: { id: string; status: 'delivered' | 'displayed' },
  asked: Asked | undefined,
  message: Element,
  { home }: SipDevice,
): Imdn {
  const [recipient = home.address] = (message.attributes.from ?? home.address).split('/', 1);
  const recipientUri = readText(uriOf(recipient));
  return {
    messageId: asked?.messageId ?? readText(toMessageId(id)),
    // Of a message that is not remembered nobody knows any more when it was sent, and something has to stand there.
    dateTime: asked?.dateTime || writeInstant(home.homes.clock.now()),
    recipientUri,
    originalRecipientUri: recipientUri,
    kind: status === 'delivered' ? 'delivery' : 'display',
    status,
  };
}

/** §7.2.1.1. */
function tellInEnvelope(tell: Tell, message: Element, device: SipDevice): Written | undefined {
  if (bodyFor(message, device) !== undefined || !abilitiesOf(device).knows(CPIM_TYPE)) return undefined;
  const told = tell(message, device);
  if (told === undefined) return undefined;
  const headers = ['content-disposition', 'notification'];
  return putIntoEnvelope(
    message,
    device,
    imdnHeaders(readText(toMessageId(message.attributes.id ?? told.messageId)), []),
    {
      type: IMDN_TYPE,
      headers,
      body: writeImdn(told),
    },
  );
}

/** COMPAT(linphone 5.1): where it does without envelopes, it tells without one, and so is told. */
function tellPlainly(tell: Tell, message: Element, device: SipDevice): Written | undefined {
  if (bodyFor(message, device) !== undefined || !abilitiesOf(device).knows(IMDN_TYPE)) return undefined;
  const told = tell(message, device);
  return told && { type: IMDN_TYPE, body: writeImdn(told) };
}

/** §7.1.1: for clients that know envelopes. */
function askInEnvelope(message: Element, device: SipDevice): Written | undefined {
  const { id } = message.attributes;
  if (id === undefined || !abilitiesOf(device).knows(CPIM_TYPE)) return undefined;
  const requests = requestsIn(message);
  const body = requests.length === 0 ? undefined : bodyFor(message, device);
  if (body === undefined) return undefined;
  const headers = imdnHeaders(readText(toMessageId(id)), requests);
  return putIntoEnvelope(message, device, headers, { type: PLAIN_TEXT, body: writeText(body.text()) });
}
