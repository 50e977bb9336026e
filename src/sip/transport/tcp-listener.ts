import { createServer, type Server, type Socket } from 'node:net';
import { plainAddress } from './addresses.ts';
import type { Connections } from './connections.ts';
import type { TransportContext } from './context.ts';
import { StreamConnection } from './stream-connection.ts';
import { TlsAcceptor } from './tls-acceptor.ts';
import type { TlsContexts } from './tls-contexts.ts';

/** One TCP port: plain, or TLS from the first byte (RFC 3261 §26.3.2). */
export class TcpListener {
  readonly #context: TransportContext;
  readonly #connections: Connections;
  /** Undefined for plain TCP. */
  readonly #tls: TlsAcceptor | undefined;
  #server: Server | undefined;
  port = 0;

  constructor(context: TransportContext, connections: Connections, tls?: TlsContexts) {
    this.#context = context;
    this.#connections = connections;
    this.#tls = tls && new TlsAcceptor(context, tls, (socket, peerNames) => this.#take('tls', socket, peerNames));
  }

  listen(host: string, port: number): Promise<void> {
    const server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port, backlog: 1024 }, () => {
        server.off('error', reject);
        server.on('error', (err) => this.#context.log.error({ err, port }, 'a listener failed'));
        this.#server = server;
        this.port = (server.address() as { port: number }).port;
        resolve();
      });
    });
  }

  /** Takes no more connections; resolves when those that it took are gone as well. */
  close(): Promise<void> {
    this.#tls?.close();
    const server = this.#server;
    this.#server = undefined;
    return new Promise((resolve) => {
      if (server === undefined) resolve();
      else server.close(() => resolve());
    });
  }

  #accept(socket: Socket): void {
    const address = plainAddress(socket.remoteAddress ?? '');
    const refused = this.#connections.refusal(address, this.#tls?.underWay(address));
    // Without an address it is gone already.
    if (refused !== undefined || address === '') {
      if (refused !== undefined) this.#context.figures.refused.of(refused).add(1);
      socket.on('error', () => {});
      socket.destroy();
    } else if (this.#tls === undefined) this.#take('tcp', socket, []);
    else this.#tls.accept(socket, address);
  }

  #take(transport: 'tcp' | 'tls', socket: Socket, peerNames: readonly string[]): void {
    if (socket.destroyed || socket.remoteAddress === undefined) return;
    const flow = new StreamConnection(this.#context, this.#connections, transport, socket);
    flow.peerNames = peerNames;
    this.#connections.add(flow);
  }
}
