import { silentLog } from '#base/log.ts';
import { Metrics } from '#base/metrics.ts';
import type { SipEdge } from '../../src/sip/edge.ts';
import { StatefulProxy } from '../../src/sip/features/rfc-3261-proxy/stateful-proxy.ts';
import { route } from '../../src/sip/router.ts';
import { Transactions } from '../../src/sip/transaction/transactions.ts';
import type { Target } from '../../src/sip/transport/flow.ts';
import { addressOf } from '../../src/sip/wire/address.ts';
import type { SipRequest } from '../../src/sip/wire/message.ts';
import { SipError } from '../../src/sip/wire/sip-error.ts';
import type { SipUri } from '../../src/sip/wire/sip-uri.ts';
import type { World } from './homes.ts';
import { MemoryFlow } from './memory-flow.ts';

/** A proxy for example.test between flows of memory. Its name is server.example.test. */
export interface ProxyUnderTest {
  readonly transactions: Transactions;
  readonly settings: { answerSeconds: number; maxBreadth: number; toOtherDomains: boolean };
  /** By id. */
  readonly flows: Map<string, MemoryFlow>;
  /** What the DNS and the network have, by host; '*' for all others. What is no flow cannot be connected to. */
  readonly reachable: Map<string, (MemoryFlow | 'nobody')[]>;
}

/** @param sender who a request is from, and has proved to be; undefined: is to be challenged */
export function startProxy(world: World, sender: (request: SipRequest) => string | undefined): ProxyUnderTest {
  const settings = { answerSeconds: 190, maxBreadth: 60, toOtherDomains: true };
  const flows = new Map<string, MemoryFlow>();
  const reachable: ProxyUnderTest['reachable'] = new Map();
  const found = (host: string) => reachable.get(host) ?? reachable.get('*');
  const transactions = new Transactions({
    clock: world.clock,
    log: silentLog(),
    metrics: new Metrics(),
    limits: { maxOngoing: 1000, rememberedTransactions: 1000 },
    onRequest: (request, flow) => route(edge, request, flow),
    flowTo: () => {
      throw new SipError(503);
    },
  });
  const isOwn = ({ host, port }: SipUri) => host === 'server.example.test' && (port ?? 5060) === 5060;
  const domains = new Set(['example.test']);
  const isRouteToUs = (uri: SipUri) =>
    isOwn(uri) || (domains.has(uri.host) && (uri.user === '' || uri.params.has('lr')));
  const edge = {
    homes: world.homes,
    clock: world.clock,
    log: silentLog(),
    domain: 'example.test',
    domains,
    secret: Buffer.from('secret'),
    transactions,
    methods: new Map(),
    optionTags: new Map(),
    counts: { refused: { of: () => ({ add() {} }) } },
    allow: 'OPTIONS',
    gruus: { resolve: (uri: SipUri) => uri },
    isLocal: (uri: SipUri) => domains.has(uri.host) || isOwn(uri),
    isRouteToUs,
    hasFurtherRoute: (request: SipRequest) =>
      request.values('route').some((value) => !value.includes('server.example')),
    accountOf: (uri: SipUri) => (uri.user === '' ? undefined : addressOf(uri)),
    authenticator: {
      check(request: SipRequest) {
        const address = sender(request);
        if (address !== undefined) return { ok: true, home: world.homes.loaded(address)! };
        return { status: 407, challenge: 'Proxy-Authenticate: Digest realm="example.test"\r\n' };
      },
    },
    transports: {
      flowOf: (id: string) => flows.get(id),
      async locate({ host }: SipUri) {
        const targets = found(host);
        if (targets === undefined) throw new SipError(503, 'Next Hop Not Found');
        return targets.map((_, i) => ({ transport: 'tcp', address: host, port: i, domain: host }));
      },
      async flowTo({ address, port }: Target) {
        const flow = found(address)?.[port];
        if (flow instanceof MemoryFlow) return flow;
        throw new SipError(503);
      },
    },
  } as unknown as SipEdge;
  const proxy = new StatefulProxy(edge, settings);
  edge.otherwise = (incoming) => proxy.take(incoming);
  return { transactions, settings, flows, reachable };
}
