/** RFC 3263: from a SIP URI to where its requests go. Pure but for what the resolver says. */
import { isIP } from 'node:net';
import { bareHost } from '../wire/host-port.ts';
import { SipError } from '../wire/sip-error.ts';
import type { Target } from './flow.ts';
import type { Naptr, Resolver, Srv } from './resolver.ts';
import { defaultPort } from './response-routing.ts';

/** What of a URI matters here. */
export interface LocatableUri {
  readonly scheme: string;
  /** IPv6 in brackets. */
  readonly host: string;
  readonly port: number | undefined;
  readonly params: { get(name: string): string | undefined };
}

type Transport = 'udp' | 'tcp' | 'tls';

/** §4.1, and the name of each one's SRV record (§4.2). In the order in which they are tried where nothing says more. */
const SERVICES: readonly { transport: Transport; naptr: string; srv: string }[] = [
  { transport: 'udp', naptr: 'sip+d2u', srv: '_sip._udp.' },
  { transport: 'tcp', naptr: 'sip+d2t', srv: '_sip._tcp.' },
  { transport: 'tls', naptr: 'sips+d2t', srv: '_sips._tcp.' },
];

/** Answers may be long; a request that has failed at so many places has failed. */
const MAX_SERVERS = 16;
const MAX_TARGETS = 32;

/** What a service leads to: undefined where there is no record of it; none where the domain says that it has it not. */
type Found = Target[] | undefined;

/**
 * @param random in [0, 1), for the weights of RFC 2782
 * @returns at least one, the best first
 * @throws {SipError} 503 where it leads nowhere, 416 where we have no way to go there
 */
export async function locate(uri: LocatableUri, resolver: Resolver, random = Math.random): Promise<Target[]> {
  const host = bareHost(uri.params.get('maddr') ?? uri.host).toLowerCase();
  const domain = bareHost(uri.host).toLowerCase();
  const asked = askedTransport(uri);
  const transport = asked ?? (uri.scheme === 'sips' ? 'tls' : 'udp');
  if (isIP(host) !== 0) return [{ transport, address: host, port: uri.port ?? defaultPort(transport), domain }];
  const search = new Search(resolver, domain, random);
  const found =
    uri.port !== undefined
      ? await search.addresses(host, transport, uri.port)
      : asked !== undefined
        ? await search.service(host, asked)
        : await search.anyService(host, uri.scheme === 'sips');
  if (found.length === 0) throw nowhere();
  return found.slice(0, MAX_TARGETS);
}

/** §4.1: what the URI says itself. A URI of sips goes over TLS whatever it says (RFC 3261 §26.2.2). */
function askedTransport({ scheme, params }: LocatableUri): Transport | undefined {
  const asked = params.get('transport')?.toLowerCase();
  if (asked === undefined) return undefined;
  if (asked === 'tls' || (asked === 'tcp' && scheme === 'sips')) return 'tls';
  if (scheme !== 'sips' && (asked === 'udp' || asked === 'tcp')) return asked;
  throw new SipError(503, 'Transport Not Supported');
}

class Search {
  readonly #resolver: Resolver;
  readonly #domain: string;
  readonly #random: () => number;

  constructor(resolver: Resolver, domain: string, random: () => number) {
    this.#resolver = resolver;
    this.#domain = domain;
    this.#random = random;
  }

  /** §4.2: a port is there, or nothing else is left. */
  async addresses(host: string, transport: Transport, port: number): Promise<Target[]> {
    const found = await this.#resolver.addresses(host);
    return found.map(({ address }) => ({ transport, address, port, domain: this.#domain }));
  }

  /** §4.2: the transport is known, its servers are not. */
  async service(host: string, transport: Transport): Promise<Target[]> {
    const { srv } = SERVICES.find((service) => service.transport === transport)!;
    return (await this.#servers(srv + host, transport)) ?? this.addresses(host, transport, defaultPort(transport));
  }

  /** §4.1: what the domain says by NAPTR; else what SRV records there are; else its addresses. */
  async anyService(host: string, isSips: boolean): Promise<Target[]> {
    const named = services(await this.#resolver.naptr(host), isSips);
    if (named.length > 0) return flatten(await this.#all(named));
    const usual = SERVICES.filter(({ transport }) => !isSips || transport === 'tls');
    const found = await this.#all(usual.map(({ transport, srv }) => ({ transport, name: srv + host })));
    if (found.some((targets) => targets !== undefined)) return flatten(found);
    const transport = isSips ? 'tls' : 'udp';
    return this.addresses(host, transport, defaultPort(transport));
  }

  #all(wanted: readonly { transport: Transport; name: string }[]): Promise<Found[]> {
    return Promise.all(wanted.map(({ transport, name }) => this.#servers(name, transport)));
  }

  async #servers(name: string, transport: Transport): Promise<Found> {
    const records = await this.#resolver.srv(name);
    if (records.length === 0) return undefined;
    // RFC 2782: a single '.' says that there is no such service here.
    const real = records.filter((record) => record.name !== '' && record.name !== '.');
    const ordered = inOrder(real, this.#random).slice(0, MAX_SERVERS);
    // A server whose name cannot be resolved just now is passed over where there are others.
    const found = await Promise.allSettled(ordered.map((srv) => this.addresses(srv.name, transport, srv.port)));
    return found.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
  }
}

/** §4.1: of the services that a domain names, those that we speak, the domain's favourite first. */
function services(records: readonly Naptr[], isSips: boolean): { transport: Transport; name: string }[] {
  return records
    .filter(({ flags, regexp }) => flags.toLowerCase() === 's' && regexp === '')
    .toSorted((a, b) => a.order - b.order || a.preference - b.preference)
    .flatMap(({ service, replacement }) => {
      const transport = SERVICES.find(({ naptr }) => naptr === service.toLowerCase())?.transport;
      if (transport === undefined || (isSips && transport !== 'tls')) return [];
      return [{ transport, name: replacement }];
    });
}

/** RFC 2782: by priority; within one, at random by weight, those of weight 0 seldom. */
export function inOrder(records: readonly Srv[], random: () => number): Srv[] {
  const byPriority = Map.groupBy(records, ({ priority }) => priority);
  return [...byPriority].toSorted(([a], [b]) => a - b).flatMap(([, group]) => byWeight(group, random));
}

function byWeight(group: readonly Srv[], random: () => number): Srv[] {
  const left = group.toSorted((a, b) => Math.sign(a.weight) - Math.sign(b.weight));
  const ordered: Srv[] = [];
  while (left.length > 0) {
    const total = left.reduce((sum, { weight }) => sum + weight, 0);
    const wanted = Math.floor(random() * (total + 1));
    let sum = 0;
    const at = left.findIndex(({ weight }) => {
      sum += weight;
      return sum >= wanted;
    });
    ordered.push(...left.splice(at, 1));
  }
  return ordered;
}

function flatten(found: readonly Found[]): Target[] {
  return found.flatMap((targets) => targets ?? []);
}

/** RFC 3263 §4.3: as if the next hop had answered so. */
function nowhere(): SipError {
  return new SipError(503, 'Next Hop Not Found');
}
