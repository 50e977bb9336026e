/**
 * RFC 3428: Session Initiation Protocol Extension for Instant Messaging, with the mapping of RFC 7572.
 * Takes MESSAGE requests into the middle, where they are messages like any other, and sends what is for a contact
 * binding to it.
 */
import { integer } from '#base/settings.ts';
import { Delivery } from '#messaging/delivery.ts';
import { waitingMessage } from '#messaging/hooks.ts';
import { inboxOf } from '#messaging/inbox.ts';
import { forget, submit } from '#messaging/submit.ts';
import type { Commit } from '#store/database.ts';
import { SipDevice, takeNoMessages } from '../../device.ts';
import type { SipEdge } from '../../edge.ts';
import { toSipError } from '../../failures.ts';
import { type SipFeatureContext, sipFeature } from '../../feature.ts';
import { bindingRemoved, messageToBinding } from '../../hooks.ts';
import type { IncomingRequest } from '../../incoming-request.ts';
import { resourceOf } from '../../wire/address.ts';
import { SipError } from '../../wire/sip-error.ts';
import { abilitiesOf } from './abilities.ts';
import { type Arriving, type Contents, contentsOf } from './contents.ts';
import { expiryOf, NS_AMP } from './expiry.ts';
import { readMessage } from './from-request.ts';
import { Outbox } from './outbox.ts';
import { sendingDevice } from './sending-device.ts';

const settings = {
  maxBodyBytes: integer({
    default: 65_536,
    min: 1300,
    max: 1_048_576,
    unit: 'bytes',
    help: 'The body of a MESSAGE; a larger one is refused with 413.',
  }),
};

type Context = SipFeatureContext<typeof settings>;

export const message = sipFeature({
  spec: 'RFC 3428',
  title: 'Instant Messaging',
  version: '',
  status: 'complete',
  note: 'Mapped to XMPP by RFC 7572. 200 says that a device has it or that it is on disk, 202 that it waits there.',
  settings,
  setup(sip) {
    const { edge } = sip;
    const contents = contentsOf(edge);
    sip.onMethod({ method: 'MESSAGE' }, (incoming) => take(sip, contents, incoming));
    sip.on(messageToBinding, 'send', ({ device, message }) => {
      device.outbox ??= new Outbox(edge, contents, device);
      device.outbox.add(message);
    });
    sip.on(bindingRemoved, 'observe', ({ outbox }) => outbox?.end());
    sip.on(waitingMessage, 'block', (waiting) => {
      if (!waiting.stored.includes(NS_AMP)) return undefined;
      const expiresAt = expiryOf(waiting.element);
      return expiresAt !== undefined && expiresAt <= edge.clock.now() ? 'stop' : undefined;
    });
    takeNoMessages(edge.homes, false);
    sip.onStop(() => {
      takeNoMessages(edge.homes, true);
      for (const home of edge.homes.all()) for (const device of home.devices.values()) endOutbox(device);
    });
  },
});

function endOutbox(device: object): void {
  if (!(device instanceof SipDevice)) return;
  device.outbox?.end();
  device.outbox = undefined;
}

/**
 * One that comes within a dialog is taken like any other (RFC 3428 §4): of that dialog we know nothing.
 * @throws {SipError} 403, 404, 413, 415, 482, and what the body deserves
 */
function take({ edge, settings }: Context, contents: Contents, incoming: IncomingRequest): void | Promise<void> {
  const { request, uri, sender } = incoming;
  if (sender === undefined) throw new SipError(403);
  const address = edge.accountOf(uri);
  if (address === undefined) throw new SipError(404);
  if (request.body.length > settings.maxBodyBytes) {
    throw new SipError(413, `A Message Has At Most ${settings.maxBodyBytes} Bytes`);
  }
  if (incoming.transaction.isMerged()) throw new SipError(482);
  const device = sendingDevice(sender, incoming.flow);
  const arriving: Arriving = {
    request,
    sender,
    from: { address: sender.address, device: device?.id ?? '' },
    device,
    to: { address, device: resourceOf(uri) ?? '' },
    at: incoming.at,
  };
  const element = readMessage(contents, arriving, settings.maxBodyBytes);
  if (device !== undefined) learn(contents, device, request);
  // What says nothing that we have a word for has been heard, and that is all there is to do.
  if (element === undefined) return incoming.respond(200);
  const { from, to, at } = arriving;
  const delivery = new Delivery({ element, type: 'chat', from, to, at, sender, promised: true });
  const submitted = submit(edge.homes, delivery);
  if (submitted instanceof Promise) return submitted.then((commit) => answer(edge, incoming, delivery, commit));
  answer(edge, incoming, delivery, submitted);
}

/** Who sends something takes it, too. */
function learn(contents: Contents, device: SipDevice, request: IncomingRequest['request']): void {
  const [type = ''] = (request.header('content-type') ?? '').split(/[ \t]*;/, 1);
  if (contents.canRead(type.toLowerCase())) abilitiesOf(device).sent(request, type.toLowerCase());
  device.outbox?.heard();
}

/** 200 when a device has it or it is on disk; 202 when it waits there for somebody to sign in (RFC 3428 §7). */
function answer(edge: SipEdge, incoming: IncomingRequest, delivery: Delivery, commit: Commit | undefined): void {
  if (commit === undefined || commit.state === 'done') {
    incoming.respond(waits(delivery) ? 202 : 200);
    return;
  }
  commit.onSettled(() => {
    if (commit.state === 'done') {
      incoming.respond(waits(delivery) ? 202 : 200);
      return;
    }
    forget(delivery);
    const { status, reason, head } = toSipError(commit.error, edge.log);
    incoming.respond(status, { reason, head });
  });
}

/** Whether no device has been given it. */
function waits({ receiver, receiverArchiveId }: Delivery): boolean {
  return receiver !== undefined && inboxOf.of(receiver).owed.get(receiverArchiveId) === 0;
}
