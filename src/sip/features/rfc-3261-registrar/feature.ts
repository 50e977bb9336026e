/**
 * RFC 3261 §10: Registrations, with RFC 5626 (outbound), RFC 5627 (GRUU), RFC 3327 (Path) and RFC 3608 (Service-Route).
 * Clients say where they are to be found; each is a device of its account then, as XMPP clients are.
 */
import type { Home } from '#accounts/home.ts';
import { duration, integer, text } from '#base/settings.ts';
import { bindingsOf } from '../../bindings.ts';
import { type SipFeatureContext, sipFeature } from '../../feature.ts';
import type { IncomingRequest } from '../../incoming-request.ts';
import { addressOf, domainOf } from '../../wire/address.ts';
import { parseNameAddress } from '../../wire/header-name-address.ts';
import type { SipRequest } from '../../wire/message.ts';
import { SipError } from '../../wire/sip-error.ts';
import { parseUri, type SipUri } from '../../wire/sip-uri.ts';
import { type ContactRequest, readContacts, readSeconds } from './contacts.ts';
import { register } from './register.ts';
import { Registrar } from './registrar.ts';
import { writeAnswer } from './response.ts';

const settings = {
  minSeconds: duration({
    default: 60,
    min: 1,
    max: 3600,
    unit: 'seconds',
    help: 'A registration for less is refused with 423 (RFC 3261 section 10.3).',
  }),
  maxSeconds: duration({
    default: 7200,
    min: 60,
    max: 604_800,
    unit: 'seconds',
    help: 'A registration for more is shortened to this.',
  }),
  defaultSeconds: duration({
    default: 3600,
    min: 60,
    max: 604_800,
    unit: 'seconds',
    help: 'How long a registration holds that does not say it.',
  }),
  maxBindings: integer({
    default: 20,
    min: 1,
    max: 1000,
    unit: 'contacts',
    help: 'Contacts of one account that may be registered at a time; more are refused with 403.',
  }),
  flowTimerSeconds: duration({
    default: 120,
    min: 10,
    max: 3600,
    unit: 'seconds',
    help: 'How often clients that keep a flow open are asked to give a sign of life on it (RFC 5626 section 4.4).',
  }),
  serviceRoute: text({
    default: '',
    pattern: /^(<sips?:[!#-;=?-~]+>(, ?<sips?:[!#-;=?-~]+>)*)?$/,
    expects: 'nothing, or addresses of proxies as <sip:proxy.example.com;lr>, joined by commas',
    help: 'Proxies that clients are told to send their requests by (RFC 3608).',
  }),
};

type Context = SipFeatureContext<typeof settings>;

export const registrar = sipFeature({
  spec: 'RFC 3261 §10',
  title: 'Registrations',
  version: '',
  status: 'complete',
  note: 'With outbound (RFC 5626), GRUU (RFC 5627), Path (RFC 3327) and Service-Route (RFC 3608).',
  settings,
  setup(sip) {
    const registrar = new Registrar(sip.edge);
    for (const tag of ['path', 'outbound', 'gruu']) sip.optionTag(tag);
    sip.onMethod({ method: 'REGISTER', authenticate: 'registrar' }, (incoming) => take(sip, registrar, incoming));
    const leave = () => registrar.leave();
    sip.edge.leaving.add(leave);
    sip.onStop(() => {
      sip.edge.leaving.delete(leave);
      registrar.stop();
    });
    void registrar.start();
  },
});

/** @throws {SipError} 400, 403, 404, 423, 439; 500 for what comes out of order */
function take({ edge, settings }: Context, registrar: Registrar, incoming: IncomingRequest): void {
  const { request, at } = incoming;
  const home = homeOf(incoming);
  const contacts = readContacts(request);
  const path = readPath(request);
  const isOutbound = contacts !== '*' && speaksOfFlows(request, contacts, path);
  if (contacts === '*' || contacts.length > 0) {
    if (contacts !== '*') for (const contact of contacts) refuseItself(incoming, home, contact);
    const current = bindingsOf(home).map(({ said }) => said);
    const changes = register(current, { contacts, path, isOutbound, ...readRest(request) }, at, settings);
    registrar.apply(home, changes, path === '' ? incoming.flow : undefined);
  }
  const head = writeAnswer({
    bindings: bindingsOf(home),
    now: at,
    gruus: supports(request, 'gruu') ? edge.gruus : undefined,
    path,
    serviceRoute: settings.serviceRoute,
    flowTimerSeconds: isOutbound && supports(request, 'outbound') ? settings.flowTimerSeconds : undefined,
  });
  incoming.respond(200, { head });
}

/** RFC 3261 §10.3 steps 3 to 5: everybody registers for oneself alone. */
function homeOf({ edge, request, sender }: IncomingRequest): Home {
  const to = toUri(request);
  if (!edge.isLocal(to) || to.user === '') throw new SipError(404);
  if (sender === undefined || edge.accountOf(to) !== sender.address) {
    throw new SipError(403, 'Not Your Own Address Of Record');
  }
  return sender;
}

/** RFC 4475 §3.3.4. @throws {SipError} 400 */
function toUri({ to }: SipRequest): SipUri {
  try {
    return parseUri(to.uri);
  } catch (error) {
    if (error instanceof SipError && error.status === 416) throw new SipError(400, 'To Has No SIP URI');
    throw error;
  }
}

function readRest(request: SipRequest) {
  const expires = request.header('expires');
  const rest = {
    expires: expires === undefined ? undefined : readSeconds(expires),
    callId: request.callId,
    cseq: request.cseq.number,
    userAgent: (request.header('user-agent') ?? '').slice(0, 256),
    allow: request.lines('allow').join(', ').slice(0, 512),
  };
  if (`${rest.callId}${rest.userAgent}${rest.allow}`.includes('\0')) throw new SipError(400, 'NUL In Header');
  return rest;
}

/** RFC 3327 §5.3: the first is to be visited first. @throws {SipError} 400 */
function readPath(request: SipRequest): string {
  if (request.header('path') === undefined) return '';
  const values = request.values('path');
  for (const value of values) parseUri(parseNameAddress(value, 'Path').uri);
  return values.join(', ');
}

/**
 * RFC 5626 §6: whether the first hop keeps the flow to the client open. It is us, where there is no other; else it is the
 * one that stands last in Path, and says so.
 * @throws {SipError} 439 where it does not, and the client counts on it
 */
function speaksOfFlows(request: SipRequest, contacts: readonly ContactRequest[], path: string): boolean {
  if (!contacts.some(({ regId }) => regId !== 0)) return false;
  const firstHop = path === '' ? undefined : parseUri(parseNameAddress(request.values('path').at(-1)!, 'Path').uri);
  if (firstHop === undefined ? request.values('via').length === 1 : firstHop.params.has('ob')) return true;
  if (supports(request, 'outbound')) throw new SipError(439);
  return false;
}

function supports(request: SipRequest, tag: string): boolean {
  for (const value of request.values('supported')) if (value.toLowerCase() === tag) return true;
  return false;
}

/** What leads back to the account itself is nowhere to be found (RFC 5627 §5.1). */
function refuseItself({ edge }: IncomingRequest, home: Home, { parsed, seconds }: ContactRequest): void {
  // RFC 4475 §3.3.14: with headers it is meant otherwise.
  if (parsed.headers !== '') return;
  if (seconds === 0 || parsed.user === '' || (parsed.port !== undefined && !edge.isOwnAddress(parsed))) return;
  const isOurs = edge.domains.has(domainOf(parsed)) || edge.isOwnAddress(parsed);
  if (isOurs && (parsed.params.has('gr') || addressOf({ ...parsed, host: domainOfAddress(home) }) === home.address)) {
    throw new SipError(403, 'Contact Is The Address Of Record');
  }
}

function domainOfAddress({ address }: Home): string {
  return address.slice(address.indexOf('@') + 1);
}
