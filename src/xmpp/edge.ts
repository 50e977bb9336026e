import { createServer, type Server, type Socket } from 'node:net';
import type { Accounts } from '#accounts/accounts.ts';
import type { Homes } from '#accounts/homes.ts';
import type { Throttle } from '#accounts/throttle.ts';
import type { Certificates } from '#base/certificates.ts';
import type { Clock } from '#base/clock.ts';
import type { FeatureHost } from '#base/feature.ts';
import { Flusher } from '#base/flusher.ts';
import { lacksIpv6, listenFailure } from '#base/listen-failure.ts';
import type { Settings } from '#base/loaded-settings.ts';
import type { Log } from '#base/log.ts';
import type { Metrics } from '#base/metrics.ts';
import type { Administration } from '#commands/command.ts';
import type { Element } from '#xml/element.ts';
import type { XmppFeature } from './feature.ts';
import { hostFeatures } from './feature-host.ts';
import { sessionStarted } from './hooks.ts';
import { type IqTable, iqKey } from './iq.ts';
import type { Session } from './session.ts';
import { xmppLimits, xmppListeners } from './settings.ts';
import { ClientStream } from './stream/client-stream.ts';
import { saslSettings } from './stream/sasl-settings.ts';
import { StreamError } from './wire/stream-error.ts';

export interface XmppEdgeOptions {
  homes: Homes;
  accounts: Accounts;
  throttle: Throttle;
  /** Served domains, prepared; the server's own first. */
  domains: readonly string[];
  settings: Settings;
  metrics: Metrics;
  log: Log;
  clock: Clock;
  /** Of all domains; whoever opens them reads them again and closes them. */
  certificates: Certificates;
  features: readonly XmppFeature[];
  version: string;
  /** What administrators may do; undefined until the server is up. */
  administration?: () => Administration | undefined;
}

type ElementHandler = (session: Session, element: Element) => void;
type BindElementHandler = (stream: ClientStream, element: Element) => void | Promise<void>;

/** How often streams are looked at that have not signed in. */
const SWEEP_MS = 1000;

/** A stream on which nothing has come for so long lets go of what it can make again. */
const REST_MS = 5000;

/** The XMPP edge of one node: its listeners, streams, and what its features have registered. */
export class XmppEdge {
  readonly name = 'xmpp';
  readonly homes: Homes;
  readonly accounts: Accounts;
  readonly signInServices: { accounts: Accounts; throttle: Throttle };
  readonly domains: ReadonlySet<string>;
  readonly settings: Settings;
  readonly limits;
  readonly listeners;
  readonly sasl;
  readonly log: Log;
  readonly clock: Clock;
  readonly version: string;
  readonly administration: () => Administration | undefined;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly flusher = new Flusher();
  readonly certificates: Certificates;
  readonly counts;
  /** All connections, signed in or not. */
  readonly streams = new Set<ClientStream>();
  readonly iqGet: IqTable = new Map();
  readonly iqSet: IqTable = new Map();
  readonly elements = new Map<string, ElementHandler>();
  readonly bindElements = new Map<string, BindElementHandler>();
  readonly featureMakers: { when: string; make: (stream: ClientStream) => Element | undefined }[] = [];
  /** Takes a stanza of a client that has not signed in (XEP-0077). @returns undefined for one that is not its business */
  beforeSignIn: ((stream: ClientStream, stanza: Element) => Promise<void> | undefined) | undefined;
  readonly features: FeatureHost<XmppFeature>;
  /** Streams by network address that have not signed in yet. */
  #signingIn = new Map<string, Set<ClientStream>>();
  #servers: Server[] = [];
  #stopSweeping: () => void;
  #stopping = false;
  ports: Record<string, number> = {};

