import type { Socket } from 'node:net';
import type { Flushable } from '#base/flusher.ts';
import { StreamParser } from '../wire/stream-parser.ts';
import { ConnectedFlow, type Ends } from './connected-flow.ts';
import type { Connections } from './connections.ts';
import type { TransportContext } from './context.ts';
import { ReadGate } from './read-gate.ts';

/** One that does not close in its turn is not waited for any longer. */
const CLOSING_MS = 2000;

/** How long a connection stays open whose peer has closed its own half: for responses that are under way. */
const HALF_OPEN_MS = 1000;

/** How soon the system asks whether a silent peer is still there: a half-open connection is found out in minutes. */
const PROBE_AFTER_MS = 60_000;

/** RFC 5626 §4.4.1. */
const PONG = '\r\n';

/** SIP over TCP or TLS (RFC 3261 §18): framed by Content-Length, writes of one turn gathered into one. */
export class StreamConnection extends ConnectedFlow implements Flushable {
  readonly #socket: Socket;
  readonly #parser: StreamParser;
  readonly #gate: ReadGate;
  #out = '';
  #isEnding = false;

  constructor(
    context: TransportContext,
    connections: Connections,
    transport: 'tcp' | 'tls',
    socket: Socket,
    isOutgoing = false,
  ) {
    super(context, connections, transport, endsOf(socket), isOutgoing);
    this.#socket = socket;
    this.#parser = new StreamParser(context.limits);
    this.#gate = new ReadGate(context, socket, () => this.cut());
    socket.setNoDelay(true);
    socket.setKeepAlive(true, PROBE_AFTER_MS);
    socket.on('data', (bytes: Buffer) => this.#read(bytes));
    socket.on('drain', () => this.#gate.drained());
    socket.on('end', () => this.#ended());
    socket.on('error', (err) => context.log.debug({ err, flow: this.id }, 'connection failed'));
    socket.on('close', () => {
      this.#gate.close();
      this.closed();
    });
  }

  send(message: string): void {
    if (this.isClosed || this.#isEnding) return;
    this.#write(message);
    this.countSent();
  }

  /** The peer sends nothing more, and may still wait for responses. */
  #ended(): void {
    if (this.isClosed || this.#isEnding) return;
    const cancel = this.context.clock.after(HALF_OPEN_MS, () => this.close());
    this.onClose(cancel);
  }

  /** Closes once all is written. */
  close(): void {
    if (this.isClosed || this.#isEnding) return;
    this.flush();
    this.#isEnding = true;
    this.#socket.end();
    const cancel = this.context.clock.after(CLOSING_MS, () => this.#socket.destroy());
    this.#socket.once('close', cancel);
  }

  cut(): void {
    this.#out = '';
    this.#isEnding = true;
    this.#socket.destroy();
  }

  flush(): void {
    const out = this.#out;
    if (out === '' || this.#isEnding) return;
    this.#out = '';
    if (!this.#socket.write(out, 'latin1')) this.#gate.unsent(this.#socket.writableLength);
  }

  #write(text: string): void {
    if (this.#out === '') this.context.flusher.add(this);
    this.#out += text;
    // What is said in one turn must not grow beyond what may wait either.
    if (this.#out.length > this.context.limits.maxUnsentBytes) this.#gate.unsent(this.#out.length);
  }

  #read(bytes: Buffer): void {
    this.lastReadAt = this.context.clock.now();
    if (this.#isEnding) return;
    this.#gate.read(bytes.length, this.lastReadAt);
    const events = this.#parser.feed(bytes);
    if (!this.#parser.isInMessage) this.unfinishedSince = 0;
    else if (this.unfinishedSince === 0 || events.length > 0) this.unfinishedSince = this.lastReadAt;
    for (const event of events) {
      if ('message' in event) this.take(event.message);
      else if ('malformed' in event) {
        this.refuse(event.malformed, bytes.length);
        if (event.isLast) this.close();
      } else if (event.keepAlive === 'ping') this.#write(PONG);
      if (this.isClosed || this.#isEnding) return;
    }
  }
}

function endsOf(socket: Socket): Ends {
  const { localAddress = '', localPort = 0, remoteAddress = '', remotePort = 0 } = socket;
  return { localAddress, localPort, remoteAddress, remotePort };
}
