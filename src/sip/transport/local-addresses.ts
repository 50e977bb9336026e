import { BlockList } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Clock } from '#base/clock.ts';
import { hostOf, isLoopback } from './addresses.ts';

export interface Interface {
  readonly address: string;
  readonly family: 'IPv4' | 'IPv6';
  readonly internal: boolean;
  /** '192.0.2.7/24' */
  readonly cidr: string | null;
}

/** Addresses come and go: they are looked at again after so long. */
const KEPT_MS = 30_000;
/** More peers than this are looked up again. */
const MAX_KEPT = 10_000;

/** The address of ours that a peer can send to. */
export class LocalAddresses {
  #clock: Clock;
  #settings: { readonly host: string; readonly publicAddress: string };
  #read: () => readonly Interface[];
  #kept = new Map<string, string>();
  #keptFor = '';
  #keptUntil = 0;

  /** @param read the machine's addresses, for tests */
  constructor(
    clock: Clock,
    settings: { readonly host: string; readonly publicAddress: string },
    read: () => readonly Interface[] = interfaces,
  ) {
    this.#clock = clock;
    this.#settings = settings;
    this.#read = read;
  }

  /** @returns a host as it stands in a Via */
  towards(remote: string): string {
    const now = this.#clock.now();
    const { host, publicAddress } = this.#settings;
    if (now >= this.#keptUntil || this.#keptFor !== publicAddress || this.#kept.size >= MAX_KEPT) {
      this.#kept.clear();
      this.#keptUntil = now + KEPT_MS;
      this.#keptFor = publicAddress;
    }
    let local = this.#kept.get(remote);
    if (local === undefined) {
      local = hostOf(localAddress(remote, host, publicAddress, this.#read()));
      this.#kept.set(remote, local);
    }
    return local;
  }
}

/**
 * What this machine is called by `remote`: who is on the machine itself by its loopback, others by the public address,
 * by the one listened on, by the address that shares a network with them, or by the first there is.
 */
export function localAddress(
  remote: string,
  host: string,
  publicAddress: string,
  interfaces: readonly Interface[],
): string {
  const family = remote.includes(':') ? 'IPv6' : 'IPv4';
  if (isLoopback(remote)) return remote === '::1' ? '::1' : '127.0.0.1';
  if (publicAddress !== '') return publicAddress;
  if (host !== '::' && host !== '0.0.0.0') return host;
  const own = interfaces.filter((candidate) => candidate.family === family);
  const outside = own.filter(({ internal, address }) => !internal && !/^fe80:/i.test(address));
  const near = own.find(({ cidr }) => cidr !== null && isInside(remote, cidr, family));
  return (near ?? outside[0])?.address ?? (family === 'IPv6' ? '::1' : '127.0.0.1');
}

function isInside(address: string, cidr: string, family: 'IPv4' | 'IPv6'): boolean {
  const slash = cidr.indexOf('/');
  const network = new BlockList();
  const type = family === 'IPv6' ? 'ipv6' : 'ipv4';
  network.addSubnet(cidr.slice(0, slash), Number(cidr.slice(slash + 1)), type);
  return network.check(address.split('%')[0]!, type);
}

function interfaces(): Interface[] {
  return Object.values(networkInterfaces()).flatMap((found) => found ?? []);
}
