/** An AXL server on a port of its own over a fresh directory, and a program that posts to it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { Agent, type RequestOptions, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { throttleSettings } from '#accounts/settings.ts';
import { startHttps } from '#admin/https.ts';
import { AXL_PATH, AxlServer, axlFigures } from '#axl/server/axl-server.ts';
import { axlServerSettings } from '#axl/server/settings.ts';
import { type Operation, readEnvelope } from '#axl/wire/envelope.ts';
import { Certificates } from '#base/certificates.ts';
import { type Clock, systemClock } from '#base/clock.ts';
import { HttpRouteTable } from '#base/http-routes.ts';
import { silentLog } from '#base/log.ts';
import { Metrics } from '#base/metrics.ts';
import type { Shape, Values } from '#base/settings.ts';
import { Directory } from '#directory/directory.ts';
import { selfSigned } from '#setup/self-signed.ts';
import { openDatabase } from '#store/open.ts';

const HOST = '127.0.0.1';
const DOMAIN = 'example.test';
const LIMITS = { maxDepth: 40, maxAttributes: 40, maxElements: 1_000_000 };
/** Who may do everything. */
export const ADMINISTRATOR = { name: 'axladmin', password: 'wherefore: art thou' };
/** Who may only read. */
export const READER = { name: 'axlreader', password: 'reader' };
/** Who is somebody, and may nothing. */
export const NOBODY = { name: 'nobody', password: 'nobody' };

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface PostOptions {
  readonly as?: { readonly name: string; readonly password: string };
  readonly headers?: Readonly<Record<string, string>>;
  readonly version?: string;
}

export interface AxlUnderTest extends AsyncDisposable {
  readonly port: number;
  readonly directory: Directory;
  readonly settings: {
    -readonly [Name in keyof Values<typeof axlServerSettings.shape>]: Values<typeof axlServerSettings.shape>[Name];
  };
  /** Set to false, the store is behind. */
  storeIsWell: boolean;
  /** Any request at all. Headers without authorization are sent as they are. */
  ask(method: string, path: string, headers: Readonly<Record<string, string>>, body?: string | Buffer): Promise<Answer>;
  /** Posts an operation: `<ns:getUser>` around what is inside. */
  post(operation: string, inside: string, options?: PostOptions): Promise<Answer>;
  /** The response to an operation that succeeds. */
  call(operation: string, inside: string, options?: PostOptions): Promise<Operation['element']>;
  /** The fault that an operation is answered with. */
  fault(
    operation: string,
    inside: string,
    options?: PostOptions,
  ): Promise<{ axlCode: number | undefined; text: string }>;
}

function defaults<S extends Shape>(shape: S): Values<S> {
  return Object.fromEntries(Object.entries(shape).map(([name, one]) => [name, one.default])) as Values<S>;
}

export function basic({ name, password }: { name: string; password: string }): string {
  return `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
}

export function envelope(operation: string, inside: string, version = '14.0'): string {
  return (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" ' +
    `xmlns:ns="http://www.cisco.com/AXL/API/${version}"><soapenv:Header/><soapenv:Body>\n` +
    `<ns:${operation} sequence="7">${inside}</ns:${operation}>\n</soapenv:Body></soapenv:Envelope>`
  );
}

export async function startAxl(
  changed: Partial<Values<typeof axlServerSettings.shape>> = {},
  clock: Clock = systemClock,
): Promise<AxlUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), 'axl-'));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, DOMAIN));
  const { key, certificate } = selfSigned([DOMAIN, HOST], Date.now());
  writeFileSync(join(folder, DOMAIN, 'key.pem'), key);
  writeFileSync(join(folder, DOMAIN, 'certificate.pem'), certificate);
  const certificates = new Certificates(folder, [DOMAIN], { clientCertificates: '', tlsGroups: 'X25519' }, silentLog());
  stack.defer(() => certificates.close());

  const database = await openDatabase({ kind: 'sqlite', file: join(folder, 'store.db') }, clock);
  stack.defer(() => database.close());
  const version = '9.0.1.10000-37';
  const directory = new Directory({ database, clock, iterations: 4096, domain: DOMAIN, version, node: HOST });
  await directory.start();
  await addCallers(directory);

  const settings = { ...defaults(axlServerSettings.shape), host: HOST, ...changed };
  const metrics = new Metrics();
  const state = { storeIsWell: true };
  const axl = new AxlServer({
    directory,
    settings,
    throttle: defaults(throttleSettings.shape),
    clock,
    metrics,
    log: silentLog(),
    isStoreWell: () => state.storeIsWell,
  });
  stack.defer(() => axl.close());
  const routes = new HttpRouteTable();
  routes.handle(AXL_PATH, axl.handle);
  const server = await startHttps(
    { settings, certificates, routes, figures: axlFigures(metrics), log: silentLog() },
    0,
  );
  stack.defer(() => server.stop());
  const agent = new Agent({ keepAlive: true, rejectUnauthorized: false });
  stack.defer(() => agent.destroy());

  const ask: AxlUnderTest['ask'] = (method, path, headers, body) =>
    send({ host: HOST, port: server.port, method, path, headers, agent }, body);
  const post: AxlUnderTest['post'] = (operation, inside, { as = ADMINISTRATOR, headers = {}, version } = {}) =>
    ask(
      'POST',
      '/axl/',
      { 'Content-Type': 'text/xml; charset=utf-8', Authorization: basic(as), ...headers },
      envelope(operation, inside, version),
    );
  const running = stack.move();
  return {
    port: server.port,
    directory,
    settings,
    get storeIsWell() {
      return state.storeIsWell;
    },
    set storeIsWell(is) {
      state.storeIsWell = is;
    },
    ask,
    post,
    async call(operation, inside, options) {
      const answer = await post(operation, inside, options);
      const read = readEnvelope(answer.text, LIMITS);
      if (read.fault !== undefined || answer.status !== 200) throw new Error(`${answer.status}: ${answer.text}`);
      return read.element;
    },
    async fault(operation, inside, options) {
      const answer = await post(operation, inside, options);
      const { fault } = readEnvelope(answer.text, LIMITS);
      if (fault === undefined || answer.status !== 500) throw new Error(`${answer.status}: ${answer.text}`);
      return { axlCode: fault.axlCode, text: fault.text };
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function addCallers(directory: Directory): Promise<void> {
  const roles = { name: 'AXL readers', userRoles: ['Standard AXL Read Only API Access'] };
  await directory.add('UserGroup', roles);
  const presenceGroupName = 'Standard Presence group';
  for (const [{ name, password }, groups] of [
    [ADMINISTRATOR, ['Standard CCM Super Users']],
    [READER, [roles.name]],
    [NOBODY, []],
  ] as const) {
    await directory.add('AppUser', { userid: name, password, presenceGroupName, associatedGroups: groups });
  }
}

function send(options: RequestOptions, body?: string | Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(options, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(pieces).toString();
        resolve({ status: response.statusCode!, headers: response.headers, text });
      });
    });
    asked.on('error', reject);
    asked.end(body);
  });
}
