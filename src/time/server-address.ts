/** How an NTP server is written in the settings: `10.1.2.3`, `time.example.com`, `[2001:db8::1]:123`, `pool NAME`. */
import { isIP, isIPv6 } from 'node:net';
import { Failure } from '#base/failure.ts';

const NTP_PORT = 123;
const MAX_NAME = 253;

/** What could be one; `parseServer` tells what exactly is wrong with one that is none. */
export const SERVER_PATTERN = /^(pool +)?(\[[0-9a-f:.%]+\](:\d{1,5})?|[^\s[\]]{1,300})$/i;

export interface ServerAddress {
  /** As given. */
  readonly text: string;
  /** A name or an IP address. */
  readonly host: string;
  readonly port: number;
  /** Each of its addresses is a server; else they are one server's, and one is asked at a time. */
  readonly isPool: boolean;
}

/** @throws {Failure} 'malformed' */
export function parseServer(text: string): ServerAddress {
  const [, pool, bracketed, plain, portText] =
    /^\s*(pool\s+)?(?:\[([^\]]+)\]|([^\s[\]]+?))(?::(\d{1,5}))?\s*$/.exec(splitBare(text)) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined) throw malformed(text);
  const port = portText === undefined ? NTP_PORT : Number(portText);
  if (port < 1 || port > 65_535) throw malformed(text);
  if (bracketed !== undefined && !isIPv6(bracketed)) throw malformed(text);
  if (isIP(host) === 0 && !isHostName(host)) throw malformed(text);
  return { text: text.trim(), host, port, isPool: pool !== undefined };
}

/** An IPv6 address without brackets has no port: it gets its brackets. */
function splitBare(text: string): string {
  const [, pool = '', host = ''] = /^\s*(pool\s+)?(\S*)\s*$/.exec(text) ?? [];
  return isIPv6(host) ? `${pool}[${host}]` : text;
}

/** RFC 1123 §2.1; what ends in a number would be an address. */
function isHostName(host: string): boolean {
  const labels = host.replace(/\.$/, '').split('.');
  const isLabel = (label: string) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i.test(label);
  return host.length <= MAX_NAME && labels.every(isLabel) && !/^\d+$/.test(labels.at(-1)!);
}

function malformed(text: string): Failure {
  const shown = JSON.stringify(text.slice(0, 100));
  return new Failure(
    'malformed',
    `${shown} is no NTP server; give an address, a name, or "pool NAME", with :PORT where it is not 123`,
  );
}

/** `10.1.2.3`, and `[::1]:1123` where the port is another. */
export function showAddress(address: string, port: number): string {
  if (port === NTP_PORT) return address;
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}
