import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import type { InProcess } from './in-process.ts';

export interface XcapAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface XcapRequest {
  type?: string;
  body?: string | Buffer;
  headers?: Readonly<Record<string, string>>;
}

const EL = 'application/xcap-el+xml';

/** Somebody who looks after documents over XCAP (RFC 4825), with a password inside TLS. */
export class XcapClient {
  readonly #server: InProcess;
  readonly #person: string;
  readonly #folder: string;

  /** @param auid of the application usage whose documents are meant */
  constructor(server: InProcess, person: string, auid = 'resource-lists') {
    this.#server = server;
    this.#person = person;
    this.#folder = `/xcap-root/${auid}/users/sip:${person}@${server.domain}`;
  }

  get authorization(): string {
    return `Basic ${Buffer.from(`${this.#person}:${this.#server.password}`).toString('base64')}`;
  }

  /** @param path an absolute one, or one below one's own folder: 'index/~~/resource-lists' */
  ask(method: string, path: string, { type, body, headers = {} }: XcapRequest = {}): Promise<XcapAnswer> {
    const options = {
      host: '127.0.0.1',
      port: this.#server.running.ports.https!,
      path: path.startsWith('/') ? path : `${this.#folder}/${path}`,
      method,
      agent: false,
      rejectUnauthorized: false,
      headers: { Authorization: this.authorization, ...(type !== undefined && { 'Content-Type': type }), ...headers },
    };
    return new Promise((resolve, reject) => {
      const asked = request(options, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (piece: string) => {
          text += piece;
        });
        response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body: text }));
      });
      asked.on('error', reject);
      asked.end(body);
    });
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<XcapAnswer> {
    return this.ask('GET', path, { headers });
  }

  put(path: string, body: string, type = EL, headers: Readonly<Record<string, string>> = {}): Promise<XcapAnswer> {
    return this.ask('PUT', path, { type, body, headers });
  }

  delete(path: string, headers: Readonly<Record<string, string>> = {}): Promise<XcapAnswer> {
    return this.ask('DELETE', path, { headers });
  }
}

/** A node of a document, percent-encoded as RFC 4825 §6.3 has it. */
export function node(selector: string, query = ''): string {
  const steps = selector.split('/').map((step) => encodeURIComponent(step));
  return `index/~~/${steps.join('/')}${query === '' ? '' : `?${query}`}`;
}
