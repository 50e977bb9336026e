/** A client's connection: TCP, TCP that becomes TLS, or direct TLS. It hands on text as latin1, that is byte for byte. */
import { type Socket, connect as tcpConnect } from 'node:net';
import { type ConnectionOptions, type TLSSocket, connect as tlsConnect } from 'node:tls';

export type TlsMode = 'none' | 'starttls' | 'direct';

export interface Address {
  host: string;
  port: number;
  /** For SNI. */
  domain: string;
  tls: TlsMode;
}

export interface ConnectionEvents {
  text(text: string): void;
  /** The connection failed or ended; may come more than once. */
  end(error: Error): void;
}

/** Slow enough for a server under load, quick enough to notice one that keeps a socket open for good. */
const CLOSE_LIMIT_MS = 5_000;

/** All reads of plain and direct TLS sockets land here: each is used up before the next. */
const readBuffer = Buffer.allocUnsafe(256 * 1024);

export class Connection {
  #address: Address;
  #events: ConnectionEvents;
  #socket!: Socket;

  constructor(address: Address, events: ConnectionEvents) {
    this.#address = address;
    this.#events = events;
  }

  /** Resolves when connected; with direct TLS, when that is set up. */
  open(): Promise<void> {
    const { host, port, tls, domain } = this.#address;
    const onread = {
      buffer: readBuffer,
      callback: (bytes: number) => {
        this.#events.text(readBuffer.toString('latin1', 0, bytes));
        return true;
      },
    };
    return new Promise((resolve, reject) => {
      if (tls === 'direct') {
        // A test server's certificate is its own; only the cost of TLS matters here.
        // (onread is there for TLS sockets too; the type definitions leave it out.)
        const options: ConnectionOptions & { onread: typeof onread } = {
          host,
          port,
          servername: domain,
          rejectUnauthorized: false,
          ALPNProtocols: ['xmpp-client'],
          onread,
        };
        this.#socket = tlsConnect(options);
        this.#socket.once('secureConnect', resolve);
      } else {
        // The TLS layer cannot take over a socket that reads into a buffer of ours.
        this.#socket = tcpConnect(tls === 'none' ? { host, port, onread } : { host, port });
        if (tls === 'starttls') this.#socket.on('data', this.#onData);
        this.#socket.once('connect', resolve);
      }
      this.#watch(this.#socket, reject);
    });
  }

  /** Turns the plain connection into a TLS one, after the server's <proceed/>. */
  startTls(): Promise<void> {
    const plain = this.#socket;
    plain.removeAllListeners('data');
    return new Promise((resolve, reject) => {
      const options = { socket: plain, servername: this.#address.domain, rejectUnauthorized: false };
      const secure = tlsConnect(options, () => resolve());
      secure.on('data', this.#onData);
      this.#socket = secure;
      this.#watch(secure, reject);
    });
  }

  /** What was agreed on, such as 'TLSv1.3 TLS_AES_256_GCM_SHA384'; 'none' without TLS. */
  get security(): string {
    if (!('getCipher' in this.#socket)) return 'none';
    const socket = this.#socket as TLSSocket;
    const certificate = socket.getPeerCertificate();
    const key = certificate.asn1Curve ?? `RSA-${certificate.bits}`;
    return `${socket.getProtocol()} ${socket.getCipher().name} ${key}`;
  }

  write(text: string): void {
    this.#socket.write(text, 'latin1');
  }

  /** Writes a last text and resolves once the connection is gone. */
  close(lastText: string): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#socket.destroy(), CLOSE_LIMIT_MS);
      this.#socket.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
      this.#socket.end(lastText, 'latin1');
    });
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #onData = (data: Buffer): void => this.#events.text(data.toString('latin1'));

  #watch(socket: Socket, reject: (error: Error) => void): void {
    socket.setNoDelay(true);
    const end = (error: Error): void => {
      reject(error);
      if (socket === this.#socket) this.#events.end(error);
    };
    socket.on('error', end);
    socket.on('close', () => end(new Error('connection closed')));
  }
}
