import type { IncomingRequest } from '../../incoming-request.ts';
import { flowToContact } from '../../reach.ts';
import type { Flow } from '../../transport/flow.ts';
import { copy } from '../../wire/byte-string.ts';
import { parseContacts, parseNameAddress } from '../../wire/header-name-address.ts';
import type { SipRequest } from '../../wire/message.ts';
import { SipError } from '../../wire/sip-error.ts';
import { parseUri } from '../../wire/sip-uri.ts';
import type { Subscription } from './subscription.ts';

export interface Remote {
  /** The remote target. */
  readonly target: string;
  /** The route set as headers, each ended by CRLF. */
  readonly route: string;
  /** The way to it, where that is known. */
  readonly flow: Flow | undefined;
  /** The number of the request. */
  readonly cseq: number;
}

/** Remote target and route set of a dialog that a request begins (RFC 3261 §12.1.1). @throws {SipError} 400 */
export function remoteOf({ edge, request, flow }: IncomingRequest): Remote {
  const contacts = parseContacts(request.values('contact'));
  if (contacts === '*' || contacts.length !== 1) throw new SipError(400, 'A SUBSCRIBE has one Contact');
  const contact = contacts[0]!;
  const hops = request.header('record-route') === undefined ? [] : request.values('record-route');
  for (const hop of hops) parseUri(parseNameAddress(hop, 'Record-Route').uri);
  return {
    target: copy(contact.uri),
    route: copy(hops.map((hop) => `Route: ${hop}\r\n`).join('')),
    flow: hops.length > 0 ? flow : flowToContact(edge, flow, parseUri(contact.uri)),
    cseq: request.cseq.number,
  };
}

/**
 * Whether a request is of a subscription's dialog (RFC 3261 §12.2.2), and from whoever began it: who has learnt the tags
 * of somebody else is told that there is no such dialog.
 */
export function isOfDialog({ init }: Subscription, { request, sender, trust }: IncomingRequest): boolean {
  return (
    request.callId === init.callId &&
    request.from.tag === init.remoteTag &&
    (sender?.address ?? request.from.uri) === init.watcher &&
    trust === init.trust
  );
}

/** RFC 3261 §12.2.2: in order, and with a new remote target where it names one. @throws {SipError} 400, 500 */
export function follow({ founder }: Subscription, incoming: IncomingRequest): void {
  const { number } = incoming.request.cseq;
  if (number <= founder.remoteCSeq) throw new SipError(500, 'Out Of Order');
  const remote = incoming.request.header('contact') === undefined ? undefined : remoteOf(incoming);
  founder.remoteCSeq = number;
  if (remote === undefined) return;
  founder.target = remote.target;
  founder.flow = remote.flow;
}

/** What a dialog may keep of a request, in characters. */
const MAX_KEPT = 4096;
const KEPT = ['from', 'to', 'call-id', 'contact', 'record-route', 'event', 'accept'] as const;

/** A client may have thousands of subscriptions, and each is kept for hours. @throws {SipError} 513 */
export function checkLength(request: SipRequest): void {
  let length = request.uri.length;
  for (const name of KEPT) for (const line of request.lines(name)) length += line.length;
  if (length > MAX_KEPT) throw new SipError(513, 'Too Much To Keep Of A Dialog');
}
