/** Asks NTP servers whether they can be used, before anybody relies on them: two tries of 2 s each. */
import type { Clock } from '#base/clock.ts';
import type { Sample, ServerClock } from './answer.ts';
import { exchange, type Outcome } from './exchange.ts';
import { parseServer, type ServerAddress, showAddress } from './server-address.ts';
import type { WallClock } from './wall-clock.ts';

const TRIES = 2;
const TRY_MS = 2000;
/** Of one name. */
const MAX_ADDRESSES = 4;

/** What became of asking one server. */
export interface Probe {
  /** As it was given; the servers of a pool have it in common. */
  readonly server: string;
  /** The address that was asked last; undefined where there is none. */
  readonly address: string | undefined;
  readonly result: ProbeResult;
}

export type ProbeResult =
  | { readonly kind: 'time'; readonly sample: Sample; readonly clock: ServerClock }
  | { readonly kind: 'kiss'; readonly code: string }
  | { readonly kind: 'unsynchronised'; readonly why: string; readonly stratum: number }
  | { readonly kind: 'unreachable'; readonly why: string }
  | { readonly kind: 'unresolved'; readonly why: string }
  | { readonly kind: 'malformed'; readonly why: string };

export interface ProbeOptions {
  clock: Clock;
  wall: WallClock;
  resolve(host: string): Promise<string[]>;
}

/** Asks all of them at once; takes at most 2 tries of 2 s for each address of a name. The order stays. */
export async function probeServers(servers: readonly string[], options: ProbeOptions): Promise<Probe[]> {
  return (await Promise.all(servers.map((server) => probe(server, options)))).flat();
}

async function probe(server: string, options: ProbeOptions): Promise<Probe[]> {
  const failed = (kind: 'malformed' | 'unresolved', error: unknown): Probe[] => [
    { server, address: undefined, result: { kind, why: (error as Error).message } },
  ];
  let parsed: ServerAddress;
  try {
    parsed = parseServer(server);
  } catch (error) {
    return failed('malformed', error);
  }
  let addresses: string[];
  try {
    addresses = (await options.resolve(parsed.host)).slice(0, MAX_ADDRESSES);
  } catch (error) {
    return failed('unresolved', error);
  }
  const ask = (address: string) => probeAddress(server, address, parsed.port, options);
  return parsed.isPool ? Promise.all(addresses.map(ask)) : [await firstGood(addresses, ask)];
}

/** One server may have several addresses, not all of which lead to it (IPv6 without a way out, for one). */
async function firstGood(addresses: readonly string[], ask: (address: string) => Promise<Probe>): Promise<Probe> {
  let last: Probe | undefined;
  for (const address of addresses) {
    last = await ask(address);
    if (last.result.kind !== 'unreachable') return last;
  }
  return last!;
}

async function probeAddress(server: string, address: string, port: number, options: ProbeOptions): Promise<Probe> {
  const { clock, wall } = options;
  let outcome: Outcome = { kind: 'silence', why: '' };
  for (let tries = 0; tries < TRIES && outcome.kind === 'silence'; tries++) {
    outcome = await exchange(address, port, { timeoutMs: TRY_MS, clock, wall });
  }
  return { server, address: showAddress(address, port), result: resultOf(outcome) };
}

function resultOf(outcome: Outcome): ProbeResult {
  switch (outcome.kind) {
    case 'time':
      return { kind: 'time', sample: outcome.sample, clock: outcome.server };
    case 'silence':
      return { kind: 'unreachable', why: outcome.why };
    default:
      return outcome;
  }
}
