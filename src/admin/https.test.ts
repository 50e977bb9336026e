import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { Certificates } from '#base/certificates.ts';
import { Failure } from '#base/failure.ts';
import { HttpError, HttpRouteTable } from '#base/http-routes.ts';
import { silentLog } from '#base/log.ts';
import { Metrics } from '#base/metrics.ts';
import { selfSigned } from '#setup/self-signed.ts';
import { httpsFigures, startHttps } from './https.ts';
import { httpsSettings } from './settings.ts';

const HOST = '127.0.0.1';
const { shape } = httpsSettings;
const defaults = {
  host: HOST,
  port: 0,
  maxBodyBytes: 1024,
  requestSeconds: shape.requestSeconds.default,
  maxConnections: 100,
  maxConnectionsPerAddress: 100,
};

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

async function start(t: TestContext, changed: Partial<typeof defaults> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'https-'));
  for (const domain of ['example.test', 'other.test']) {
    mkdirSync(join(folder, domain));
    const { key, certificate } = selfSigned([domain], Date.now());
    writeFileSync(join(folder, domain, 'key.pem'), key);
    writeFileSync(join(folder, domain, 'certificate.pem'), certificate);
  }
  const tls = { clientCertificates: '', tlsGroups: 'X25519' };
  const certificates = new Certificates(folder, ['example.test', 'other.test'], tls, silentLog());
  const routes = new HttpRouteTable();
  const metrics = new Metrics();
  const settings = { ...defaults, ...changed };
  const options = { settings, certificates, routes, figures: httpsFigures(metrics), log: silentLog() };
  const server = await startHttps(options, 0);
  t.after(async () => {
    await server.stop();
    certificates.close();
    rmSync(folder, { recursive: true });
  });
  const ask = (method: string, path: string, body?: string | Buffer) =>
    new Promise<Answer>((resolve, reject) => {
      const options = { host: HOST, port: server.port, method, path, rejectUnauthorized: false, agent: false };
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
  return { server, routes, metrics, certificates, ask };
}

function open(t: TestContext, port: number, servername = 'example.test'): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: HOST, port, servername, rejectUnauthorized: false }, () => resolve(socket));
    socket.on('error', reject);
    t.after(() => socket.destroy());
  });
}

/** All that comes until the other end closes. */
async function rest(socket: TLSSocket): Promise<string> {
  let text = '';
  for await (const piece of socket.setEncoding('utf8')) text += piece;
  return text;
}

test('the longest path has a request, and below it is on the border of a segment', async (t) => {
  const { routes, ask } = await start(t);
  const say = (word: string) => routes.handle(word, (_request, response) => void response.end(word));
  say('/a');
  const withdraw = say('/a/b');
  assert.equal((await ask('GET', '/a/b/c?d=/x')).body, '/a/b');
  assert.equal((await ask('GET', '/a/bc')).body, '/a');
  assert.equal((await ask('GET', '/ab')).status, 404);
  withdraw();
  assert.equal((await ask('GET', '/a/b')).body, '/a');
  assert.throws(() => say('/a'), /has a handler already/);
});

test('errors are JSON objects with one sentence, and an unexpected one tells no more than where to look', async (t) => {
  const { routes, ask } = await start(t);
  const raise = (path: string, error: Error) =>
    routes.handle(path, async () => {
      throw error;
    });
  raise('/failure', new Failure('forbidden', 'not for you'));
  raise('/http', new HttpError(415, 'not this'));
  raise('/bug', new TypeError('of no interest'));
  const failure = await ask('GET', '/failure');
  assert.deepEqual([failure.status, JSON.parse(failure.body)], [403, { error: 'not for you', kind: 'forbidden' }]);
  const http = await ask('GET', '/http');
  assert.deepEqual([http.status, JSON.parse(http.body)], [415, { error: 'not this' }]);
  const bug = await ask('GET', '/bug');
  assert.equal(bug.status, 500);
  assert.match(bug.body, /"an internal error; the log has it as \w+"/);
  const nothing = await ask('PUT', '/nowhere');
  assert.deepEqual([nothing.status, JSON.parse(nothing.body)], [404, { error: 'nothing is at PUT /nowhere' }]);
});

