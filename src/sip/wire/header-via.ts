import { type Params, parseParams } from './header-params.ts';
import { endOfFirst } from './header-values.ts';
import { parseHostPort } from './host-port.ts';
import { SipError } from './sip-error.ts';
import { skipSpaces, skipToken, trimSpaces } from './text.ts';

/** One hop that a message has come over (RFC 3261 §20.42). */
export interface Via {
  /** In upper case: 'UDP', 'TCP', 'TLS', 'WS', 'WSS', or what the future brings. */
  readonly transport: string;
  /** `sent-by`: IPv6 addresses in brackets. */
  readonly host: string;
  readonly port: number | undefined;
  readonly params: Params;
  /** '' where there is none, as in RFC 2543. */
  readonly branch: string;
  /** RFC 3261 §18.2.1: where it came from; '' where the hop says so itself. Without brackets. */
  readonly received: string;
  /** RFC 3581: 0 where it is asked for, and not filled in yet. */
  readonly rport: number | undefined;
}

const PLAIN = 'SIP/2.0/';
const SPACED = /^SIP[ \t]*\/[ \t]*2\.0[ \t]*\/[ \t]*/i;

/** The first value of a Via line. @throws {SipError} 400 */
export function parseVia(line: string): Via {
  const isPlain = line.startsWith(PLAIN);
  const from = isPlain ? PLAIN.length : (SPACED.exec(line)?.[0].length ?? -1);
  const transportEnd = skipToken(line, from);
  const hostAt = skipSpaces(line, transportEnd);
  if (from < 0 || transportEnd === from || hostAt === transportEnd) throw badVia();
  const end = endOfFirst(line);
  const semicolon = line.indexOf(';', hostAt);
  const hostEnd = semicolon < 0 || semicolon > end ? end : semicolon;
  const sentBy = parseHostPort(trimSpaces(line.slice(hostAt, hostEnd)));
  const params = parseParams(end === line.length ? line : line.slice(0, end), hostEnd);
  if (sentBy === undefined || params === undefined) throw badVia();
  return {
    transport: upperCase(line.slice(from, transportEnd)),
    host: sentBy.host,
    port: sentBy.port,
    params,
    branch: params.get('branch') ?? '',
    received: withoutBrackets(params.get('received') ?? ''),
    rport: readPort(params.get('rport')),
  };
}

/** RFC 5118 §4.5: some write the brackets that the grammar does not have here. */
function withoutBrackets(address: string): string {
  return address.startsWith('[') && address.endsWith(']') ? address.slice(1, -1) : address;
}

function readPort(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return text === '' ? 0 : undefined;
  const port = /^[0-9]{1,10}$/.test(text) ? Number(text) : -1;
  if (port < 0 || port > 65535) throw badVia();
  return port;
}

function upperCase(transport: string): string {
  return transport === 'UDP' || transport === 'TCP' || transport === 'TLS' ? transport : transport.toUpperCase();
}

function badVia(): SipError {
  return new SipError(400, 'Bad Via');
}

/**
 * The first value of a Via line as we hand it on: where it came from is written in, whatever the sender wrote there
 * (RFC 3261 §18.2.1, RFC 3581 §4).
 * @param address without brackets @param port undefined where `rport` was not asked for
 */
export function stampVia(line: string, address: string, port: number | undefined): string {
  const end = endOfFirst(line);
  const value = trimSpaces(line.slice(0, end));
  const semicolon = value.indexOf(';');
  const from = semicolon < 0 ? value.length : semicolon;
  const params = parseParams(value, from);
  // What cannot be read is sent back as it came, for its sender to make something of it.
  if (params === undefined) return value;
  const { flat } = params;
  let stamped = trimSpaces(value.slice(0, from));
  for (let i = 0; i < flat.length; i += 2) {
    if (flat[i] === 'received' || flat[i] === 'rport') continue;
    stamped += flat[i + 1] === undefined ? `;${flat[i]}` : `;${flat[i]}=${flat[i + 1]}`;
  }
  stamped += `;received=${address}`;
  return port === undefined ? stamped : `${stamped};rport=${port}`;
}

/** What stands in a Via line after its first value; '' for nothing. */
export function restOfVia(line: string): string {
  const end = endOfFirst(line);
  return end === line.length ? '' : trimSpaces(line.slice(end + 1));
}
