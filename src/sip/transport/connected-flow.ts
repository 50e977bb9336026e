import type { Malformed } from '../wire/malformed.ts';
import type { SipRequest, SipResponse } from '../wire/message.ts';
import { hostPort, plainAddress } from './addresses.ts';
import type { Connections } from './connections.ts';
import type { TransportContext } from './context.ts';
import type { Flow, TransportName } from './flow.ts';

export interface Ends {
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
}

/** A flow that is a connection: of TCP, of TLS, or a WebSocket. */
export abstract class ConnectedFlow implements Flow {
  readonly transport: TransportName;
  readonly id: string;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly sentBy: string;
  readonly isReliable = true;
  /** We have opened it. */
  readonly isOutgoing: boolean;
  /** Epoch milliseconds. */
  readonly openedAt: number;
  lastReadAt: number;
  /** A message has come on it. */
  hasSpoken = false;
  /** Since when part of a message has waited for the rest of it, epoch milliseconds; 0: none does. */
  unfinishedSince = 0;
  isClosed = false;
  peerNames: readonly string[] = [];
  protected readonly context: TransportContext;
  readonly #connections: Connections;
  readonly #received;
  readonly #sent;
  #onClose: Set<() => void> | undefined;

  constructor(context: TransportContext, connections: Connections, transport: TransportName, ends: Ends, out: boolean) {
    const { localAddress, localPort } = ends;
    this.context = context;
    this.#connections = connections;
    this.transport = transport;
    this.isOutgoing = out;
    this.remoteAddress = plainAddress(ends.remoteAddress);
    this.remotePort = ends.remotePort;
    const local = plainAddress(localAddress);
    this.id = `${transport} ${hostPort(local, localPort)} ${hostPort(this.remoteAddress, this.remotePort)}`;
    this.sentBy = this.#sentBy(local, localPort);
    this.openedAt = context.clock.now();
    this.lastReadAt = this.openedAt;
    this.#received = context.figures.received.of(transport);
    this.#sent = context.figures.sent.of(transport);
  }

  get isSecure(): boolean {
    return this.transport === 'tls' || this.transport === 'wss';
  }

  abstract send(message: string): void;
  abstract close(): void;
  /** At once, whatever waits to be sent. */
  abstract cut(): void;

  onClose(run: () => void): () => void {
    this.#onClose ??= new Set();
    const listeners = this.#onClose.add(run);
    return () => listeners.delete(run);
  }

  /** RFC 3261 §18.1.1: where a response goes once this connection is gone: to a port that is listened on. */
  #sentBy(local: string, localPort: number): string {
    const { ports, listeners, local: addresses } = this.context;
    const listening = this.isSecure ? ports.tls : ports.sip;
    const host = listeners.publicAddress === '' ? local : undefined;
    const port = this.isOutgoing && listening !== 0 ? listening : localPort;
    return host === undefined ? `${addresses.towards(this.remoteAddress)}:${port}` : hostPort(host, port);
  }

  protected take(message: SipRequest | SipResponse): void {
    this.hasSpoken ||= this.#connections.spoke(this);
    this.#received.add(1);
    try {
      this.context.onMessage(message, this);
    } catch (err) {
      this.context.log.error({ err, flow: this.id }, 'a message could not be dealt with');
    }
  }

  protected refuse(malformed: Malformed, bytes: number): void {
    this.context.figures.malformed.of(this.transport).add(1);
    try {
      this.context.onMalformed(malformed, this, bytes);
    } catch (err) {
      this.context.log.error({ err, flow: this.id }, 'what is no message could not be answered');
    }
  }

  protected countSent(): void {
    this.#sent.add(1);
  }

  /** To be called once. */
  protected closed(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#connections.delete(this);
    const listeners = this.#onClose;
    this.#onClose = undefined;
    for (const run of listeners ?? []) this.#tell(run);
  }

  #tell(run: () => void): void {
    try {
      run();
    } catch (err) {
      this.context.log.error({ err, flow: this.id }, 'who waited for the end of a connection failed');
    }
  }
}
