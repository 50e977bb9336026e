/**
 * RFC 3428: Session Initiation Protocol Extension for Instant Messaging, with the mapping of RFC 7572.
 * Takes MESSAGE requests into the middle, where they are messages like any other, and sends what is for a contact
 * binding to it.
 */

import type { Device } from '#accounts/device.ts';
import type { Home } from '#accounts/home.ts';
import { Delivery } from '#messaging/delivery.ts';
import { inboxOf } from '#messaging/inbox.ts';
import { forget, submit } from '#messaging/submit.ts';
import type { Commit } from '#store/database.ts';
import type { SipEdge } from '../../edge.ts';
import { toSipError } from '../../failures.ts';
import { sipFeature } from '../../feature.ts';
import { bindingRemoved, messageToBinding } from '../../hooks.ts';
import type { IncomingRequest } from '../../incoming-request.ts';
import { resourceOf } from '../../wire/address.ts';
import { SipError } from '../../wire/sip-error.ts';
import { readMessage } from './from-request.ts';
import { Outboxes } from './outboxes.ts';

export const message = sipFeature({
  spec: 'RFC 3428',
  title: 'Instant Messaging',
  version: '',
  status: 'complete',
  note: 'Mapped to XMPP by RFC 7572. 200 says that it is on disk.',
  setup(sip) {
    const outboxes = new Outboxes(sip.edge);
    sip.onMethod({ method: 'MESSAGE' }, (incoming) => take(sip.edge, incoming));
    sip.on(messageToBinding, 'send', ({ device, message }) => outboxes.of(device).add(message));
    sip.on(bindingRemoved, 'observe', (device) => outboxes.end(device));
  },
});

/** @throws {SipError} 404, 415, and what the body deserves */
function take(edge: SipEdge, incoming: IncomingRequest): void | Promise<void> {
  const { request, uri, sender } = incoming;
  // RFC 3428 §8: it is no dialog's business.
  if (sender === undefined) throw new SipError(403);
  const to = edge.accountOf(uri);
  if (to === undefined) throw new SipError(404);
  if (incoming.transaction.isMerged()) throw new SipError(482);
  const from = { address: sender.address, device: deviceOn(sender, incoming)?.id ?? '' };
  const element = readMessage(request, from, to);
  // What says nothing that we have a word for has been heard, and that is all there is to do.
  if (element === undefined) return incoming.respond(200);
  const delivery = new Delivery({
    element,
    type: 'chat',
    from,
    to: { address: to, device: resourceOf(uri) ?? '' },
    at: incoming.at,
    sender,
    promised: true,
  });
  if (delivery.to.device !== '') element.attributes.to = `${to}/${delivery.to.device}`;
  const submitted = submit(edge.homes, delivery);
  if (submitted instanceof Promise) return submitted.then((commit) => answer(edge, incoming, delivery, commit));
  answer(edge, incoming, delivery, submitted);
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

/** Which of the sender's contact bindings a request comes from: the one that was registered on the same flow. */
function deviceOn(home: Home, { flow }: IncomingRequest): Device | undefined {
  for (const device of home.devices.values()) {
    if (device.edge === 'sip' && (device as { flow?: { id: string } | undefined }).flow?.id === flow.id) return device;
  }
  return undefined;
}
