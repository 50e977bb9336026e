/** RFC 7118: SIP over WebSocket. */
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { Malformed } from '../wire/malformed.ts';
import { parseMessage } from '../wire/message-parser.ts';
import { plainAddress } from './addresses.ts';
import { ConnectedFlow, type Ends } from './connected-flow.ts';
import type { Connections } from './connections.ts';
import type { TransportContext } from './context.ts';
import { ReadGate } from './read-gate.ts';

/** §4: what the client offers and the server chooses. */
export const SIP_SUBPROTOCOL = 'sip';

const GOING_AWAY = 1001;
const CLOSING_MS = 2000;
const PROBE_AFTER_MS = 60_000;

/** Takes WebSockets from whoever keeps the HTTPS port open. */
export class WebSockets {
  readonly #context: TransportContext;
  readonly #connections: Connections;
  readonly #server: WebSocketServer;

  constructor(context: TransportContext, connections: Connections) {
    this.#context = context;
    this.#connections = connections;
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      handleProtocols: (offered) => (offered.has(SIP_SUBPROTOCOL) ? SIP_SUBPROTOCOL : false),
    });
  }

  /** A request to upgrade that offers the subprotocol; the handshake is not answered yet. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { limits, figures } = this.#context;
    const refused = this.#connections.refusal(plainAddress(request.socket.remoteAddress ?? ''));
    if (refused !== undefined) {
      figures.refused.of(refused).add(1);
      socket.end('HTTP/1.1 503 Service Unavailable\r\nRetry-After: 30\r\nConnection: close\r\n\r\n');
      return;
    }
    this.#server.options.maxPayload = limits.maxHeadBytes + limits.maxBodyBytes;
    this.#server.handleUpgrade(request, socket, head, (accepted) => this.accept(accepted, request.socket));
  }

  /** A WebSocket whose handshake is done, over a socket of ours. */
  accept(websocket: WebSocket, socket: Socket): void {
    this.#connections.add(new WebSocketFlow(this.#context, this.#connections, websocket, socket));
  }
}

/** §5: each message of SIP is one of the WebSocket's, as text where it is that. */
export class WebSocketFlow extends ConnectedFlow {
  readonly #websocket: WebSocket;
  readonly #gate: ReadGate;

  constructor(context: TransportContext, connections: Connections, websocket: WebSocket, socket: Socket) {
    super(context, connections, socket instanceof TLSSocket ? 'wss' : 'ws', endsOf(socket), false);
    this.#websocket = websocket;
    this.#gate = new ReadGate(context, websocket, () => this.cut());
    socket.setKeepAlive(true, PROBE_AFTER_MS);
    socket.on('drain', () => this.#gate.drained());
    websocket.on('message', (data: RawData) => this.#read(data as Buffer));
    websocket.on('ping', () => {
      this.lastReadAt = context.clock.now();
    });
    websocket.on('error', (err) => context.log.debug({ err, flow: this.id }, 'WebSocket failed'));
    websocket.on('close', () => {
      this.#gate.close();
      this.closed();
    });
  }

  send(message: string): void {
    if (this.isClosed) return;
    this.#write(message);
    this.countSent();
  }

  close(): void {
    if (this.isClosed) return;
    this.#websocket.close(GOING_AWAY);
    this.onClose(this.context.clock.after(CLOSING_MS, () => this.cut()));
  }

  cut(): void {
    this.#websocket.terminate();
  }

  #write(text: string): void {
    const bytes = Buffer.from(text, 'latin1');
    // A frame of text has to be UTF-8 (RFC 6455 §8.1), which a message of SIP need not be.
    this.#websocket.send(bytes, { binary: !isUtf8(bytes) });
    this.#gate.unsent(this.#websocket.bufferedAmount);
  }

  #read(bytes: Buffer): void {
    this.lastReadAt = this.context.clock.now();
    this.#gate.read(bytes.length, this.lastReadAt);
    const text = bytes.toString('latin1');
    // §6: keep-alive of RFC 5626 may be used here as well.
    if (text === '\r\n\r\n') this.#write('\r\n');
    else if (text.length > 2) this.#parse(text);
  }

  #parse(text: string): void {
    try {
      this.take(parseMessage(text, this.context.limits));
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.refuse(error, text.length);
    }
  }
}

function endsOf({ localAddress = '', localPort = 0, remoteAddress = '', remotePort = 0 }: Socket): Ends {
  return { localAddress, localPort, remoteAddress, remotePort };
}
