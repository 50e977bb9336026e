import { isIPv6 } from 'node:net';

/** A name, an IPv4 address or an IPv6 reference in its brackets (RFC 3261 §25.1 `host`); underscores occur and do no harm. */
const HOST_PORT = /^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?:[ \t]*:[ \t]*([0-9]+))?$/;

export interface HostPort {
  /** As it came; IPv6 addresses in brackets. */
  readonly host: string;
  readonly port: number | undefined;
}

/** @returns undefined for what is no host, with or without a port */
export function parseHostPort(text: string): HostPort | undefined {
  const match = HOST_PORT.exec(text);
  if (match === null) return undefined;
  const host = match[1]!.charCodeAt(0) === 0x5b ? ipv6Reference(match[1]!) : match[1];
  if (host === undefined) return undefined;
  if (match[2] === undefined) return { host, port: undefined };
  const port = Number(match[2]);
  return port > 65535 ? undefined : { host, port };
}

/** COMPAT(RFC 5118 §4.10): the grammar of RFC 3261 makes some write three colons where two are meant. */
function ipv6Reference(text: string): string | undefined {
  const address = text.slice(1, -1).replace(':::', '::');
  return isIPv6(address) ? `[${address}]` : undefined;
}

/** An address without its brackets, for sockets and comparison. */
export function bareHost(host: string): string {
  return host.charCodeAt(0) === 0x5b ? host.slice(1, -1) : host;
}
