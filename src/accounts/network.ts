import { isIPv4, isIPv6 } from 'node:net';

/**
 * The network that counts as one source of guesses: an IPv4 address by itself, and the /64 of an IPv6 address, for one
 * person has all of it (RFC 6177 §2). An IPv4 address in IPv6's clothes (RFC 4291 §2.5.5.2) is the IPv4 address.
 * @param ip as a socket gives it, with or without a zone; what is no IP address (a local socket) is one network
 */
export function networkOf(ip: string): string {
  if (isIPv4(ip)) return ip;
  // As a socket that listens for both gives it.
  if (ip.startsWith('::ffff:') && isIPv4(ip.slice(7))) return ip.slice(7);
  const address = ip.replace(/%.*$/, '');
  if (!isIPv6(address)) return 'local';
  const groups = expand(address);
  if (groups.slice(0, 6).join(':') === '0:0:0:0:0:ffff') return dotted(groups[6]!, groups[7]!);
  return `${groups.slice(0, 4).join(':')}::/64`;
}

/** The eight groups of an IPv6 address, each without leading zeros. */
function expand(address: string): string[] {
  const hex = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) => {
    return `${(Number(a) * 256 + Number(b)).toString(16)}:${(Number(c) * 256 + Number(d)).toString(16)}`;
  });
  const [left, right] = hex.split('::').map((half) => half.split(':').filter((group) => group !== ''));
  const missing = right === undefined ? 0 : 8 - left!.length - right.length;
  const groups = [...left!, ...Array<string>(missing).fill('0'), ...(right ?? [])];
  return groups.map((group) => Number.parseInt(group, 16).toString(16));
}

function dotted(high: string, low: string): string {
  const bits = Number.parseInt(high, 16) * 65_536 + Number.parseInt(low, 16);
  return [24, 16, 8, 0].map((shift) => Math.floor(bits / 2 ** shift) % 256).join('.');
}
