/** One TLS connection between nodes, as lines that are awaited one after the other, within limits of size and time. */
import type { TLSSocket } from 'node:tls';
import { Failure } from '#base/failure.ts';
import { EXPORTER, LineReader, type PublisherMessage, type SubscriberMessage, writeMessage } from './join-messages.ts';

/** A message may wait for deriving a key on the other side, and for its disk. */
const MESSAGE_MS = 20_000;
/** No side says more than one thing before it is answered. */
const MAX_WAITING_LINES = 4;

export class JoinChannel {
  readonly #socket: TLSSocket;
  readonly #reader = new LineReader();
  readonly #lines: string[] = [];
  #failure: Failure | undefined;
  #wake: (() => void) | undefined;

  /** @param socket after its handshake */
  constructor(socket: TLSSocket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', (error) => this.#end(new Failure('unavailable', `the connection broke: ${error.message}`)));
    socket.on('close', () => this.#end(new Failure('unavailable', 'the other side has closed the connection')));
    socket.setTimeout(MESSAGE_MS, () => this.#end(new Failure('unavailable', 'the other side says nothing more')));
  }

  /** An IPv4 address as such, also where both are listened for. */
  get address(): string {
    return (this.#socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '');
  }

  /** SHA-256 of the certificate that the other side has proved, where its authority is ours; in hexadecimal. */
  get provenCertificate(): string | undefined {
    const certificate = this.#socket.authorized ? this.#socket.getPeerX509Certificate() : undefined;
    return certificate?.fingerprint256.replaceAll(':', '').toLowerCase();
  }

  exporter(): Buffer {
    return this.#socket.exportKeyingMaterial(EXPORTER.bytes, EXPORTER.label, Buffer.alloc(0));
  }

  send(message: SubscriberMessage | PublisherMessage): void {
    if (this.#socket.writable) this.#socket.write(writeMessage(message));
  }

  /** @throws {Failure} 'unavailable' when none comes, 'over-limit' when it is too long */
  async next(): Promise<string> {
    for (;;) {
      const line = this.#lines.shift();
      if (line !== undefined) return line;
      if (this.#failure !== undefined) throw this.#failure;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** What was sent goes out; a side that does not close then is cut off. */
  close(): void {
    this.#socket.end();
    setTimeout(() => this.#socket.destroy(), 1000).unref();
  }

  #take(chunk: Buffer): void {
    if (this.#failure !== undefined) return;
    try {
      this.#lines.push(...this.#reader.feed(chunk));
      if (this.#lines.length > MAX_WAITING_LINES)
        throw new Failure('over-limit', 'the other side says too much at once');
      this.#wake?.();
    } catch (error) {
      this.#end(error as Failure);
      this.#socket.destroy();
    }
  }

  #end(failure: Failure): void {
    this.#failure ??= failure;
    this.#wake?.();
    if (!this.#socket.destroyed) this.#socket.destroySoon();
  }
}
