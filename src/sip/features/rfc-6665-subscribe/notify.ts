import type { OutgoingRequest } from '../../wire/message.ts';
import type { Subscription } from './subscription.ts';

/**
 * The NOTIFY that tells a watcher how things are now (RFC 6665 §4.2.2). The hot path of a change that many watch: what
 * is the same for all is in the document, which they share.
 * @param now epoch milliseconds
 */
export function writeNotify(subscription: Subscription, now: number): OutgoingRequest {
  const { init, founder, omitsBody } = subscription;
  const document = subscription.document();
  subscription.omitsBody = false;
  founder.cseq++;
  let head = `Max-Forwards: 70\r\n${init.route}From: ${init.from}\r\nTo: ${init.to}\r\nCall-ID: ${init.callId}\r\nCSeq: ${founder.cseq} NOTIFY\r\nContact: ${init.contact}\r\nEvent: ${init.event}\r\nSubscription-State: ${stateOf(subscription, now)}\r\n`;
  if (document === undefined) return { method: 'NOTIFY', uri: founder.target, head, body: '' };
  if (document.head !== undefined) head += document.head;
  if (document.entityTag !== '') head += `SIP-ETag: ${document.entityTag}\r\n`;
  if (omitsBody) return { method: 'NOTIFY', uri: founder.target, head, body: '' };
  return {
    method: 'NOTIFY',
    uri: founder.target,
    head: `${head}Content-Type: ${document.contentType}\r\n`,
    body: document.body,
  };
}

function stateOf({ state, reason, expiresAt, rate }: Subscription, now: number): string {
  if (state === 'terminated') return `terminated;reason=${reason}`;
  const left = `${state};expires=${Math.max(0, Math.ceil((expiresAt - now) / 1000))}`;
  return rate === undefined ? left : left + rate.params;
}
