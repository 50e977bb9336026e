/** From a request's topmost Via to where its responses go (RFC 3261 §18.2, RFC 3581). */

import { stampVia, type Via } from '../wire/header-via.ts';
import { bareHost } from '../wire/host-port.ts';
import { isMulticast } from './addresses.ts';
import type { Flow, Target, TransportName } from './flow.ts';

/** What of a request is needed here. */
interface Received {
  readonly via: Via;
  header(name: 'via'): string | undefined;
}

const ASKS_FOR_PORT = /;rport(?=;|$)/;

/**
 * The topmost Via value of a request as it goes into responses: with where it really came from (RFC 3261 §18.2.1), and
 * the port where that was asked for (RFC 3581 §4). What the sender claims about either is taken out: a response follows
 * it. @throws {SipError} 400
 */
export function stamp(request: Received, { remoteAddress, remotePort }: Flow): string {
  const { via } = request;
  const line = request.header('via') ?? '';
  const address = withoutZone(remoteAddress);
  if (via.rport === undefined) {
    const isItself = via.received === '' && bareHost(via.host) === address;
    if (isItself && !line.includes(',')) return line;
    return stampVia(line, address, undefined);
  }
  if (via.received !== '' || via.rport !== 0 || line.includes(',') || line.includes('"')) {
    return stampVia(line, address, remotePort);
  }
  // As nearly everybody writes it.
  const stamped = line.replace(ASKS_FOR_PORT, `;received=${address};rport=${remotePort}`);
  return stamped === line ? stampVia(line, address, remotePort) : stamped;
}

/**
 * Where a response goes (RFC 3261 §18.2.2, RFC 3581 §4): back on the connection; where that is gone, to its address at
 * the port of `sent-by`; over UDP to where it came from, at the port of `sent-by` unless `rport` was there.
 *
 * Of `maddr` only multicast is honoured: anything else would let one host have another sent what it did not ask for.
 * @param via the topmost of the request as it came
 */
export function responseTarget(via: Via, flow: Flow): Flow | Target {
  const { transport, remoteAddress, remotePort } = flow;
  const port = via.port ?? defaultPort(transport);
  if (flow.isReliable) {
    if (!flow.isClosed) return flow;
    return { transport, address: remoteAddress, port, domain: bareHost(via.host).toLowerCase() };
  }
  const maddr = via.params.get('maddr');
  if (maddr !== undefined && isMulticast(bareHost(maddr))) return udpTarget(bareHost(maddr), port);
  if (via.rport !== undefined || port === remotePort) return flow;
  return udpTarget(remoteAddress, port);
}

/** RFC 3261 §19.1.2, RFC 7118 §5.2 and RFC 6455 §3. */
export function defaultPort(transport: TransportName): number {
  if (transport === 'tls') return 5061;
  if (transport === 'ws') return 80;
  return transport === 'wss' ? 443 : 5060;
}

function udpTarget(address: string, port: number): Target {
  return { transport: 'udp', address, port, domain: address };
}

function withoutZone(address: string): string {
  const zone = address.indexOf('%');
  return zone < 0 ? address : address.slice(0, zone);
}
