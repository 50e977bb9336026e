/** Requests over HTTPS to one Unified CM, on few connections that are used again. */
import { type AgentOptions, Agent as HttpsAgent, request } from 'node:https';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { Failure } from '#base/failure.ts';

/** Who it is that answers. */
export type Trust =
  /** @param ca PEM; undefined for the authorities that Node.js brings */
  | { readonly by: 'ca'; readonly ca: string | undefined }
  /** SHA-256 of the certificate, as OpenSSL prints it; asked at each connection, for certificates are renewed. */
  | { readonly by: 'fingerprint'; readonly fingerprint: () => string }
  | { readonly by: 'off' };

export interface TransportOptions {
  readonly host: string;
  readonly port: () => number;
  readonly user: string;
  readonly password: string;
  readonly trust: Trust;
  readonly connections: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/** The vendor's own limit for an answer is 8 MB. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
const KEEP_ALIVE_MS = 30_000;

export class Transport {
  readonly #options: TransportOptions;
  readonly #agent: CheckingAgent;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#agent = new CheckingAgent(options.trust, options.connections);
  }

  /**
   * Posts an envelope.
   * @throws {Failure} 'unavailable' when there is no answer, or one that is too long; 'forbidden' when who answers is not
   *   the one that is trusted, who then was told nothing
   */
  post(soapAction: string, body: string, withinMs: number): Promise<HttpAnswer> {
    const { host, user, password } = this.#options;
    const port = this.#options.port();
    const headers = {
      'content-type': 'text/xml; charset=utf-8',
      'content-length': Buffer.byteLength(body),
      soapaction: `"${soapAction}"`,
      authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
    };
    return new Promise((resolve, reject) => {
      const sent = request({ host, port, path: '/axl/', method: 'POST', agent: this.#agent, headers }, (answer) => {
        const chunks: Buffer[] = [];
        let size = 0;
        answer.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > MAX_ANSWER_BYTES) sent.destroy(new Error(`the answer is longer than ${MAX_ANSWER_BYTES} bytes`));
          else chunks.push(chunk);
        });
        answer.on('end', () => {
          if (answer.complete) resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString() });
          else reject(new Error('the answer broke off'));
        });
        answer.on('error', reject);
      });
      const timer = setTimeout(() => sent.destroy(new Error(`no answer within ${withinMs / 1000} s`)), withinMs);
      sent.on('error', reject);
      sent.on('close', () => {
        clearTimeout(timer);
        reject(new Error('the answer broke off'));
      });
      sent.end(body);
    }).then(
      (answer) => answer as HttpAnswer,
      (cause) => {
        if (cause instanceof Failure) throw cause;
        const why = (cause as Error).message;
        throw new Failure('unavailable', `Unified CM does not answer on ${host}:${port}: ${why}`, { cause });
      },
    );
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** Hands a connection out only once it is known who is at its other end, so that nobody else sees a password. */
class CheckingAgent extends HttpsAgent {
  readonly #trust: Trust;

  constructor(trust: Trust, connections: number) {
    super({ keepAlive: true, keepAliveMsecs: KEEP_ALIVE_MS, maxSockets: connections, maxFreeSockets: connections });
    this.#trust = trust;
  }

  override createConnection(
    options: AgentOptions & ConnectionOptions,
    done: (error: Error | null, socket: Duplex) => void,
  ): undefined {
    const trust = this.#trust;
    const host = options.host ?? '';
    const socket = connect({
      host,
      port: options.port!,
      ...(isIP(host) === 0 && { servername: host }),
      ALPNProtocols: ['http/1.1'],
      minVersion: 'TLSv1.2',
      rejectUnauthorized: trust.by === 'ca',
      ...(trust.by === 'ca' && trust.ca !== undefined && { ca: trust.ca }),
    });
    const failed = (error: Error) => done(error, socket);
    socket.once('error', failed);
    socket.once('secureConnect', () => {
      socket.off('error', failed);
      const refused = refusal(trust, socket);
      if (refused === undefined) return done(null, socket);
      socket.on('error', () => undefined).destroy();
      done(refused, socket);
    });
  }
}

function refusal(trust: Trust, socket: TLSSocket): Failure | undefined {
  if (trust.by !== 'fingerprint') return undefined;
  const shown = socket.getPeerX509Certificate()?.fingerprint256 ?? '';
  if (plain(shown) === plain(trust.fingerprint())) return undefined;
  return new Failure(
    'forbidden',
    `the certificate of Unified CM has the SHA-256 fingerprint ${shown}, which is not the one in unifiedCm.fingerprint: ` +
      'if Unified CM has a new certificate, set that one',
  );
}

function plain(fingerprint: string): string {
  return fingerprint.replaceAll(':', '').toUpperCase();
}
