import type { Clock } from '#base/clock.ts';
import type { Log } from '#base/log.ts';
import { SipError } from '../wire/sip-error.ts';
import type { Target } from './flow.ts';
import { type LocatableUri, locate } from './location.ts';
import { CachingResolver, type Resolver, systemResolver } from './resolver.ts';

/** RFC 6761 §6.3 and §6.4: the DNS is not asked for these. */
const LOCALHOST = /^(.*\.)?localhost\.?$/i;
const INVALID = /^(.*\.)?invalid\.?$/i;

/** Looks up where URIs lead (RFC 3263), with a DNS whose answers are kept. */
export class Locator {
  readonly #resolver: Resolver;
  readonly #log: Log;

  constructor(clock: Clock, log: Log, resolver: Resolver = systemResolver()) {
    this.#resolver = new CachingResolver(withSpecialNames(resolver), clock);
    this.#log = log;
  }

  /** @throws {SipError} 503 where it leads nowhere, or the DNS does not answer */
  async locate(uri: LocatableUri): Promise<Target[]> {
    try {
      return await locate(uri, this.#resolver);
    } catch (error) {
      if (error instanceof SipError) throw error;
      this.#log.warn({ err: error, host: uri.host }, 'the DNS does not say where a SIP address leads');
      throw new SipError(503, 'Next Hop Not Found');
    }
  }
}

function withSpecialNames(resolver: Resolver): Resolver {
  const isSpecial = (name: string): boolean => LOCALHOST.test(name) || INVALID.test(name);
  return {
    naptr: async (name) => (isSpecial(name) ? [] : resolver.naptr(name)),
    srv: async (name) => (isSpecial(name) ? [] : resolver.srv(name)),
    async addresses(name) {
      if (INVALID.test(name)) return [];
      if (!LOCALHOST.test(name)) return resolver.addresses(name);
      return ['127.0.0.1', '::1'].map((address) => ({ address, ttlSeconds: 60 }));
    },
  };
}
