import type { SipEdge } from './edge.ts';
import { toSipError } from './failures.ts';
import type { RequestHandler } from './feature.ts';
import { requestArrived } from './hooks.ts';
import { IncomingRequest } from './incoming-request.ts';
import type { Flow } from './transport/flow.ts';
import type { SipRequest } from './wire/message.ts';
import { SipError } from './wire/sip-error.ts';
import { parseRequestUri } from './wire/sip-uri.ts';
import { validateRequest } from './wire/validate.ts';

/** Registered with IANA. Others are told that nobody here knows them. */
const KNOWN_METHODS: ReadonlySet<string> = new Set([
  'ACK',
  'BYE',
  'CANCEL',
  'INFO',
  'INVITE',
  'MESSAGE',
  'NOTIFY',
  'OPTIONS',
  'PRACK',
  'PUBLISH',
  'REFER',
  'REGISTER',
  'SUBSCRIBE',
  'UPDATE',
]);

const ENCRYPTED =
  /^\s*(?:application\/(?:x-)?pkcs7-mime(?!.*smime-type="?(?:signed-data|certs-only))|multipart\/encrypted|application\/pgp-encrypted)/i;

/**
 * Takes a new request to the one handler that answers it (RFC 3261 §8.2, §16.3, §16.4). What is thrown on the way is
 * the answer.
 */
export function route(edge: SipEdge, request: SipRequest, flow: Flow): void {
  let incoming: IncomingRequest | undefined;
  try {
    validateRequest(request);
    const uri = edge.gruus.resolve(parseRequestUri(request.uri));
    // RFC 5627 §5.4: a temporary GRUU that was taken back.
    if (uri === undefined) throw new SipError(404);
    incoming = new IncomingRequest(edge, request, flow, uri);
    const handled = take(edge, incoming);
    handled?.catch((error: unknown) => refuse(edge, request, flow, incoming, error));
  } catch (error) {
    refuse(edge, request, flow, incoming, error);
  }
}

function take(edge: SipEdge, incoming: IncomingRequest): void | Promise<void> {
  const { request } = incoming;
  edge.homes.hooks.run(requestArrived, incoming);
  const entry = isForUs(edge, incoming) ? edge.methods.get(request.method) : undefined;
  if (entry === undefined) return passOn(edge, incoming);
  checkRequired(edge, incoming);
  if (request.body !== '' && isEncrypted(request)) throw new SipError(493);
  const { place, handler } = entry;
  if (place.authenticate === 'none' || incoming.trust !== undefined) return run(handler, incoming);
  return authenticated(edge, incoming, place.authenticate ?? 'proxy', handler);
}

/** Whether it is for us to answer: no other hop is asked for, and the domain, or the very address, is ours. */
function isForUs(edge: SipEdge, { request, uri }: IncomingRequest): boolean {
  return edge.isLocal(uri) && !edge.hasFurtherRoute(request);
}

function passOn(edge: SipEdge, incoming: IncomingRequest): void | Promise<void> {
  const { request, uri } = incoming;
  if (edge.otherwise === undefined || (uri.user === '' && isForUs(edge, incoming))) {
    if (request.method === 'ACK') return;
    throw notTaken(edge, request);
  }
  return run(edge.otherwise, incoming);
}

/** A request to nobody but the server, of a method that it does not have (RFC 3261 §8.2.1, §12.2.2, §21.5.2). */
function notTaken(edge: SipEdge, { method, to }: SipRequest): SipError {
  if (!KNOWN_METHODS.has(method)) return new SipError(501, undefined, `Allow: ${edge.allow}\r\n`);
  return to.tag === '' ? new SipError(405, undefined, `Allow: ${edge.allow}\r\n`) : new SipError(481);
}

/** Runs `handler` once the sender has proved an account. Straight through where that is known at once. */
export function authenticated(
  edge: SipEdge,
  incoming: IncomingRequest,
  as: 'registrar' | 'proxy',
  handler: RequestHandler,
): void | Promise<void> {
  const verdict = edge.authenticator.check(incoming.request, incoming.flow, as);
  if (verdict instanceof Promise) return verdict.then((later) => goOn(incoming, later, handler));
  return goOn(incoming, verdict, handler);
}

function goOn(
  incoming: IncomingRequest,
  verdict: Exclude<ReturnType<SipEdge['authenticator']['check']>, Promise<unknown>>,
  handler: RequestHandler,
): void | Promise<void> {
  if ('refused' in verdict) throw verdict.refused;
  if ('challenge' in verdict) return incoming.respondStatelessly(verdict.status, { head: verdict.challenge });
  incoming.sender = verdict.home;
  return run(handler, incoming);
}

/** What takes time is a transaction from the beginning, so that it is not done again for each retransmission. */
function run(handler: RequestHandler, incoming: IncomingRequest): void | Promise<void> {
  const handled = handler(incoming);
  if (handled !== undefined && incoming.request.method !== 'ACK') void incoming.transaction;
  return handled;
}

/** RFC 3261 §21.4.33: for a key that a server does not have. What is only signed is a type like any other (415). */
function isEncrypted(request: SipRequest): boolean {
  return ENCRYPTED.test(request.header('content-type') ?? '');
}

/** RFC 3261 §8.2.2.3. */
function checkRequired(edge: SipEdge, { request }: IncomingRequest): void {
  if (request.header('require') === undefined) return;
  const unknown = request.values('require').filter((tag) => !edge.optionTags.has(tag.toLowerCase()));
  if (unknown.length > 0) throw new SipError(420, undefined, `Unsupported: ${unknown.join(', ')}\r\n`);
}

function refuse(
  edge: SipEdge,
  request: SipRequest,
  flow: Flow,
  incoming: IncomingRequest | undefined,
  thrown: unknown,
): void {
  const { status, reason, head } = toSipError(thrown, edge.log);
  edge.counts.refused.of(String(status)).add(1);
  // RFC 3261 §17: nothing is ever answered to an ACK.
  if (request.method === 'ACK' || incoming?.isAnswered) return;
  if (incoming !== undefined) incoming.respondStatelessly(status, { reason, head });
  else edge.transactions.answer(request, flow, status, { reason, head });
}
