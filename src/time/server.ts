/** Gives the time to others over UDP. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { Failure } from '#base/failure.ts';
import { lacksIpv6, listenFailure } from '#base/listen-failure.ts';
import type { Log } from '#base/log.ts';
import type { Counter, Family } from '#base/metrics.ts';
import { RequestRates } from './request-rates.ts';
import { readRequest, type Standing, writeAnswer, writeRateKiss } from './server-answer.ts';
import type { WallClock } from './wall-clock.ts';

export interface TimeServerOptions {
  /** An IP address; '::' is every one, IPv4 as well. */
  host: string;
  /** 0 lets the system choose. */
  port: number;
  maxPerMinute(): number;
  /** How good the clock is now. */
  standing(): Standing;
  wall: WallClock;
  log: Log;
  /** By what became of a request: 'answered', 'limited', 'ignored'. */
  requests: Family<Counter>;
}

export class TimeServer {
  readonly #options: TimeServerOptions;
  readonly #socket: Socket;
  readonly #rates = new RequestRates();

  /** @throws {Failure} with a sentence that says what to do */
  static async start(options: TimeServerOptions): Promise<TimeServer> {
    const { host, port } = options;
    try {
      const socket = await bind(host, port).catch((error: unknown) => {
        if (lacksIpv6(error, host)) return bind('0.0.0.0', port);
        throw error;
      });
      return new TimeServer(options, socket);
    } catch (error) {
      throw explain(error, host, port);
    }
  }

  private constructor(options: TimeServerOptions, socket: Socket) {
    this.#options = options;
    this.#socket = socket;
    socket.on('error', (err) => options.log.error({ err }, 'the NTP port failed'));
    socket.on('message', (bytes, from) => this.#receive(bytes, from));
  }

  get port(): number {
    return this.#socket.address().port;
  }

  stop(): Promise<void> {
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }

  #receive(bytes: Uint8Array, from: RemoteInfo): void {
    const { wall, maxPerMinute, requests, standing } = this.#options;
    const receivedAt = wall();
    const request = readRequest(bytes);
    if (request === undefined || from.port === 0) {
      requests.of('ignored').add(1);
      return;
    }
    const verdict = this.#rates.count(maxPerMinute(), from.address, receivedAt);
    requests.of(verdict === 'answer' ? 'answered' : 'limited').add(1);
    if (verdict === 'answer') this.#send(writeAnswer(request, standing(), receivedAt, wall()), from);
    if (verdict === 'kiss') this.#send(writeRateKiss(request), from);
  }

  /** Whoever gets no answer asks again: errors of the network are of no interest. */
  #send(answer: Uint8Array, { address, port }: RemoteInfo): void {
    this.#socket.send(answer, port, address, () => undefined);
  }
}

function bind(host: string, port: number): Promise<Socket> {
  const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4' });
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => socket.close(() => reject(error));
    socket.once('error', fail);
    socket.bind({ address: host, port, exclusive: true }, () => {
      socket.off('error', fail);
      resolve(socket);
    });
  });
}

function explain(error: unknown, host: string, port: number): Failure {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EACCES') {
    return new Failure(
      'forbidden',
      `UDP port ${port} may not be opened by this user; set time.server.port to 1024 or above, or let this user open ` +
        'low ports (systemd: AmbientCapabilities=CAP_NET_BIND_SERVICE; else setcap cap_net_bind_service=+ep on Node)',
      { cause: error },
    );
  }
  if (code === 'EADDRINUSE') {
    return new Failure(
      'conflict',
      `UDP port ${port} on ${host} is taken, most likely by chronyd or ntpd; stop that service's NTP server ` +
        '(chrony: "port 0"), or set time.server.port to another port',
      { cause: error },
    );
  }
  return listenFailure(error, host, port);
}
