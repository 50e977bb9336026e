import type { SipEdge } from './edge.ts';
import type { Flow } from './transport/flow.ts';
import { parseNameAddress } from './wire/header-name-address.ts';
import { bareHost } from './wire/host-port.ts';
import { SipError } from './wire/sip-error.ts';
import { parseUri, type SipUri } from './wire/sip-uri.ts';

/**
 * The way to a contact that was given over a flow. Over UDP a client may listen on another port than it sends from, but
 * what is behind NAT, or shows an address that nobody reaches, is to be found where it came from only.
 * @param contact   the URI that it gave
 * @returns undefined where the contact says another transport, so that it has to be looked for
 */
export function flowToContact({ transports }: SipEdge, flow: Flow, contact: SipUri): Flow | undefined {
  if (flow.transport !== 'udp' || bareHost(contact.host) !== flow.remoteAddress) return flow;
  const transport = contact.params.get('transport')?.toLowerCase() ?? 'udp';
  if (transport !== 'udp' || contact.scheme === 'sips') return undefined;
  const port = contact.port ?? 5060;
  if (port === flow.remotePort) return flow;
  const found = transports.flowTo({ transport, address: flow.remoteAddress, port, domain: '' });
  return found instanceof Promise ? flow : found;
}

/**
 * A flow to where a request is to go: the one that its receiver opened, as long as it is there; then a new one to the
 * first Route, or to the URI (RFC 5626 §5.3, RFC 3263).
 * COMPAT(baresip 1.0, TLS): its Contact names a port where it has no certificate; it is reachable on its own flow only.
 * COMPAT(sipp, TCP): closes the connection that it registered on; it is reachable at its Contact only.
 * @param uri    the Request-URI: a byte string
 * @param route  Route headers, each ended by CRLF; '' for none
 * @throws {SipError} 'reject's with 480 where nobody can be reached
 */
export function reach(edge: SipEdge, known: Flow | undefined, uri: string, route = ''): Flow | Promise<Flow> {
  if (known !== undefined && !known.isClosed) return known;
  return open(edge, uri, route);
}

async function open(edge: SipEdge, uri: string, route: string): Promise<Flow> {
  const hop = route === '' ? uri : parseNameAddress(route.slice('Route:'.length, route.indexOf('\r'))).uri;
  let last: unknown;
  for (const target of await edge.transports.locate(parseUri(hop))) {
    try {
      return await edge.transports.flowTo(target);
    } catch (error) {
      last = error;
    }
  }
  throw last instanceof SipError ? last : new SipError(480, 'Nobody Can Be Reached There');
}
