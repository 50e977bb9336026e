import { Resolver as DnsResolver, lookup } from 'node:dns/promises';
import type { Clock } from '#base/clock.ts';

/** RFC 3403. */
export interface Naptr {
  readonly order: number;
  readonly preference: number;
  readonly flags: string;
  readonly service: string;
  readonly regexp: string;
  readonly replacement: string;
}

/** RFC 2782. */
export interface Srv {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly name: string;
}

export interface Address {
  readonly address: string;
  readonly ttlSeconds: number;
}

/** The DNS, as RFC 3263 asks it. None there is an empty list; what throws is a DNS that does not answer. */
export interface Resolver {
  naptr(name: string): Promise<readonly Naptr[]>;
  srv(name: string): Promise<readonly Srv[]>;
  /** IPv4 before IPv6: over UDP, a family that does not work is found out after half a minute only. */
  addresses(name: string): Promise<readonly Address[]>;
}

/** What c-ares says where there is nothing of the kind that was asked for. */
const NOTHING: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA', 'EBADNAME', 'ENOTIMP']);

/** Of what the system's own files say (hosts), there is no lifetime. */
const LOCAL_TTL_SECONDS = 10;

export function systemResolver(): Resolver {
  const dns = new DnsResolver({ timeout: 2000, tries: 2 });
  return {
    naptr: (name) => orNothing(dns.resolveNaptr(name)),
    srv: (name) => orNothing(dns.resolveSrv(name)),
    async addresses(name) {
      const [v4, v6] = await Promise.all([
        orNothing(dns.resolve4(name, { ttl: true })),
        orNothing(dns.resolve6(name, { ttl: true })),
      ]);
      const found = [...v4, ...v6].map(({ address, ttl }) => ({ address, ttlSeconds: ttl }));
      return found.length > 0 ? found : fromSystem(name);
    },
  };
}

/** Names that only this machine knows. */
async function fromSystem(name: string): Promise<Address[]> {
  const found = await orNothing(lookup(name, { all: true, order: 'ipv4first' }));
  return found.map(({ address }) => ({ address, ttlSeconds: LOCAL_TTL_SECONDS }));
}

async function orNothing<T>(answer: Promise<T[]>): Promise<T[]> {
  try {
    return await answer;
  } catch (error) {
    if (NOTHING.has((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}

interface Kept {
  readonly answer: Promise<readonly unknown[]>;
  until: number;
}

const MAX_KEPT = 2000;
/** Node does not tell the lifetime of SRV and NAPTR records. */
const SERVICE_MS = 60_000;
const NOTHING_MS = 15_000;
const LONGEST_MS = 300_000;

/** Asks once for all who ask at a time, and keeps the answer for as long as it is good, and not for longer. */
export class CachingResolver implements Resolver {
  readonly #resolver: Resolver;
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept>();

  constructor(resolver: Resolver, clock: Clock) {
    this.#resolver = resolver;
    this.#clock = clock;
  }

  naptr(name: string): Promise<readonly Naptr[]> {
    return this.#ask(`naptr ${name}`, () => this.#resolver.naptr(name), serviceMs);
  }

  srv(name: string): Promise<readonly Srv[]> {
    return this.#ask(`srv ${name}`, () => this.#resolver.srv(name), serviceMs);
  }

  addresses(name: string): Promise<readonly Address[]> {
    return this.#ask(`addresses ${name}`, () => this.#resolver.addresses(name), addressesMs);
  }

  #ask<T>(
    key: string,
    ask: () => Promise<readonly T[]>,
    goodForMs: (answer: readonly T[]) => number,
  ): Promise<readonly T[]> {
    const now = this.#clock.now();
    const kept = this.#kept.get(key);
    if (kept !== undefined && now < kept.until) return kept.answer as Promise<readonly T[]>;
    this.#makeRoom();
    const answer = ask();
    const entry: Kept = { answer, until: Number.POSITIVE_INFINITY };
    this.#kept.delete(key);
    this.#kept.set(key, entry);
    answer.then(
      (found) => {
        entry.until = this.#clock.now() + goodForMs(found);
      },
      // What failed is asked anew the next time.
      () => this.#kept.get(key) === entry && this.#kept.delete(key),
    );
    return answer;
  }

  #makeRoom(): void {
    if (this.#kept.size < MAX_KEPT) return;
    const oldest = this.#kept.keys().next().value;
    if (oldest !== undefined) this.#kept.delete(oldest);
  }
}

function serviceMs(answer: readonly unknown[]): number {
  return answer.length === 0 ? NOTHING_MS : SERVICE_MS;
}

function addressesMs(answer: readonly Address[]): number {
  if (answer.length === 0) return NOTHING_MS;
  return Math.min(LONGEST_MS, ...answer.map(({ ttlSeconds }) => ttlSeconds * 1000));
}
