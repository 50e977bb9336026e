import type { Socket } from 'node:net';
import { createServer, type SecureContext, type Server, type TLSSocket } from 'node:tls';
import { plainAddress } from './addresses.ts';
import type { TransportContext } from './context.ts';
import { sipIdentities } from './peer-names.ts';
import type { TlsContext, TlsContexts } from './tls-contexts.ts';

/** A handshake is a few messages; who takes longer holds memory for nothing. */
const HANDSHAKE_MS = 10_000;

/**
 * TLS on sockets that have been accepted. Node checks a client's certificate only on connections of its `tls.Server`, so
 * they are handed to one, which listens nowhere; it is made anew when the certificates or settings change.
 */
export class TlsAcceptor {
  readonly #context: TransportContext;
  readonly #contexts: TlsContexts;
  readonly #onSecure: (socket: TLSSocket, peerNames: readonly string[]) => void;
  /** Those whose handshake is not done, by the port of the other end, by its address. */
  readonly #plain = new Map<string, Map<number, Socket>>();
  #server: Server | undefined;
  #madeFor: TlsContext | undefined;
  #asks = false;

  constructor(
    context: TransportContext,
    contexts: TlsContexts,
    onSecure: (socket: TLSSocket, peerNames: readonly string[]) => void,
  ) {
    this.#context = context;
    this.#contexts = contexts;
    this.#onSecure = onSecure;
  }

  /** How many handshakes are under way with an address. */
  underWay(address: string): number {
    return this.#plain.get(address)?.size ?? 0;
  }

  /** @param address as `underWay` is asked for it */
  accept(plain: Socket, address: string): void {
    const { clock, figures } = this.#context;
    const port = plain.remotePort ?? 0;
    const there = this.#plain.get(address) ?? new Map<number, Socket>();
    this.#plain.set(address, there.set(port, plain));
    const cancel = clock.after(HANDSHAKE_MS, () => {
      if (there.get(port) === plain) plain.destroy();
    });
    plain.once('close', () => {
      cancel();
      if (there.get(port) !== plain) return;
      this.#done(address, port);
      figures.refused.of('tls-handshake').add(1);
    });
    this.#current().emit('connection', plain);
  }

  close(): void {
    for (const there of this.#plain.values()) for (const plain of there.values()) plain.destroy();
  }

  #done(address: string, port: number): void {
    const there = this.#plain.get(address);
    there?.delete(port);
    if (there?.size === 0) this.#plain.delete(address);
  }

  #current(): Server {
    const { clientCertificates } = this.#context.listeners;
    const made = this.#contexts.for(undefined, clientCertificates);
    const asks = clientCertificates !== '';
    if (this.#server === undefined || made !== this.#madeFor || asks !== this.#asks) {
      this.#madeFor = made;
      this.#asks = asks;
      this.#server = this.#make(made, asks);
    }
    return this.#server;
  }

  #make({ options }: TlsContext, asks: boolean): Server {
    const server = createServer({
      ...options,
      allowHalfOpen: true,
      requestCert: asks,
      // RFC 3261 §26.3.1: asked for, not required; who shows none is served like anybody.
      rejectUnauthorized: false,
      SNICallback: (name: string, answer: (error: null, context: SecureContext) => void) =>
        answer(null, this.#contexts.for(name.toLowerCase(), this.#context.listeners.clientCertificates).context),
    });
    server.on('secureConnection', (socket) => this.#secured(socket, asks));
    server.on('tlsClientError', (err, socket) => {
      this.#context.log.debug({ err, peer: socket.remoteAddress }, 'TLS failed');
      socket.destroy();
    });
    return server;
  }

  #secured(socket: TLSSocket, asked: boolean): void {
    const { remoteAddress = '', remotePort = 0 } = socket;
    this.#done(plainAddress(remoteAddress), remotePort);
    this.#onSecure(socket, asked && socket.authorized ? namesOf(socket) : []);
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
