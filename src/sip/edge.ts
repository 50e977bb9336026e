import { isIPv6 } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import type { Accounts } from '#accounts/accounts.ts';
import type { Homes } from '#accounts/homes.ts';
import type { Throttle } from '#accounts/throttle.ts';
import type { Certificates } from '#base/certificates.ts';
import type { Clock } from '#base/clock.ts';
import type { FeatureHost } from '#base/feature.ts';
import type { HttpRoutes } from '#base/http-routes.ts';
import type { Settings } from '#base/loaded-settings.ts';
import type { Log } from '#base/log.ts';
import type { Metrics } from '#base/metrics.ts';
import { Authenticator } from './authentication/authenticator.ts';
import type { EventPackage } from './event-package.ts';
import type { MethodPlace, RequestHandler, SipFeature } from './feature.ts';
import { hostFeatures } from './feature-host.ts';
import type { Subscriptions } from './features/rfc-6665-subscribe/subscriptions.ts';
import { Gruus } from './gruu.ts';
import { route } from './router.ts';
import { sipTransactions } from './transaction/settings.ts';
import type { ClientTransaction, ResponseHandlers } from './transaction/transaction.ts';
import { Transactions } from './transaction/transactions.ts';
import type { Flow } from './transport/flow.ts';
import { sipLimits, sipListeners } from './transport/settings.ts';
import { Transports } from './transport/transports.ts';
import { addressOf, domainOf } from './wire/address.ts';
import { copy } from './wire/byte-string.ts';
import { parseNameAddress } from './wire/header-name-address.ts';
import type { OutgoingRequest, SipRequest } from './wire/message.ts';
import { parseUri, type SipUri } from './wire/sip-uri.ts';

export interface SipEdgeOptions {
  homes: Homes;
  accounts: Accounts;
  throttle: Throttle;
  /** Served domains, prepared; the server's own first. */
  domains: readonly string[];
  settings: Settings;
  metrics: Metrics;
  log: Log;
  clock: Clock;
  certificates: Certificates;
  /** The HTTPS port: XCAP, and SIP over WebSocket. */
  https: HttpRoutes;
  /** Known to this server alone and the same at every start. */
  secret: Uint8Array;
  features: readonly SipFeature[];
  version: string;
}

/** So many texts are kept once for all. */
const MAX_TEXTS = 10_000;

/** The SIP edge of one node: its listeners, transactions, and what its features have registered. */
export class SipEdge {
  readonly name = 'sip';
  readonly homes: Homes;
  readonly accounts: Accounts;
  readonly throttle: Throttle;
  readonly domains: ReadonlySet<string>;
  /** The server's own: what an address without a name of a domain stands for. */
  readonly domain: string;
  readonly settings: Settings;
  readonly limits;
  readonly log: Log;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly version: string;
  readonly secret: Uint8Array;
  readonly https: HttpRoutes;
  readonly transports: Transports;
  readonly transactions: Transactions;
  readonly authenticator: Authenticator;
  readonly gruus: Gruus;
  readonly counts;
  readonly methods = new Map<string, { place: MethodPlace; handler: RequestHandler }>();
  readonly eventPackages = new Map<string, EventPackage>();
  /** Option tags that we know, each with the specification that it is from. */
  readonly optionTags = new Map<string, string>();
  /** Takes what no method handler takes (RFC 3261 §16). */
  otherwise: RequestHandler | undefined;
  /** Subscriptions that are served here, while RFC 6665 is on. */
  subscriptions: Subscriptions | undefined;
  readonly features: FeatureHost<SipFeature>;
  /** What takes leave of many, in its time, before everything is stopped. */
  readonly leaving = new Set<() => Promise<void>>();
  readonly #texts = new Map<string, string>();
  /** Settled once requests can be sent. */
  readonly listening = Promise.withResolvers<void>();
  #ownHosts = new Set<string>();

  constructor(options: SipEdgeOptions) {
    const { homes, accounts, throttle, settings, metrics, log, clock, certificates, secret } = options;
    this.homes = homes;
    this.accounts = accounts;
    this.throttle = throttle;
    this.domains = new Set(options.domains);
    this.domain = options.domains[0]!;
    this.settings = settings;
    this.limits = settings.of(sipLimits);
    this.log = log;
    this.clock = clock;
    this.metrics = metrics;
    this.version = options.version;
    this.secret = secret;
    this.https = options.https;
    this.counts = {
      refused: metrics.counters('rollcall_sip_refused_total', 'Requests answered with an error of ours.', 'status'),
    };
    this.transactions = new Transactions({
      clock,
      log,
      metrics,
      limits: settings.of(sipTransactions),
      onRequest: (request, flow) => route(this, request, flow),
      flowTo: (target) => this.transports.flowTo(target),
    });
    this.transports = new Transports({
      settings: { listeners: settings.of(sipListeners), limits: this.limits },
      certificates,
      log,
      metrics,
      clock,
      onMessage: (message, flow) => this.transactions.receive(message, flow),
      onMalformed: (malformed, flow) => {
        this.transactions.answerMalformed(malformed, flow);
      },
    });
    metrics.observed('rollcall_sip_devices', 'Registered clients.', () => this.devices());
    this.gruus = new Gruus(homes, secret);
    this.authenticator = new Authenticator({
      homes,
      accounts,
      throttle,
      clock,
      metrics,
      settings,
      secret,
      domains: this.domains,
      accountOf: (uri) => (this.isLocal(uri) ? this.accountOf(uri) : undefined),
    });
    this.features = hostFeatures(this, options.features);
  }

