import { BlockList, isIPv6 } from 'node:net';
import type { Flow } from '../../transport/flow.ts';
import type { TrunkContext } from './feature.ts';

/** Who is believed to be a node of the call manager. The lists may change at any time. */
export class Peers {
  readonly #settings: TrunkContext['settings'];
  #lines: readonly string[] = [];
  #addresses = new BlockList();

  constructor(settings: TrunkContext['settings']) {
    this.#settings = settings;
  }

  get isEmpty(): boolean {
    return this.#settings.peers.length === 0 && this.#settings.tlsSubjects.length === 0;
  }

  /** @returns in words why a peer is believed; undefined: it is not */
  vouchFor(flow: Flow): string | undefined {
    const { tlsSubjects } = this.#settings;
    const name = flow.peerNames.find((proved) => tlsSubjects.some((known) => isSameName(proved, known)));
    if (name !== undefined) return `call manager ${name}`;
    if (flow.transport === 'udp' && !this.#settings.allowUdp) return undefined;
    const { remoteAddress } = flow;
    const family = isIPv6(remoteAddress) ? 'ipv6' : 'ipv4';
    return this.#known().check(remoteAddress, family) ? `call manager ${remoteAddress}` : undefined;
  }

  #known(): BlockList {
    const { peers } = this.#settings;
    if (peers !== this.#lines) {
      this.#lines = peers;
      this.#addresses = readAddresses(peers);
    }
    return this.#addresses;
  }
}

function isSameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** Lines that are no addresses match nobody. */
function readAddresses(lines: readonly string[]): BlockList {
  const addresses = new BlockList();
  for (const line of lines) {
    const [address = '', prefix] = line.trim().split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    try {
      if (prefix === undefined) addresses.addAddress(address, family);
      else addresses.addSubnet(address, Number(prefix), family);
    } catch {}
  }
  return addresses;
}
