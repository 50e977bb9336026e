/** A UDP socket with client transactions on it (RFC 3261 §17.1.2); what was sent again is counted. */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { branchOf, header, type Message, parse } from './message.ts';

const T1_MS = 500;
const T2_MS = 4000;
/** Timer F: 64 times T1. */
const GIVE_UP_MS = 32_000;
/** A burst of notifications waits here until it is read. */
const RECEIVE_BUFFER_BYTES = 8 << 20;

/** Hears requests, and what to answer them with. */
export type RequestHandler = (request: Message, answer: (status: string) => void) => void;

interface Pending {
  done: (response: Message) => void;
  timer: NodeJS.Timeout;
}

export class Endpoint {
  #socket = createSocket({ type: 'udp4', recvBufferSize: RECEIVE_BUFFER_BYTES, sendBufferSize: 1 << 20 });
  #pending = new Map<string, Pending>();
  #host: string;
  #serverPort: number;
  #onRequest: RequestHandler;
  #port = 0;
  /** Requests that had to be sent again. */
  resent = 0;

  private constructor(host: string, serverPort: number, onRequest: RequestHandler) {
    this.#host = host;
    this.#serverPort = serverPort;
    this.#onRequest = onRequest;
  }

  static async open(host: string, serverPort: number, onRequest: RequestHandler): Promise<Endpoint> {
    const endpoint = new Endpoint(host, serverPort, onRequest);
    const socket = endpoint.#socket;
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    endpoint.#port = socket.address().port;
    socket.on('message', (datagram, from) => endpoint.#take(datagram, from.port, from.address));
    return endpoint;
  }

  get port(): number {
    return this.#port;
  }

  close(): void {
    this.#socket.close();
  }

  /**
   * @param lines  header lines, each ended by CRLF, but for Via, Max-Forwards and Content-Length
   * @returns the final response
   * @throws an Error when none comes
   */
  request(method: string, uri: string, lines: string, body = ''): Promise<Message> {
    const branch = `z9hG4bK${randomBytes(8).toString('hex')}`;
    const text =
      `${method} ${uri} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:${this.#port};branch=${branch};rport\r\n` +
      `Max-Forwards: 70\r\n${lines}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
    return new Promise((resolve, reject) => {
      let waitMs = T1_MS;
      let spentMs = 0;
      const again = (): void => {
        spentMs += waitMs;
        waitMs = Math.min(waitMs * 2, T2_MS);
        if (spentMs >= GIVE_UP_MS) {
          this.#pending.delete(branch);
          reject(new Error(`${method}: no answer`));
          return;
        }
        this.resent++;
        this.#send(text);
        pending.timer = setTimeout(again, waitMs);
      };
      const pending: Pending = { done: resolve, timer: setTimeout(again, waitMs) };
      this.#pending.set(branch, pending);
      this.#send(text);
    });
  }

  #send(text: string): void {
    this.#socket.send(text, this.#serverPort, this.#host);
  }

  #take(datagram: Buffer, port: number, address: string): void {
    const message = parse(datagram);
    if (message === undefined) return;
    if (message.status > 0) {
      this.#takeResponse(message);
      return;
    }
    this.#onRequest(message, (status) => this.#socket.send(answerTo(message, status), port, address));
  }

  #takeResponse(response: Message): void {
    if (response.status < 200) return;
    const branch = branchOf(response);
    const pending = this.#pending.get(branch);
    if (pending === undefined) return;
    this.#pending.delete(branch);
    clearTimeout(pending.timer);
    pending.done(response);
  }
}

function answerTo(request: Message, status: string): string {
  const vias = (request.headers.get('via') ?? []).map((via) => `Via: ${via}\r\n`).join('');
  const same = `From: ${header(request, 'from')}\r\nTo: ${header(request, 'to')}\r\nCall-ID: ${header(request, 'call-id')}\r\n`;
  return `SIP/2.0 ${status}\r\n${vias}${same}CSeq: ${header(request, 'cseq')}\r\nContent-Length: 0\r\n\r\n`;
}
