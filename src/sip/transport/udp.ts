import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { Malformed } from '../wire/malformed.ts';
import { parseMessage } from '../wire/message-parser.ts';
import { hostPort, isLoopback } from './addresses.ts';
import type { TransportContext } from './context.ts';
import type { Flow } from './flow.ts';
import { SourceRates } from './source-rates.ts';
import { answerStun, looksLikeStun } from './stun.ts';

/** What IPv4 has room for in a datagram: 65,535 less the headers of IP and UDP. */
export const MAX_DATAGRAM_BYTES = 65_507;

/** RFC 3261 §18.1.1: a request that is larger goes over a transport with congestion control, where there is one. */
export const MAX_UDP_REQUEST_BYTES = 1300;

/** Shorter than any message: what clients send to keep a NAT open (CRLF, zeros). Answered by nothing. */
const MAX_KEEP_ALIVE_BYTES = 8;

/** An answer to whoever has proved nothing is at most so many times as long as what came: others may get it (see `Flow`). */
const MAX_AMPLIFICATION = 2;

const NO_NAMES: readonly string[] = [];
const nothing = (): void => {};

/** Addresses are numbers already: Node would ask its resolver, one turn later. */
function noLookup(
  address: string,
  _options: unknown,
  done: (error: null, address: string, family: number) => void,
): void {
  done(null, address, address.includes(':') ? 6 : 4);
}

/** One UDP port on one family of addresses. What is on the hot path makes no closure and no buffer of its own. */
export class UdpPort {
  readonly #context: TransportContext;
  readonly #socket: Socket;
  readonly #rates = new SourceRates();
  readonly #received;
  readonly #sent;
  /** Sending nearly always is over when the call returns, and the buffer free again (see `send`). */
  #out = Buffer.allocUnsafeSlow(MAX_DATAGRAM_BYTES);
  #isQueueing = false;
  /** 'udp 0.0.0.0:5060': how the ids of its flows begin. */
  #name = '';
  port = 0;
  isIpv6 = false;

  private constructor(context: TransportContext, socket: Socket) {
    this.#context = context;
    this.#socket = socket;
    this.#received = context.figures.received.of('udp');
    this.#sent = context.figures.sent.of('udp');
  }

