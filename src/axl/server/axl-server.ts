/**
 * The embedded Unified CM's AXL: one place of HTTP, where a program signs in, posts an envelope, and is answered with
 * another. The body decides what is asked and in which version of the schema.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ThrottleSettings } from '#accounts/throttle.ts';
import type { Clock } from '#base/clock.ts';
import { Failure } from '#base/failure.ts';
import { HttpError, type HttpHandler, pathOf } from '#base/http-routes.ts';
import type { Log } from '#base/log.ts';
import type { Counter, Family, Metrics } from '#base/metrics.ts';
import { Semaphore } from '#base/semaphore.ts';
import type { Values } from '#base/settings.ts';
import type { Directory } from '#directory/directory.ts';
import {
  EnvelopeError,
  envelopeAround,
  type Fault,
  type Operation,
  readEnvelope,
  writeFault,
} from '../wire/envelope.ts';
import { isVersion, isWithin, VERSIONS } from '../wire/notation.ts';
import { isKnownOperation } from '../wire/operation-names.ts';
import type { Operations, Served } from './answer.ts';
import { faultOf, noOperation, unknownError, unknownRequest } from './axl-fault.ts';
import { objectOperations } from './objects.ts';
import * as pages from './pages.ts';
import { presenceOperations } from './presence-operations.ts';
import { AxlRequest } from './request.ts';
import type { axlServerSettings } from './settings.ts';
import { type Caller, SignIn } from './sign-in.ts';
import { sqlOperations } from './sql-operations.ts';
import { type LdapSync, systemOperations } from './system-operations.ts';
import { userOperations } from './user-operations.ts';

export interface AxlServerOptions {
  readonly directory: Directory;
  readonly settings: Readonly<Values<typeof axlServerSettings.shape>>;
  readonly throttle: ThrottleSettings;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Whether the store keeps up now; while it does not, changes are put off. */
  readonly isStoreWell: () => boolean;
  readonly ldapSync?: LdapSync;
}

/** Everything is below it. */
export const AXL_PATH = '/axl';

const FULL_ROLES = ['Standard AXL API Access', 'Standard AXL API Users'];
const READ_ROLE = 'Standard AXL Read Only API Access';
const RETRY_SECONDS = 5;
const MAX_READS_WAITING = 256;

/** What is counted of the listener. */
export function axlFigures(metrics: Metrics): { requests: Family<Counter>; refused: Family<Counter> } {
  return {
    requests: metrics.counters('rollcall_axl_http_requests_total', 'Requests to the AXL port.', 'status'),
    refused: metrics.counters(
      'rollcall_axl_connections_refused_total',
      'Connections to the AXL port refused.',
      'reason',
    ),
  };
}

/** An answer that is no SOAP. */
class Page extends Error {
  readonly status: number;
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, html: string, headers: Readonly<Record<string, string>> = {}) {
    super(`status ${status}`);
    this.status = status;
    this.html = html;
    this.headers = headers;
  }
}

export class AxlServer {
  readonly #options: AxlServerOptions;
  readonly #operations: Operations;
  readonly #signIn: SignIn;
  readonly #reads: Semaphore;
  readonly #requests: Family<Counter>;
  readonly #refusals: Family<Counter>;
  #writes = 0;

