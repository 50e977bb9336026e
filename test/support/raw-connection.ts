import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import type { InProcess } from './in-process.ts';

const HOST = '127.0.0.1';
const TIMEOUT_MS = 10_000;

export const OPENING =
  "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'" +
  " to='example.test' version='1.0'>";

/** A connection that sends any bytes at all, and remembers what came back as text. For tests of bad input. */
export class RawConnection {
  readonly socket: Socket;
  /** All that has come, undecoded but for UTF-8. */
  received = '';
  /** Resolves when the connection is over, with all that has come. */
  readonly closed: Promise<string>;
  #told: (() => void)[] = [];

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => {
      this.received += bytes.toString('utf8');
      for (const tell of this.#told.splice(0)) tell();
    });
    socket.on('error', () => {});
    this.closed = once(socket, 'close').then(() => this.received);
    void this.closed.then(() => {
      for (const tell of this.#told.splice(0)) tell();
    });
  }

  /** To the port of STARTTLS, in the clear. */
  static async plain(server: InProcess): Promise<RawConnection> {
    const socket = connectTcp({ host: HOST, port: server.running.ports.xmpp! });
    await once(socket, 'connect');
    return new RawConnection(socket);
  }

  /** @throws {Error} when the handshake fails */
  static async tls(server: InProcess, options: ConnectionOptions = {}): Promise<RawConnection> {
    const port = server.running.ports['xmpp-tls']!;
    const socket = connectTls({ host: HOST, port, servername: 'example.test', rejectUnauthorized: false, ...options });
    await once(socket, 'secureConnect');
    return new RawConnection(socket);
  }

  /** Signed in and bound, over TLS. */
  static async signedIn(server: InProcess, person: string, resource = 'raw'): Promise<RawConnection> {
    const raw = await RawConnection.tls(server);
    raw.write(OPENING);
    await raw.until(/<\/stream:features>/);
    const plain = Buffer.from(`\0${person}\0${server.password}`).toString('base64');
    raw.write(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${plain}</auth>`);
    await raw.until(/<success/);
    raw.received = '';
    raw.write(OPENING);
    await raw.until(/<\/stream:features>/);
    raw.write(
      `<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>${resource}</resource></bind></iq>`,
    );
    await raw.until(/<iq[^>]*result/);
    raw.received = '';
    return raw;
  }

  write(data: string | Uint8Array): void {
    this.socket.write(data);
  }

  /** Waits until what has come matches. @throws {Error} when the connection ends before, or time is over */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    const deadline = Date.now() + TIMEOUT_MS;
    for (;;) {
      const match = pattern.exec(this.received);
      if (match !== null) return match;
      const left = deadline - Date.now();
      if (left <= 0 || this.socket.destroyed) throw new Error(`no ${pattern} in: ${this.received.slice(0, 2000)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#told.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** Waits for the end. @returns the condition of the stream error, or '' where there was none */
  async streamError(): Promise<string> {
    const late = setTimeout(() => this.socket.destroy(), TIMEOUT_MS);
    const all = await this.closed;
    clearTimeout(late);
    return /<stream:error><([a-z-]+) /.exec(all)?.[1] ?? '';
  }

  destroy(): void {
    this.socket.destroy();
  }
}

/** What a counter of the server says now. @param series with its labels: `name{reason="slow-reader"}` */
export async function figure(server: InProcess, series: string): Promise<number> {
  const text = await server.running.node.metrics.text();
  const line = text.split('\n').find((line) => line.startsWith(`${series} `));
  return line === undefined ? 0 : Number(line.slice(series.length + 1));
}