test('a body above the limit is refused, whether its length was told or not', async (t) => {
  const { routes, ask, server } = await start(t);
  routes.handle('/echo', async (_request, response, readBody) => void response.end(await readBody()));
  assert.equal((await ask('PUT', '/echo', 'x'.repeat(1024))).body.length, 1024);
  assert.equal((await ask('PUT', '/echo', 'x'.repeat(1025))).status, 413);
  const socket = await open(t, server.port);
  socket.write('PUT /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
  socket.write(`401\r\n${'x'.repeat(1025)}\r\n`);
  assert.match(await rest(socket), /^HTTP\/1\.1 413 /);
});

test('headers above the limit and what is no HTTP are refused with a sentence', async (t) => {
  const { server } = await start(t);
  const large = await open(t, server.port);
  large.write(`GET / HTTP/1.1\r\nHost: a\r\nA: ${'x'.repeat(20_000)}\r\n\r\n`);
  assert.match(await rest(large), /^HTTP\/1\.1 431 .*16384 bytes"}$/s);
  const other = await open(t, server.port);
  other.write('REGISTER sip:example.test SIP/2.0\r\n\r\n');
  assert.match(await rest(other), /^HTTP\/1\.1 400 .*"this is no request of HTTP\/1\.1"}$/s);
});

test('SNI: a client is shown the certificate of the domain that it asks for', async (t) => {
  const { server } = await start(t);
  for (const name of ['example.test', 'other.test']) {
    const socket = await open(t, server.port, name);
    assert.equal(socket.getPeerX509Certificate()?.checkHost(name), name);
  }
});

test('one address may not have all connections, and a closed one makes room', async (t) => {
  const { server, metrics } = await start(t, { maxConnectionsPerAddress: 2 });
  const first = await open(t, server.port);
  await open(t, server.port);
  await assert.rejects(open(t, server.port));
  assert.match(await metrics.text(), /rollcall_https_refused_total\{reason="too-many-of-address"\} 1/);
  const closed = new Promise((resolve) => first.once('close', resolve));
  first.end();
  await closed;
  await open(t, server.port);
});

test('RFC 6455 §4.2.2: an upgrade goes to who speaks the subprotocol; others are told why not', async (t) => {
  const { server, routes } = await start(t, { maxConnectionsPerAddress: 1 });
  const seen: string[] = [];
  routes.onUpgrade('/sip', 'sip', (request, socket) => {
    seen.push(request.headers['sec-websocket-protocol']!);
    socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
    socket.on('data', (bytes: Buffer) => socket.write(bytes));
  });
  const ask = async (path: string, subprotocols: string) => {
    const socket = await open(t, server.port);
    const head = 'Host: a\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\n';
    socket.write(`GET ${path} HTTP/1.1\r\n${head}Sec-WebSocket-Protocol: ${subprotocols}\r\n\r\n`);
    return socket;
  };
  assert.match(await rest(await ask('/other', 'sip')), /^HTTP\/1\.1 404 /);
  assert.match(await rest(await ask('/sip', 'xmpp')), /^HTTP\/1\.1 400 .*none of the subprotocols/s);
  const socket = await ask('/sip', 'xmpp, sip');
  const next = () => new Promise<string>((resolve) => socket.once('data', (bytes) => resolve(String(bytes))));
  assert.match(await next(), /^HTTP\/1\.1 101 /);
  // It does not count any more: there is room for one connection of this address.
  await open(t, server.port);
  // Closing the port ends requests, not the WebSockets that somebody else has taken.
  await server.stop();
  socket.write('still here');
  assert.equal(await next(), 'still here');
  assert.deepEqual(seen, ['xmpp, sip']);
});

test('closing the port waits a moment for answers under way, and for nobody who is silent', async (t) => {
  const { server, routes, ask } = await start(t);
  let finish = (): void => {};
  const asked = new Promise<void>((resolve) => {
    routes.handle('/slow', (_request, response) => {
      finish = () => response.end('done');
      resolve();
    });
  });
  const answer = ask('GET', '/slow');
  const silent = rest(await open(t, server.port)).catch(() => '');
  await asked;
  const stopped = server.stop();
  finish();
  assert.equal((await answer).body, 'done');
  await stopped;
  assert.equal(await silent, '');
});
