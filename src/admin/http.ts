/** The HTTP port: figures for Prometheus, and health for whoever restarts or balances. */
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { listenFailure } from '#base/listen-failure.ts';
import type { Log } from '#base/log.ts';
import type { Metrics } from '#base/metrics.ts';
import type { Values } from '#base/settings.ts';
import { errorAnswer, nothingAt } from './error-answer.ts';
import { httpApp } from './fastify.ts';
import type { httpSettings } from './settings.ts';

export interface HttpOptions {
  settings: Readonly<Values<typeof httpSettings.shape>>;
  /** With the offset already added. */
  port: number;
  metrics: Metrics;
  log: Log;
  /** What keeps the server from doing its work now; empty when all is well. */
  problems(): readonly { what: string; reason: string }[];
}

export interface HttpServer {
  port: number;
  stop(): Promise<void>;
}

const MAX_HEADER_BYTES = 16_384;
const MAX_CONNECTIONS = 256;

/** @throws {Failure} 'conflict' when the port is taken */
export async function startHttp({ settings, port, metrics, log, problems }: HttpOptions): Promise<HttpServer> {
  const requestMs = settings.requestSeconds * 1000;
  const app = httpApp({
    bodyLimit: settings.maxBodyBytes,
    requestTimeout: requestMs,
    connectionTimeout: requestMs,
    keepAliveTimeout: 5000,
    ...{ http: { maxHeaderSize: MAX_HEADER_BYTES, headersTimeout: requestMs } },
  });
  app.server.maxConnections = MAX_CONNECTIONS;
  answerErrors(app, log);

  app.get('/healthz', () => ({ status: 'alive' }));
  app.get('/readyz', (_request, reply) => {
    const found = problems();
    return reply
      .code(found.length > 0 ? 503 : 200)
      .send({ status: found.length > 0 ? 'failing' : 'ready', problems: found });
  });
  app.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()));

  try {
    await app.listen({ host: settings.host, port });
  } catch (error) {
    await app.close();
    throw listenFailure(error, settings.host, port);
  }
  return { port: (app.server.address() as AddressInfo).port, stop: () => app.close() };
}

/** Every error is a JSON object with one sentence; what is ours to know goes to the log with a short id. */
export function answerErrors(app: FastifyInstance, log: Log): void {
  app.setNotFoundHandler((request, reply) => {
    const { status, body } = nothingAt(request.method, request.url);
    return reply.code(status).send(body);
  });
  app.setErrorHandler((error, request, reply) => {
    const { status, body } = errorAnswer(error, request, log);
    return reply.code(status).send(body);
  });
}
