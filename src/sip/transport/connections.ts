import type { ConnectedFlow } from './connected-flow.ts';
import type { TransportContext } from './context.ts';
import type { Flow, Target } from './flow.ts';

/** All connections of a server: found by their ends, bounded in number, and cut off when nothing comes. */
export class Connections {
  readonly #context: TransportContext;
  readonly #all = new Set<ConnectedFlow>();
  readonly #byId = new Map<string, ConnectedFlow>();
  /** By 'transport address port' of the other end: the latest. */
  readonly #byPeer = new Map<string, ConnectedFlow>();
  readonly #perAddress = new Map<string, number>();
  /** Connections on which no message has come yet, by network address. */
  readonly #silent = new Map<string, Set<ConnectedFlow>>();

  constructor(context: TransportContext) {
    this.#context = context;
  }

  get size(): number {
    return this.#all.size;
  }

  /**
   * Why a connection from this address is not taken; undefined: it is.
   * @param underWay how many of that address have not finished their handshake
   */
  refusal(
    address: string,
    underWay = 0,
  ): 'too-many-connections' | 'too-many-of-address' | 'too-many-silent' | undefined {
    const { maxConnections, maxConnectionsPerAddress, maxSilentPerAddress } = this.#context.limits;
    if (this.#all.size >= maxConnections) return 'too-many-connections';
    if ((this.#perAddress.get(address) ?? 0) + underWay >= maxConnectionsPerAddress) return 'too-many-of-address';
    if ((this.#silent.get(address)?.size ?? 0) + underWay >= maxSilentPerAddress) return 'too-many-silent';
    return undefined;
  }

  add(flow: ConnectedFlow): void {
    const { remoteAddress } = flow;
    this.#all.add(flow);
    this.#byId.set(flow.id, flow);
    this.#byPeer.set(peerKey(flow.transport, remoteAddress, flow.remotePort), flow);
    this.#perAddress.set(remoteAddress, (this.#perAddress.get(remoteAddress) ?? 0) + 1);
    if (flow.isOutgoing) return;
    const silent = this.#silent.get(remoteAddress);
    if (silent === undefined) this.#silent.set(remoteAddress, new Set([flow]));
    else silent.add(flow);
  }

  delete(flow: ConnectedFlow): void {
    if (!this.#all.delete(flow)) return;
    const { remoteAddress } = flow;
    const peer = peerKey(flow.transport, remoteAddress, flow.remotePort);
    if (this.#byId.get(flow.id) === flow) this.#byId.delete(flow.id);
    if (this.#byPeer.get(peer) === flow) this.#byPeer.delete(peer);
    const left = this.#perAddress.get(remoteAddress)! - 1;
    if (left === 0) this.#perAddress.delete(remoteAddress);
    else this.#perAddress.set(remoteAddress, left);
    this.#forgetSilent(flow);
  }

  /** A first message has come. @returns true */
  spoke(flow: ConnectedFlow): true {
    this.#forgetSilent(flow);
    return true;
  }

  byId(id: string): Flow | undefined {
    return this.#byId.get(id);
  }

  /**
   * A connection that reaches exactly that address and port (RFC 3261 §18.1.1). Over TLS only one whose other end has
   * proven the domain that is asked for (RFC 5923 §5): whoever connects to us could say anything.
   */
  find({ transport, address, port, domain }: Target): Flow | undefined {
    const flow = this.#byPeer.get(peerKey(transport, address, port));
    if (flow === undefined || flow.isClosed) return undefined;
    if (!flow.isSecure || !this.#context.listeners.verifyServers) return flow;
    return flow.peerNames.includes(domain.toLowerCase()) ? flow : undefined;
  }

  /** Cuts off those that never said anything in time. */
  sweepSilent(): void {
    const { limits, clock, figures } = this.#context;
    const before = clock.now() - limits.firstMessageSeconds * 1000;
    for (const flows of this.#silent.values()) {
      for (const flow of flows) {
        // In the order in which they were opened.
        if (flow.openedAt > before) break;
        figures.refused.of('no-message').add(1);
        this.#forgetSilent(flow);
        flow.cut();
      }
    }
  }

  /** Closes those on which nothing has come for long, and cuts off those that hold memory for half a message. */
  sweepIdle(): void {
    const { limits, clock, figures } = this.#context;
    const now = clock.now();
    const idleBefore = now - limits.idleSeconds * 1000;
    const unfinishedBefore = now - limits.firstMessageSeconds * 1000;
    for (const flow of this.#all) {
      if (flow.unfinishedSince !== 0 && flow.unfinishedSince <= unfinishedBefore) {
        figures.refused.of('half-message').add(1);
        flow.cut();
      } else if (flow.lastReadAt <= idleBefore) flow.close();
    }
  }

  closeAll(): void {
    for (const flow of [...this.#all]) flow.close();
  }

  cutAll(): void {
    for (const flow of [...this.#all]) flow.cut();
  }

  #forgetSilent(flow: ConnectedFlow): void {
    const silent = this.#silent.get(flow.remoteAddress);
    silent?.delete(flow);
    if (silent?.size === 0) this.#silent.delete(flow.remoteAddress);
  }
}

function peerKey(transport: string, address: string, port: number): string {
  return `${transport} ${address} ${port}`;
}