  constructor(options: XmppEdgeOptions) {
    const { homes, accounts, throttle, settings, metrics, log, clock } = options;
    this.homes = homes;
    this.accounts = accounts;
    this.signInServices = { accounts, throttle };
    this.domains = new Set(options.domains);
    this.settings = settings;
    this.limits = settings.of(xmppLimits);
    this.listeners = settings.of(xmppListeners);
    this.sasl = settings.of(saslSettings);
    this.log = log;
    this.clock = clock;
    this.version = options.version;
    this.administration = options.administration ?? (() => undefined);
    this.startedAt = clock.now();
    this.certificates = options.certificates;
    this.counts = {
      stanzasReceived: metrics.counter('rollcall_xmpp_stanzas_received_total', 'Stanzas received from clients.'),
      stanzasSent: metrics.counter('rollcall_xmpp_stanzas_sent_total', 'Stanzas sent to clients.'),
      stanzaErrors: metrics.counters('rollcall_xmpp_stanza_errors_total', 'Errors answered to stanzas.', 'condition'),
      streamErrors: metrics.counters('rollcall_xmpp_stream_errors_total', 'Streams ended by an error.', 'condition'),
      signIns: metrics.counters('rollcall_xmpp_sign_ins_total', 'Sign-ins, by how they ended.', 'outcome'),
      refused: metrics.counters('rollcall_xmpp_refused_total', 'Connections refused or cut off.', 'reason'),
    };
    metrics.observed('rollcall_xmpp_connections', 'Connections of clients.', () => this.streams.size);
    metrics.observed('rollcall_xmpp_sessions', 'Signed-in clients.', () => this.devices());
    this.features = hostFeatures(this, options.features);
    const stopSweeping = clock.every(SWEEP_MS, () => this.#sweep());
    const stopResting = clock.every(REST_MS, () => this.#rest());
    this.#stopSweeping = () => {
      stopSweeping();
      stopResting();
    };
  }

  isLocal(domain: string): boolean {
    return this.domains.has(domain);
  }

  /** Signed-in clients, those without a connection just now included. */
  devices(): number {
    let count = 0;
    for (const home of this.homes.all()) {
      for (const { edge } of home.devices.values()) if (edge === 'xmpp') count++;
    }
    return count;
  }

  /** @throws {Failure} when a port cannot be had */
  async listen(portOffset: number): Promise<void> {
    const { host, port, tlsPort } = this.listeners;
    if (port !== 0) this.ports.xmpp = await this.#open(host, port + portOffset, false);
    if (tlsPort !== 0) this.ports['xmpp-tls'] = await this.#open(host, tlsPort + portOffset, true);
  }

  /** Tells every client why, and closes the ports; `listen` opens them again. */
  async close(): Promise<void> {
    const closed = this.#servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve)));
    for (const name of Object.keys(this.ports)) delete this.ports[name];
    for (const stream of [...this.streams]) stream.close(new StreamError('system-shutdown'));
    await Promise.race([Promise.all(closed), new Promise((resolve) => setTimeout(resolve, 3000).unref())]);
  }

  /** Closes for good. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#stopSweeping();
    const closed = this.close();
    this.features.stop();
    await closed;
  }

  streamFeatures(when: string, stream: ClientStream): Element[] {
    return this.featureMakers
      .filter((maker) => maker.when === when)
      .map((maker) => maker.make(stream))
      .filter((feature) => feature !== undefined);
  }

  elementHandler({ ns, name }: Element): ElementHandler | undefined {
    return this.elements.get(iqKey(ns, name));
  }

  bindElementHandler({ ns, name }: Element): BindElementHandler | undefined {
    return this.bindElements.get(iqKey(ns, name));
  }

  /** A stream has a session. */
  signedIn(stream: ClientStream): void {
    this.#forgetSigningIn(stream);
  }

  /** The client has been told that it is bound. */
  started(session: Session): void {
    this.homes.hooks.run(sessionStarted, session);
  }

  streamGone(stream: ClientStream): void {
    this.streams.delete(stream);
    this.#forgetSigningIn(stream);
  }

  #forgetSigningIn(stream: ClientStream): void {
    const others = this.#signingIn.get(stream.address);
    others?.delete(stream);
    if (others?.size === 0) this.#signingIn.delete(stream.address);
  }

  /** Where the machine has no IPv6, every address is every one of IPv4. */
  async #open(host: string, port: number, directTls: boolean): Promise<number> {
    try {
      return await this.#listen(host, port, directTls);
    } catch (error) {
      if (!lacksIpv6(error, host)) throw listenFailure(error, host, port);
      this.log.info({ port }, 'this machine has no IPv6; only IPv4 is listened on');
    }
    return this.#listen('0.0.0.0', port, directTls).catch((error: unknown) => {
      throw listenFailure(error, '0.0.0.0', port);
    });
  }

  #listen(host: string, port: number, directTls: boolean): Promise<number> {
    const server = createServer((socket) => this.#accept(socket, directTls));
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port, backlog: 1024 }, () => {
        server.off('error', reject);
        server.on('error', (err) => this.log.error({ err, port }, 'a listener failed'));
        this.#servers.push(server);
        resolve((server.address() as { port: number }).port);
      });
    });
  }

  #accept(socket: Socket, directTls: boolean): void {
    const address = socket.remoteAddress ?? '';
    const signingIn = this.#signingIn.get(address) ?? new Set();
    const refused =
      this.#stopping || this.streams.size >= this.limits.maxConnections
        ? 'too-many-connections'
        : signingIn.size >= this.limits.maxSigningInPerAddress
          ? 'too-many-signing-in'
          : undefined;
    if (refused !== undefined) {
      this.counts.refused.of(refused).add(1);
      socket.on('error', () => {});
      socket.destroy();
      return;
    }
    const stream = new ClientStream(this, socket, directTls);
    this.streams.add(stream);
    this.#signingIn.set(address, signingIn.add(stream));
  }

  #rest(): void {
    const now = this.clock.now();
    for (const stream of this.streams) {
      const idleMs = now - stream.lastReadAt;
      if (idleMs >= REST_MS && idleMs < 3 * REST_MS) stream.rest();
    }
  }

  /** Cuts off those who took too long to sign in. */
  #sweep(): void {
    const before = this.clock.now() - this.limits.signInSeconds * 1000;
    for (const streams of this.#signingIn.values()) {
      for (const stream of streams) {
        if (stream.openedAt > before) continue;
        this.counts.refused.of('sign-in-timeout').add(1);
        stream.close(new StreamError('connection-timeout', 'Sign-in took too long.'));
      }
    }
  }
}
