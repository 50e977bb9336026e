import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Certificates } from '#base/certificates.ts';
import type { Clock } from '#base/clock.ts';
import { Flusher } from '#base/flusher.ts';
import type { Log } from '#base/log.ts';
import type { Metrics } from '#base/metrics.ts';
import type { Values } from '#base/settings.ts';
import { SipError } from '../wire/sip-error.ts';
import { Connections } from './connections.ts';
import { Connector } from './connector.ts';
import type { MessageTaker, TransportContext } from './context.ts';
import { transportFigures } from './figures.ts';
import type { Flow, Target } from './flow.ts';
import { openTcp, openUdp } from './listening.ts';
import { LocalAddresses } from './local-addresses.ts';
import type { LocatableUri } from './location.ts';
import { Locator } from './locator.ts';
import type { Resolver } from './resolver.ts';
import type { sipLimits, sipListeners } from './settings.ts';
import { TcpListener } from './tcp-listener.ts';
import { TlsContexts } from './tls-contexts.ts';
import type { UdpPort } from './udp.ts';
import { WebSockets } from './websocket.ts';

export interface TransportsOptions extends MessageTaker {
  /** Live: a change holds at once. */
  readonly settings: {
    readonly listeners: Values<typeof sipListeners.shape>;
    readonly limits: Values<typeof sipLimits.shape>;
  };
  readonly certificates: Certificates;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** The DNS, for tests. */
  readonly resolver?: Resolver;
}

/** How often connections are looked at on which no message has come, and those on which nothing comes any more. */
const SWEEP_SILENT_MS = 1000;
const SWEEP_IDLE_MS = 60_000;
/** For what waits to be written when the server stops. */
const STOP_MS = 3000;

/** Everything that SIP comes and goes over: UDP, TCP, TLS and WebSockets (RFC 3261 §18, RFC 7118). */
export class Transports {
  /** Where we listen: 'sip' (UDP and TCP) and 'sip-tls'. */
  readonly ports: Record<string, number> = {};
  readonly #context: TransportContext;
  readonly #connections: Connections;
  readonly #connector: Connector;
  readonly #tls: TlsContexts;
  readonly #locator: Locator;
  readonly #webSockets: WebSockets;
  readonly #listeners: TcpListener[] = [];
  readonly #sweeps: (() => void)[];
  #udp4: UdpPort | undefined;
  #udp6: UdpPort | undefined;

  constructor(options: TransportsOptions) {
    const { settings, clock, log, metrics } = options;
    const { ports } = this;
    this.#context = {
      ...settings,
      log,
      clock,
      figures: transportFigures(metrics),
      flusher: new Flusher(),
      local: new LocalAddresses(clock, settings.listeners),
      ports: {
        get sip() {
          return ports.sip ?? 0;
        },
        get tls() {
          return ports['sip-tls'] ?? 0;
        },
      },
      onMessage: options.onMessage,
      onMalformed: options.onMalformed,
    };
    this.#connections = new Connections(this.#context);
    this.#tls = new TlsContexts(options.certificates, log, () => clock.now());
    this.#connector = new Connector(this.#context, this.#connections, this.#tls);
    this.#locator = new Locator(clock, log, options.resolver);
    this.#webSockets = new WebSockets(this.#context, this.#connections);
    this.#sweeps = [
      clock.every(SWEEP_SILENT_MS, () => this.#connections.sweepSilent()),
      clock.every(SWEEP_IDLE_MS, () => this.#connections.sweepIdle()),
    ];
    metrics.observed('rollcall_sip_connections', 'TCP, TLS and WebSocket connections.', () => this.#connections.size);
  }

  /** @throws {Failure} when a port cannot be had */
  async listen(portOffset: number): Promise<void> {
    const { host, port, tlsPort } = this.#context.listeners;
    try {
      if (port !== 0) {
        await this.#listenUdp(host, port + portOffset);
        this.ports.sip = await this.#listenTcp(host, port + portOffset);
      }
      if (tlsPort !== 0) this.ports['sip-tls'] = await this.#listenTcp(host, tlsPort + portOffset, this.#tls);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /**
   * A way to a target: over UDP at once, otherwise the connection that is there, or a new one.
   * @throws {SipError} 503 where there is none; so does the promise reject
   */
  flowTo(target: Target): Flow | Promise<Flow> {
    const { transport, address, port } = target;
    if (transport === 'udp') {
      const udp = address.includes(':') ? this.#udp6 : this.#udp4;
      if (udp === undefined) throw new SipError(503, 'Next Hop Not Reachable');
      return udp.flowTo(address, port);
    }
    const existing = this.#connections.find(target);
    if (existing !== undefined) return existing;
    // RFC 7118 §5.2.1: a browser takes no connections.
    if (transport === 'ws' || transport === 'wss') throw new SipError(503, 'Next Hop Not Reachable');
    return this.#connector.connect(target);
  }

  /** The flow that an id names, as long as it is there (RFC 5626 §5.3). */
  flowOf(id: string): Flow | undefined {
    if (!id.startsWith('udp ')) return this.#connections.byId(id);
    const match = /^udp \S+ \[?([^\]\s]+)\]?:(\d+)$/.exec(id);
    if (match === null) return undefined;
    const address = match[1]!;
    const flow = (address.includes(':') ? this.#udp6 : this.#udp4)?.flowTo(address, Number(match[2]));
    return flow?.id === id ? flow : undefined;
  }

  /** Where requests to a URI go, the best first (RFC 3263). @throws {SipError} where it leads nowhere */
  locate(uri: LocatableUri): Promise<Target[]> {
    return this.#locator.locate(uri);
  }

  /** A request on the HTTPS port to become a WebSocket that speaks SIP (RFC 7118 §4). */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#webSockets.upgrade(request, socket, head);
  }

  /** A WebSocket whose handshake somebody else has done. @param socket what it runs over */
  acceptWebSocket(websocket: WebSocket, socket: Socket): void {
    this.#webSockets.accept(websocket, socket);
  }

  /** Closes for good. */
  async stop(): Promise<void> {
    for (const end of this.#sweeps) end();
    await this.close();
  }

  /** Closes the ports, and what is connected; `listen` opens them again. */
  async close(): Promise<void> {
    this.#connector.stop();
    for (const name of Object.keys(this.ports)) delete this.ports[name];
    const closed = this.#listeners.splice(0).map((listener) => listener.close());
    this.#connections.closeAll();
    const udp = [this.#udp4, this.#udp6];
    this.#udp4 = undefined;
    this.#udp6 = undefined;
    for (const port of udp) if (port !== undefined) closed.push(port.close());
    const late = setTimeout(() => this.#connections.cutAll(), STOP_MS).unref();
    await Promise.all(closed);
    clearTimeout(late);
  }

  async #listenUdp(host: string, port: number): Promise<void> {
    for (const udp of await openUdp(this.#context, host, port)) {
      if (udp.isIpv6) this.#udp6 = udp;
      else this.#udp4 = udp;
    }
  }

  async #listenTcp(host: string, port: number, tls?: TlsContexts): Promise<number> {
    const listener = new TcpListener(this.#context, this.#connections, tls);
    await openTcp(this.#context, host, port, (address, at) => listener.listen(address, at));
    this.#listeners.push(listener);
    return listener.port;
  }
}