  constructor(options: AxlServerOptions) {
    const { directory, settings, metrics, ldapSync } = options;
    this.#options = options;
    this.#signIn = new SignIn(options);
    this.#reads = new Semaphore(settings.maxReadsAtOnce, MAX_READS_WAITING);
    this.#operations = new Map<string, Served>([
      ...objectOperations({ directory, limits: settings }),
      ...Object.entries({
        ...systemOperations(directory, ldapSync),
        ...userOperations(directory, settings),
        ...presenceOperations(directory, settings),
        ...sqlOperations(directory, settings),
      }),
    ]);
    this.#requests = metrics.counters('rollcall_axl_requests_total', 'AXL requests carried out.', 'operation');
    this.#refusals = metrics.counters('rollcall_axl_refused_total', 'AXL requests refused.', 'reason');
  }

  /** Lets go of the directory. The listener is its caller's. */
  close(): void {
    this.#signIn.close();
  }

  /** Answers one request; it throws nothing. */
  readonly handle: HttpHandler = async (request, response, readBody) => {
    try {
      await this.#answer(request, response, readBody);
    } catch (error) {
      const page = pageOf(error) ?? this.#unexpected(error, request);
      this.#refusals.of(String(page.status)).add(1);
      sendPage(request, response, page);
    }
  };

  async #answer(request: IncomingMessage, response: ServerResponse, readBody: () => Promise<Buffer>): Promise<void> {
    const path = pathOf(request.url ?? '');
    if (path !== AXL_PATH && path !== `${AXL_PATH}/`) throw new Page(404, pages.NOT_FOUND);
    const { caller, cookie } = await this.#callerOf(request);
    if (cookie !== undefined) response.setHeader('Set-Cookie', cookie);
    if (request.method === 'GET' || request.method === 'HEAD') throw new Page(200, pages.WORKING);
    if (request.method !== 'POST') throw new Page(405, pages.WRONG_METHOD, { Allow: 'GET, POST' });
    if (!isXml(request.headers['content-type'])) throw new Page(415, pages.WRONG_TYPE);
    const text = textOf(await readBody());
    let named = '';
    let answer: { status: number; text: string };
    try {
      const operation = readEnvelope(text);
      if (operation.fault !== undefined) throw new EnvelopeError('Client', 'a request is no fault');
      named = operation.operation;
      answer = await this.#carryOut(operation, caller, versionOf(operation, request));
    } catch (error) {
      answer = { status: 500, text: writeFault(this.#faultFor(error, named)) };
      this.#refusals.of('fault').add(1);
    }
    send(response, answer.status, 'text/xml;charset=UTF-8', answer.text);
  }

  async #callerOf(request: IncomingMessage): Promise<{ caller: Caller; cookie?: string }> {
    const { authorization, cookie } = request.headers;
    const signedIn = await this.#signIn.signIn(authorization, cookie, request.socket.remoteAddress ?? '');
    if (signedIn.is === 'too-many') {
      throw new Page(429, pages.TOO_MANY_GUESSES, { 'Retry-After': String(signedIn.retryAfterSeconds) });
    }
    if (signedIn.is === 'refused') {
      throw new Page(401, pages.UNAUTHORIZED, { 'WWW-Authenticate': 'Basic realm="Cisco Web Services Realm"' });
    }
    const { roles } = signedIn.caller;
    if (!roles.has(READ_ROLE) && !mayWrite(roles)) throw new Page(403, pages.FORBIDDEN);
    return signedIn;
  }

  async #carryOut(
    operation: Operation,
    caller: Caller,
    version: string | undefined,
  ): Promise<{ status: number; text: string }> {
    const name = operation.operation;
    if (version === undefined) throw new Unknown(name);
    if (!isVersion(version)) throw new Page(599, pages.schemaNotSupported(version, VERSIONS));
    const served = this.#operations.get(name);
    if (served === undefined || !isWithin(version, served)) {
      if (served !== undefined || !isKnownOperation(name)) throw new Unknown(name);
      throw unknownRequest(name);
    }
    const request = new AxlRequest(operation, version);
    const inside = await this.#inTurn(served, caller, () => served.run(request, caller));
    this.#requests.of(name).add(1);
    if (served.writes) this.#options.log.info({ operation: name, by: caller.name }, 'a change by AXL');
    const { head, tail } = envelopeAround(version, `${name}Response`, sequenceOf(operation));
    return { status: 200, text: `${head}${inside}${tail}` };
  }

  /** Few large answers at once; no more changes than the store keeps up with. */
  async #inTurn(served: Served, { roles }: Caller, run: () => Promise<string>): Promise<string> {
    const { settings, isStoreWell } = this.#options;
    if (!served.writes) return served.isLarge ? this.#reads.run(run) : run();
    if (!mayWrite(roles) || !settings.writable) throw new Page(403, pages.READ_ONLY);
    if (!isStoreWell() || this.#writes >= settings.maxWritesWaiting) throw busy();
    this.#writes++;
    try {
      return await run();
    } finally {
      this.#writes--;
    }
  }

  /** @throws {Page} where the answer is no fault but a status of HTTP */
  #faultFor(error: unknown, operation: string): Fault {
    if (error instanceof Page) throw error;
    if (error instanceof Unknown) return noOperation(`${AXL_PATH}/`, operation);
    if (error instanceof EnvelopeError) {
      return { faultCode: error.faultCode, text: error.message, axlCode: 5004, request: operation };
    }
    const isOverloaded = error instanceof Failure && (error.kind === 'store-failing' || error.kind === 'over-limit');
    if (isOverloaded) throw busy();
    const fault = faultOf(error, operation);
    if (fault !== undefined) return fault;
    const id = Math.random().toString(36).slice(2, 10);
    this.#options.log.error({ err: error, id, operation }, 'an AXL request failed');
    return faultOf(unknownError(id), operation)!;
  }

  #unexpected(error: unknown, { destroyed, complete }: IncomingMessage): Page {
    if (!(destroyed && !complete)) this.#options.log.error({ err: error }, 'an AXL request failed');
    return new Page(500, pages.FAILED);
  }
}

