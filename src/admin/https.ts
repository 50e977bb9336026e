/** The HTTPS port: what the edges serve there, behind TLS and limits. Errors are JSON, as on the HTTP port. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type SecureContext, TLSSocket } from 'node:tls';
import type { Certificates } from '#base/certificates.ts';
import { readBody } from '#base/http-body.ts';
import { type HttpRouteTable, pathOf } from '#base/http-routes.ts';
import { lacksIpv6, listenFailure } from '#base/listen-failure.ts';
import type { Log } from '#base/log.ts';
import type { Counter, Family, Metrics } from '#base/metrics.ts';
import type { Values } from '#base/settings.ts';
import { ConnectionCount } from './connection-count.ts';
import { type ErrorAnswer, errorAnswer, nothingAt } from './error-answer.ts';
import type { HttpServer } from './http.ts';
import { end, MAX_HEADER_BYTES, refuse } from './raw-answer.ts';
import type { httpsSettings } from './settings.ts';

export interface HttpsOptions {
  settings: Readonly<Values<typeof httpsSettings.shape>>;
  certificates: Pick<Certificates, 'for' | 'hasChoice'>;
  routes: HttpRouteTable;
  figures: HttpsFigures;
  log: Log;
}

export interface HttpsFigures {
  readonly requests: Family<Counter>;
  readonly refused: Family<Counter>;
}

/** Made once for a server, whose port may be opened several times. */
export function httpsFigures(metrics: Metrics): HttpsFigures {
  return {
    requests: metrics.counters('rollcall_https_requests_total', 'Requests to the HTTPS port.', 'status'),
    refused: metrics.counters('rollcall_https_refused_total', 'Connections to the HTTPS port refused.', 'reason'),
  };
}

/** Requests that are being answered when the port is closed have so long. */
const LAST_ANSWERS_MS = 1000;

/**
 * @param port with the offset already added
 * @throws {Failure} 'conflict' when the port is taken
 */
export async function startHttps(options: HttpsOptions, port: number): Promise<HttpServer> {
  const { host } = options.settings;
  const count = new ConnectionCount(options.settings);
  const server = makeServer(options, count);
  try {
    await listen(server, host, port);
  } catch (error) {
    if (!lacksIpv6(error, host)) throw listenFailure(error, host, port);
    await listen(server, '0.0.0.0', port).catch((error: unknown) => {
      throw listenFailure(error, '0.0.0.0', port);
    });
  }
  server.on('error', (err) => options.log.error({ err, port }, 'a listener failed'));
  return { port: (server.address() as { port: number }).port, stop: () => stop(server, count) };
}

function makeServer(options: HttpsOptions, count: ConnectionCount): Server {
  const { settings, figures, log } = options;
  const requestMs = settings.requestSeconds * 1000;
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: requestMs,
    requestTimeout: requestMs,
    keepAliveTimeout: 5000,
    connectionsCheckingInterval: 1000,
    shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
  });
  server.on('request', (request, response) => {
    count.answers(response);
    void serve(options, request, response);
  });
  server.on('upgrade', (request, socket, head) => {
    count.release(socket);
    upgrade(options, request, socket, head);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => refuse(error, socket));
  // A TLS server of Node's own takes its certificate once; ours are asked for with each connection.
  const [speakHttp] = server.listeners('connection') as ((socket: Socket) => void)[];
  server.removeAllListeners('connection');
  server.on('connection', (plain: Socket) => {
    const reason = count.reasonToRefuse(plain.remoteAddress ?? '');
    if (reason !== undefined) {
      figures.refused.of(reason).add(1);
      plain.on('error', () => {}).destroy();
      return;
    }
    const secure = secured(plain, options);
    count.add(plain.remoteAddress ?? '', secure);
    secure.on('error', (err) => log.debug({ err, peer: plain.remoteAddress }, 'connection failed'));
    const failed = (): void => figures.refused.of('tls-handshake').add(1);
    const late = setTimeout(() => secure.destroy(), requestMs).unref();
    secure.once('close', () => clearTimeout(late)).once('close', failed);
    secure.once('secure', () => {
      clearTimeout(late);
      secure.off('close', failed);
      speakHttp!.call(server, secure);
    });
  });
  return server;
}

function secured(plain: Socket, { certificates }: HttpsOptions): TLSSocket {
  return new TLSSocket(plain, {
    isServer: true,
    secureContext: certificates.for(undefined).context,
    ...(certificates.hasChoice && {
      SNICallback: (name: string, answer: (error: null, context: SecureContext) => void) =>
        answer(null, certificates.for(name.toLowerCase()).context),
    }),
    ALPNProtocols: ['http/1.1'],
  });
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, backlog: 1024 }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** WebSockets stay: they belong to the edge that took them. */
async function stop(server: Server, count: ConnectionCount): Promise<void> {
  server.close();
  const answering = [...count.answering];
  const answered = Promise.all(answering.map((response) => new Promise((resolve) => response.once('close', resolve))));
  const late = new Promise((resolve) => setTimeout(resolve, LAST_ANSWERS_MS).unref());
  await Promise.race([answered, late]);
  count.destroyAll();
}

async function serve(options: HttpsOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { routes, settings, figures, log } = options;
  const { method = '', url = '' } = request;
  response.once('close', () => figures.requests.of(String(response.statusCode)).add(1));
  const handler = routes.handlerOf(pathOf(url));
  if (handler === undefined) {
    answer(response, nothingAt(method, url));
    return;
  }
  try {
    await handler(request, response, () => readBody(request, settings.maxBodyBytes));
  } catch (error) {
    if (request.destroyed && !request.complete) return;
    if (response.headersSent) response.destroy();
    answer(response, errorAnswer(error, request, log));
  }
}

function answer(response: ServerResponse, { status, body }: ErrorAnswer): void {
  if (response.destroyed) return;
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
    // What is left of the body is not read.
    ...(status === 413 && { Connection: 'close' }),
  });
  response.end(text);
}

function upgrade({ routes, log }: HttpsOptions, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const { method = '', url = '', headers } = request;
  socket.on('error', (err) => log.debug({ err }, 'a WebSocket failed'));
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  const handler = routes.upgradeOf(pathOf(url), offered);
  if (handler === undefined) {
    end(socket, nothingAt(method, url));
    return;
  }
  // RFC 6455 §4.2.2 item 4, RFC 7118 §4.1: whom we have no language in common with is told before it speaks.
  if (handler === null) {
    end(socket, { status: 400, body: { error: 'none of the subprotocols that were offered is spoken here' } });
    return;
  }
  try {
    handler(request, socket, head);
  } catch (error) {
    end(socket, errorAnswer(error, request, log));
  }
}