  /** Methods that we take, for the Allow header. */
  get allow(): string {
    return [...this.methods.keys()].join(', ');
  }

  get supported(): string {
    return [...this.optionTags.keys()].join(', ');
  }

  get acceptedEvents(): string {
    return [...this.eventPackages.keys()].join(', ');
  }

  get ports(): Readonly<Record<string, number>> {
    return this.transports.ports;
  }

  /** Whether a URI names a domain of ours, or this very server. */
  isLocal(uri: SipUri): boolean {
    return this.domains.has(domainOf(uri)) || this.isOwnAddress(uri);
  }

  /** Whether a URI names an address and a port that we listen on. */
  isOwnAddress({ host, port, scheme, params }: SipUri): boolean {
    if (!this.#ownHosts.has(host)) return false;
    const { sip, 'sip-tls': sipTls } = this.ports;
    const isTls = scheme === 'sips' || params.get('transport')?.toLowerCase() === 'tls';
    return (port ?? (isTls ? 5061 : 5060)) === (isTls ? sipTls : sip) || port === sip || port === sipTls;
  }

  /**
   * The account that a URI of ours stands for: 'local@domain'; undefined where it names the server itself.
   * @throws {SipError | Failure} 404 or 'malformed' where no account can be called so
   */
  accountOf(uri: SipUri): string | undefined {
    if (uri.user === '') return undefined;
    return this.domains.has(domainOf(uri)) ? addressOf(uri) : addressOf({ ...uri, host: this.domain });
  }

  /** Whether a request asks to be passed on to somebody else than us (RFC 3261 §16.4). */
  hasFurtherRoute(request: SipRequest): boolean {
    if (request.header('route') === undefined) return false;
    return request.values('route').some((value) => !this.isRouteToUs(parseUri(parseNameAddress(value).uri)));
  }

  isRouteToUs(uri: SipUri): boolean {
    return this.isOwnAddress(uri) || (this.domains.has(domainOf(uri)) && (uri.user === '' || uri.params.has('lr')));
  }

  /** The value of our Contact header for a dialog over a flow. */
  contactFor({ sentBy, transport }: Flow): string {
    return this.interned(`<sip:${sentBy};transport=${transport}>`);
  }

  /** One string for all that are the same, where many of them are kept. For texts of which there are few. */
  interned(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    if (this.#texts.size >= MAX_TEXTS) this.#texts.clear();
    const own = copy(text);
    this.#texts.set(own, own);
    return own;
  }

  /** Sends a request over a flow. See `Transactions.request`. */
  send(out: OutgoingRequest, flow: Flow, handlers: ResponseHandlers): ClientTransaction {
    return this.transactions.request(out, flow, handlers);
  }

  /** @throws {Failure} when a port cannot be had */
  async listen(portOffset: number): Promise<void> {
    await this.transports.listen(portOffset);
    this.#ownHosts = new Set(['localhost', hostname().toLowerCase(), '127.0.0.1', '[::1]']);
    for (const addresses of Object.values(networkInterfaces())) {
      for (const { address, family } of addresses ?? []) {
        this.#ownHosts.add(family === 'IPv6' ? `[${address.split('%')[0]}]` : address);
      }
    }
    const { publicAddress } = this.settings.of(sipListeners);
    if (publicAddress !== '')
      this.#ownHosts.add(isIPv6(publicAddress) ? `[${publicAddress}]` : publicAddress.toLowerCase());
    this.listening.resolve();
  }

  /** Contact bindings. */
  devices(): number {
    let count = 0;
    for (const home of this.homes.all()) {
      for (const { edge } of home.devices.values()) if (edge === 'sip') count++;
    }
    return count;
  }

  /** Closes the ports, and what is connected; contact bindings and subscriptions stay. `listen` opens them again. */
  close(): Promise<void> {
    return this.transports.close();
  }

  /** Takes leave of watchers, then closes everything. */
  async stop(): Promise<void> {
    await this.subscriptions?.leave();
    for (const leave of this.leaving) await leave();
    this.features.stop();
    this.authenticator.stop();
    this.transactions.stop();
    await this.transports.stop();
  }
}
