import { createServer, type Server, type Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import { plainAddress } from './addresses.ts';
import type { Connections } from './connections.ts';
import type { TransportContext } from './context.ts';
import { sipIdentities } from './peer-names.ts';
import { StreamConnection } from './stream-connection.ts';
import type { TlsContexts } from './tls-contexts.ts';

/** A handshake is a few messages; who takes longer holds memory for nothing. */
const HANDSHAKE_MS = 10_000;

/** One TCP port: plain, or TLS from the first byte (RFC 3261 §26.3.2). */
export class TcpListener {
  readonly #context: TransportContext;
  readonly #connections: Connections;
  /** Undefined for plain TCP. */
  readonly #tls: TlsContexts | undefined;
  readonly #handshakes = new Map<Socket, () => void>();
  #server: Server | undefined;
  port = 0;

  constructor(context: TransportContext, connections: Connections, tls?: TlsContexts) {
    this.#context = context;
    this.#connections = connections;
    this.#tls = tls;
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
    for (const socket of this.#handshakes.keys()) socket.destroy();
    const server = this.#server;
    this.#server = undefined;
    return new Promise((resolve) => {
      if (server === undefined) resolve();
      else server.close(() => resolve());
    });
  }

  #accept(socket: Socket): void {
    const address = plainAddress(socket.remoteAddress ?? '');
    const refused =
      this.#handshakes.size >= this.#context.limits.maxConnections
        ? 'too-many-connections'
        : this.#connections.refusal(address);
    if (refused !== undefined || address === '') {
      this.#context.figures.refused.of(refused ?? 'gone').add(1);
      socket.on('error', () => {});
      socket.destroy();
    } else if (this.#tls === undefined) {
      this.#connections.add(new StreamConnection(this.#context, this.#connections, 'tcp', socket));
    } else this.#secure(socket, this.#tls);
  }

  #secure(plain: Socket, tls: TlsContexts): void {
    const { clientCertificates } = this.#context.listeners;
    const asks = clientCertificates !== '';
    const secure = new TLSSocket(plain, {
      isServer: true,
      secureContext: tls.for(undefined, clientCertificates),
      SNICallback: (name: string, answer: (error: null, context: SecureContext) => void) =>
        answer(null, tls.for(name.toLowerCase(), clientCertificates)),
      requestCert: asks,
      rejectUnauthorized: false,
    });
    const forget = this.#inHandshake(secure);
    const log = (err: Error): void => this.#context.log.debug({ err, peer: plain.remoteAddress }, 'TLS failed');
    secure.on('error', log);
    secure.once('secure', () => {
      forget();
      secure.off('error', log);
      this.#secured(secure, asks);
    });
  }

  /** Counts it as failed unless it is forgotten before it closes. @returns how to forget it */
  #inHandshake(socket: TLSSocket): () => void {
    const { clock, figures } = this.#context;
    const failed = (): void => {
      figures.refused.of('tls-handshake').add(1);
      forget();
    };
    const cancel = clock.after(HANDSHAKE_MS, () => socket.destroy());
    const forget = (): void => {
      cancel();
      socket.off('close', failed);
      this.#handshakes.delete(socket);
    };
    socket.once('close', failed);
    this.#handshakes.set(socket, forget);
    return forget;
  }

  #secured(socket: TLSSocket, asked: boolean): void {
    if (socket.destroyed || socket.remoteAddress === undefined) return;
    const flow = new StreamConnection(this.#context, this.#connections, 'tls', socket);
    flow.peerNames = asked && socket.authorized ? namesOf(socket) : [];
    this.#connections.add(flow);
  }
}

/** What the other end's certificate proves; it has been found valid. */
export function namesOf(socket: TLSSocket): string[] {
  const { subject, subjectaltname } = socket.getPeerCertificate();
  const commonName = subject?.CN;
  return sipIdentities({
    subjectAltName: subjectaltname,
    commonName: Array.isArray(commonName) ? undefined : commonName,
  });
}