/** No schema has it. */
class Unknown extends Error {}

function busy(): Page {
  return new Page(503, pages.BUSY, { 'Retry-After': String(RETRY_SECONDS) });
}

function mayWrite(roles: ReadonlySet<string>): boolean {
  return FULL_ROLES.some((role) => roles.has(role));
}

/** The body's namespace; only where that says nothing, the SOAPAction, in whatever form clients have it. */
function versionOf({ version, element }: Operation, { headers }: IncomingMessage): string | undefined {
  if (version !== undefined) return version;
  const action = headers.soapaction;
  // What is in a namespace of somebody else is no request of AXL.
  if (element.ns !== '' || typeof action !== 'string') return undefined;
  return /CUCM:DB ver=(\d{1,2}\.\d{1,2})(?!\d)/i.exec(action)?.[1];
}

/** An unsigned long, which is echoed as it came. */
function sequenceOf({ sequence }: Operation): string | undefined {
  return sequence !== undefined && /^\d{1,20}$/.test(sequence.trim()) ? sequence.trim() : undefined;
}

function isXml(contentType: string | undefined): boolean {
  if (contentType === undefined) return true;
  const [type = '', ...parameters] = contentType.toLowerCase().split(';');
  const charset = parameters.map((one) => /^\s*charset\s*=\s*"?([^"\s]+)"?\s*$/.exec(one)?.[1]).find(Boolean);
  const isKnown = ['text/xml', 'application/xml', 'application/soap+xml'].includes(type.trim());
  return isKnown && (charset === undefined || ['utf-8', 'utf8', 'us-ascii'].includes(charset));
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** What is no UTF-8 becomes what no envelope is, so that the answer is a fault. */
function textOf(body: Buffer): string {
  try {
    return UTF8.decode(body);
  } catch {
    return '\u0000';
  }
}

function pageOf(error: unknown): Page | undefined {
  if (error instanceof Page) return error;
  if (error instanceof HttpError && error.statusCode === 413)
    return new Page(413, pages.TOO_LARGE, { Connection: 'close' });
  if (error instanceof Failure && error.kind === 'over-limit') return busy();
  return error instanceof Failure && error.kind === 'store-failing' ? busy() : undefined;
}

function sendPage({ destroyed, complete }: IncomingMessage, response: ServerResponse, page: Page): void {
  if (response.headersSent || (destroyed && !complete)) {
    response.destroy();
    return;
  }
  for (const [name, value] of Object.entries(page.headers)) response.setHeader(name, value);
  send(response, page.status, 'text/html;charset=UTF-8', page.html);
}

function send(response: ServerResponse, status: number, type: string, text: string): void {
  if (response.destroyed) return;
  const body = Buffer.from(text);
  response.writeHead(status, STATUS_WORDS[status], {
    'Content-Type': type,
    'Content-Length': body.length,
    'Cache-Control': 'no-store',
  });
  response.end(body);
}

const STATUS_WORDS: Readonly<Record<number, string>> = { 599: 'Schema Not Supported' };