  /** @param host an IP address; '::' is IPv6 alone, for IPv4 is cheaper on a socket of its own */
  static open(context: TransportContext, host: string, port: number): Promise<UdpPort> {
    const isV6 = host.includes(':');
    const socket = createSocket({ type: isV6 ? 'udp6' : 'udp4', ipv6Only: isV6, lookup: noLookup });
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.bind({ address: host, port, exclusive: true }, () => {
        socket.off('error', reject);
        resolve(new UdpPort(context, socket).#listen());
      });
    });
  }

  #listen(): this {
    const { log, listeners } = this.#context;
    const socket = this.#socket;
    const { address, port } = socket.address();
    this.port = port;
    this.isIpv6 = address.includes(':');
    this.#name = `udp ${hostPort(address, port)} `;
    ask(() => socket.setRecvBufferSize(listeners.receiveBufferBytes));
    ask(() => socket.setSendBufferSize(listeners.sendBufferBytes));
    socket.on('error', (err) => log.error({ err, port }, 'the UDP port failed'));
    socket.on('message', (bytes, from) => this.#receive(bytes, from));
    return this;
  }

  flowTo(address: string, port: number): UdpFlow {
    return new UdpFlow(this, address, port);
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }

  nameOf(address: string, port: number): string {
    return this.#name + hostPort(address, port);
  }

  sentByFor(remote: string): string {
    return `${this.#context.local.towards(remote)}:${this.port}`;
  }

  /**
   * Node writes a datagram before `send` returns unless the system's buffer is full; only then is it queued, and the
   * buffer belongs to the queue. Without a callback nobody waits for the next turn; errors of the network are for the
   * timers of transactions, as lost datagrams are (RFC 3261 §18.4).
   */
  send(message: string, address: string, port: number): void {
    const { log, figures } = this.#context;
    if (message.length > MAX_DATAGRAM_BYTES) {
      figures.refused.of('datagram-too-large').add(1);
      log.warn({ bytes: message.length, peer: address }, 'too large for UDP, not sent');
      return;
    }
    const length = this.#out.write(message, 0, 'latin1');
    this.#write(length, address, port);
    this.#sent.add(1);
  }

  #write(length: number, address: string, port: number): void {
    const socket = this.#socket;
    try {
      if (this.#isQueueing && socket.getSendQueueCount() > 0) {
        this.#queue(length, address, port);
        return;
      }
      socket.send(this.#out, 0, length, port, address);
      this.#isQueueing = socket.getSendQueueCount() > 0;
      if (this.#isQueueing) this.#out = Buffer.allocUnsafeSlow(MAX_DATAGRAM_BYTES);
    } catch (err) {
      // Closed while a fan-out was under way, or an address that no system takes.
      this.#context.log.debug({ err, peer: address }, 'a datagram could not be sent');
    }
  }

  /** Behind others, in a buffer that is no larger than it has to be. Beyond the limit it is lost, as UDP may. */
  #queue(length: number, address: string, port: number): void {
    const { limits, figures } = this.#context;
    if (this.#socket.getSendQueueSize() + length > limits.maxUnsentBytes) figures.refused.of('send-queue-full').add(1);
    else this.#socket.send(Buffer.from(this.#out.subarray(0, length)), 0, length, port, address);
  }

  #receive(bytes: Buffer, from: RemoteInfo): void {
    const { limits, clock, figures } = this.#context;
    if (!this.#rates.isWithin(limits.datagramsPerSecond, from.address, clock.now()) && !isLoopback(from.address)) {
      figures.refused.of('too-many-datagrams').add(1);
      return;
    }
    // Nobody can be answered at port 0.
    if (bytes.length <= MAX_KEEP_ALIVE_BYTES || from.port === 0) return;
    if (looksLikeStun(bytes)) this.#answerStun(bytes, from);
    else this.#take(bytes, new UdpFlow(this, from.address, from.port, MAX_AMPLIFICATION * bytes.length));
  }

  #take(bytes: Buffer, flow: UdpFlow): void {
    const context = this.#context;
    try {
      const message = parseMessage(bytes.toString('latin1'), context.limits);
      this.#received.add(1);
      context.onMessage(message, flow);
    } catch (error) {
      if (error instanceof Malformed) this.#refuse(error, flow, bytes.length);
      else context.log.error({ err: error, peer: flow.remoteAddress }, 'a datagram could not be dealt with');
    }
  }

  #refuse(malformed: Malformed, flow: UdpFlow, bytes: number): void {
    this.#context.figures.malformed.of('udp').add(1);
    this.#context.onMalformed(malformed, flow, bytes);
  }

  #answerStun(bytes: Buffer, { address, port }: RemoteInfo): void {
    const answer = answerStun(bytes, address, port);
    if (answer === undefined) return;
    this.#write(answer.copy(this.#out), address, port);
  }
}

/** The way to one peer and back. Made for each datagram, so it holds little. */
export class UdpFlow implements Flow {
  readonly transport = 'udp';
  readonly isReliable = false;
  readonly isSecure = false;
  readonly isClosed = false;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly maxUnprovenBytes: number | undefined;
  readonly #port: UdpPort;

  constructor(port: UdpPort, remoteAddress: string, remotePort: number, maxUnprovenBytes?: number) {
    this.maxUnprovenBytes = maxUnprovenBytes;
    this.#port = port;
    this.remoteAddress = remoteAddress;
    this.remotePort = remotePort;
  }

  get id(): string {
    return this.#port.nameOf(this.remoteAddress, this.remotePort);
  }

  get sentBy(): string {
    return this.#port.sentByFor(this.remoteAddress);
  }

  get peerNames(): readonly string[] {
    return NO_NAMES;
  }

  send(message: string): void {
    this.#port.send(message, this.remoteAddress, this.remotePort);
  }

  onClose(): () => void {
    return nothing;
  }

  close(): void {}
}

/** The system may say no; then its own size stays. */
function ask(run: () => void): void {
  try {
    run();
  } catch {}
}
