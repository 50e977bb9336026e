/** An IPv4 address as itself also where a socket for both families shows it inside IPv6 (RFC 4291 §2.5.5.2). */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}

/** As it stands in a Via and in a URI: IPv6 in brackets, without the name of an interface (RFC 3261 §25.1). */
export function hostOf(address: string): string {
  if (!address.includes(':')) return address;
  const zone = address.indexOf('%');
  return `[${zone < 0 ? address : address.slice(0, zone)}]`;
}

export function hostPort(address: string, port: number): string {
  return `${address.includes(':') ? hostOf(address) : address}:${port}`;
}

export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}

/** RFC 5771, RFC 4291 §2.7. */
export function isMulticast(address: string): boolean {
  if (address.includes(':')) return /^ff[0-9a-f]{2}:/i.test(address);
  const first = Number.parseInt(address, 10);
  return first >= 224 && first <= 239;
}
