import { createConnection, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Element } from '#xml/element.ts';
import { escapeAttribute, serialize } from '#xml/serializer.ts';
import { StreamReader } from './xmpp-stream-reader.ts';

const CLIENT_NS = 'jabber:client';
const STREAM_NS = 'http://etherx.jabber.org/streams';
const TLS_NS = 'urn:ietf:params:xml:ns:xmpp-tls';

export interface ConnectionOptions {
  host: string;
  port: number;
  tls: 'starttls' | 'direct';
  domain: string;
  /** For each step of setting the stream up, and each answer afterwards. */
  timeoutMs?: number;
}

/** The server did what its specification forbids; a lost connection is none of these. */
export class ProtocolError extends Error {
  override name = 'ProtocolError';
}

/** A TLS stream to a server: writes elements, tells of those that come, and waits for particular ones. */
export class XmppConnection {
  readonly options: ConnectionOptions;
  /** Told of every element in the order in which they come, before anyone who waits for it. */
  onElement: (element: Element) => void = () => {};
  /** Told once, when nothing more will come; with the reason, where it is the server's fault. */
  onClosed: (fault: ProtocolError | undefined) => void = () => {};
  #socket: Socket;
  #reader = new StreamReader();
  #waiting: { matches: (element: Element) => boolean; resolve: (element: Element) => void; reject: Refuse }[] = [];
  #closed = false;
  #fault: ProtocolError | undefined;

  private constructor(options: ConnectionOptions, socket: Socket) {
    this.options = options;
    this.#socket = socket;
    this.#attach(socket);
  }

  /** @returns a connection inside TLS on which no stream was opened yet */
  static async open(options: ConnectionOptions): Promise<XmppConnection> {
    const { host, port, domain, tls } = options;
    if (tls === 'direct') {
      const secure = connectTls({ host, port, servername: domain, rejectUnauthorized: false });
      await connected(secure, 'secureConnect', options);
      return new XmppConnection(options, secure);
    }
    const plain = createConnection({ host, port });
    await connected(plain, 'connect', options);
    const connection = new XmppConnection(options, plain);
    await connection.#startTls();
    return connection;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Opens a stream, the first or the one after a restart. @returns the server's features */
  async openStream(): Promise<Element> {
    this.#reader = new StreamReader();
    const features = this.next('stream features', (element) => element.is('features', STREAM_NS));
    const to = escapeAttribute(this.options.domain);
    this.#write(
      `<?xml version='1.0'?><stream:stream xmlns='${CLIENT_NS}' xmlns:stream='${STREAM_NS}' to='${to}' version='1.0'>`,
    );
    return features;
  }

  send(element: Element): void {
    this.#write(serialize(element, CLIENT_NS));
  }

  /** The next element that matches. Ask before sending what it answers. */
  next(what: string, matches: (element: Element) => boolean): Promise<Element> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(this.#fault ?? new Error(`closed, while waiting for ${what}`));
      const timeoutMs = this.options.timeoutMs ?? 20_000;
      const entry = {
        matches,
        resolve: (element: Element) => {
          clearTimeout(timer);
          resolve(element);
        },
        reject: (fault: ProtocolError | undefined) => {
          clearTimeout(timer);
          reject(fault ?? new Error(`closed, while waiting for ${what}`));
        },
      };
      const timer = setTimeout(() => {
        this.#waiting = this.#waiting.filter((other) => other !== entry);
        reject(new Error(`no ${what} within ${timeoutMs} ms`));
      }, timeoutMs);
      this.#waiting.push(entry);
    });
  }

  /** Ends the stream and waits for the server to end its own. RFC 6120 §4.4. */
  async close(): Promise<void> {
    if (this.#closed) return;
    const gone = new Promise<void>((resolve) => this.#socket.once('close', () => resolve()));
    const insist = setTimeout(() => this.destroy(), 5_000);
    this.#write('</stream:stream>');
    await gone;
    clearTimeout(insist);
  }

  /** Drops the connection without a word, as a lost network would. */
  destroy(): void {
    this.#socket.destroy();
    this.#finish();
  }

  /** For handlers: ends the connection because of what the server did. */
  fail(fault: ProtocolError): void {
    this.#fault ??= fault;
    this.destroy();
  }

  async #startTls(): Promise<void> {
    const features = await this.openStream();
    if (!features.child('starttls', TLS_NS)) throw new ProtocolError('RFC 6120 §5.3.1: STARTTLS is not offered');
    const answer = this.next('answer to STARTTLS', (element) => element.ns === TLS_NS);
    this.#write(`<starttls xmlns='${TLS_NS}'/>`);
    if ((await answer).name !== 'proceed') throw new ProtocolError('STARTTLS was offered, then refused');
    const plain = this.#socket;
    plain.removeAllListeners('data').removeAllListeners('close').removeAllListeners('error');
    plain.on('error', () => this.destroy());
    const secure = connectTls({ socket: plain, servername: this.options.domain, rejectUnauthorized: false });
    await connected(secure, 'secureConnect', this.options);
    this.#socket = secure;
    this.#attach(secure);
  }

  #attach(socket: Socket): void {
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => this.#received(bytes));
    socket.on('error', () => this.destroy());
    socket.on('close', () => this.#finish());
  }

  #received(bytes: Buffer): void {
    try {
      for (const event of this.#reader.feed(bytes)) {
        if (this.#closed) return;
        if ('element' in event) this.#handle(event.element);
        else if ('closed' in event) this.#socket.end('</stream:stream>');
      }
    } catch (error) {
      this.fail(error instanceof ProtocolError ? error : new ProtocolError(String(error), { cause: error }));
    }
  }

  #handle(element: Element): void {
    if (element.is('error', STREAM_NS)) throw new ProtocolError(`stream error ${serialize(element)}`);
    this.onElement(element);
    const index = this.#waiting.findIndex(({ matches }) => matches(element));
    if (index >= 0) this.#waiting.splice(index, 1)[0]!.resolve(element);
  }

  #write(text: string): void {
    if (!this.#closed) this.#socket.write(text);
  }

  #finish(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#fault);
    this.onClosed(this.#fault);
  }
}

type Refuse = (fault: ProtocolError | undefined) => void;

function connected(socket: Socket, event: string, { timeoutMs = 20_000 }: ConnectionOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => socket.destroy(new Error(`no ${event} within ${timeoutMs} ms`)), timeoutMs);
    const failed = (error?: Error): void => {
      clearTimeout(timer);
      reject(error ?? new Error('the server closed the connection'));
    };
    const closed = () => failed();
    socket.once('error', failed).once('close', closed);
    socket.once(event, () => {
      clearTimeout(timer);
      socket.off('error', failed).off('close', closed);
      resolve();
    });
  });
}
