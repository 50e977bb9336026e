import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { connect } from 'node:tls';
import { Failure } from '#base/failure.ts';
import { Settings } from '#base/loaded-settings.ts';
import { silentLog } from '#base/log.ts';
import { settingsTemplate } from '#base/settings-template.ts';
import { type RunningServer, type ServerOptions, settingsGroups, startServer } from '#main.ts';
import { freeOffset, isFree } from './support/free-ports.ts';

const PORTS = [5222, 5223, 5280, 5281, 8443];

function newData(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'main-'));
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return join(folder, 'data');
}

async function start(t: TestContext, options: ServerOptions): Promise<RunningServer> {
  const server = await startServer({ log: silentLog(), portOffset: await freeOffset(PORTS), ...options });
  t.after(() => server.stop());
  return server;
}

const get = (server: RunningServer, path: string) =>
  fetch(`http://127.0.0.1:${server.ports.http}${path}`, { headers: { connection: 'close' } });

test('a first start makes an administrator whose password is told once; a second start is the same server', async (t) => {
  const data = newData(t);
  const first = await start(t, { data, domain: 'chat.example' });
  assert.equal(first.administrator?.address, 'admin@chat.example');
  assert.equal((await first.accounts.find('admin@chat.example'))?.admin, true);
  assert.deepEqual(first.demo, []);
  await first.stop();
  const second = await start(t, { data });
  assert.equal(second.domain, 'chat.example');
  assert.equal(second.administrator, undefined);
  assert.equal((await second.accounts.list()).length, 1);
});

test('the demo makes five people, once, and tells their passwords each time', async (t) => {
  const data = newData(t);
  const first = await start(t, { data, domain: 'chat.example', demo: true });
  assert.equal(first.demo.length, 5);
  assert.equal((await first.accounts.list()).length, 6);
  const told = first.demo;
  await first.stop();
  const second = await start(t, { data, demo: true });
  assert.deepEqual(second.demo, told);
  assert.equal((await second.accounts.list()).length, 6);
});

test('health and figures are told over HTTP, and nothing else is', async (t) => {
  const server = await start(t, { data: newData(t), domain: 'chat.example' });
  assert.deepEqual(await (await get(server, '/healthz')).json(), { status: 'alive' });
  const ready = await get(server, '/readyz');
  assert.equal(ready.status, 200);
  assert.deepEqual(await ready.json(), { status: 'ready', problems: [] });
  const figures = await get(server, '/metrics');
  assert.match(figures.headers.get('content-type') ?? '', /^text\/plain/);
  assert.match(await figures.text(), /^process_resident_memory_bytes \d+/m);
  const other = await get(server, '/commands/user.list');
  assert.equal(other.status, 404);
  assert.deepEqual(await other.json(), { error: 'nothing is at GET /commands/user.list' });
});

test('a store that keeps nothing makes the server not ready, with the reason', async (t) => {
  const server = await start(t, { data: newData(t), domain: 'chat.example' });
  const failing = { state: 'failing' as const, reason: 'the disk is full' };
  t.mock.method(server.node.database, 'health', () => failing);
  const answer = await get(server, '/readyz');
  assert.equal(answer.status, 503);
  assert.deepEqual(await answer.json(), {
    status: 'failing',
    problems: [{ what: 'store', reason: 'the disk is full' }],
  });
});

test('the HTTP port moves while the server runs, and the log’s level changes', async (t) => {
  const data = newData(t);
  const server = await start(t, { data, domain: 'chat.example' });
  const before = server.ports.http!;
  writeFileSync(join(data, 'settings.yaml'), 'http: { port: 0 }\nlog: { level: debug }\n');
  assert.equal(server.reload(), true);
  assert.equal(server.node.log.level, 'debug');
  while (server.ports.http === before || server.ports.http === 0) await new Promise(setImmediate);
  assert.equal((await get(server, '/healthz')).status, 200);
  await assert.rejects(fetch(`http://127.0.0.1:${before}/healthz`));
});

test('the HTTPS port closes, opens and moves while the server runs; other settings of it leave connections alone', async (t) => {
  const data = newData(t);
  const server = await start(t, { data, domain: 'chat.example' });
  const before = server.ports.https!;
  const set = (text: string) => {
    writeFileSync(join(data, 'settings.yaml'), text);
    assert.equal(server.reload(), true);
  };
  set('https: { port: 0 }\n');
  while (server.ports.https !== undefined) await new Promise(setImmediate);
  assert.equal(await isFree(before), true);
  const offset = before - 5281;
  let port = before + 1;
  while (!(await isFree(port))) port++;
  set(`https: { port: ${port - offset} }\n`);
  while (server.ports.https === undefined) await new Promise(setImmediate);
  assert.equal(server.ports.https, port);
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  set(`https: { port: ${port - offset}, maxBodyBytes: 2048 }\n`);
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.match(String((await once(socket, 'data'))[0]), /^HTTP\/1\.1 404 /);
  socket.destroy();
});

test('a start that fails leaves nothing running, and says what to do', async (t) => {
  const data = newData(t);
  const portOffset = await freeOffset(PORTS);
  const first = await start(t, { data, domain: 'chat.example', portOffset });
  await assert.rejects(startServer({ data, portOffset: await freeOffset(PORTS), log: silentLog() }), Failure);
  const other = newData(t);
  await assert.rejects(
    startServer({ data: other, domain: 'b.example', portOffset, log: silentLog() }),
    /EADDRINUSE.*--port-offset/,
  );
  await first.stop();
  const again = await start(t, { data: other, portOffset });
  assert.equal(again.domain, 'b.example');
});

test('the control socket is its owner’s alone, and a left-over one is no obstacle', async (t) => {
  const data = newData(t);
  const first = await start(t, { data, domain: 'chat.example' });
  assert.equal(statSync(join(data, 'control.sock')).mode & 0o777, 0o600);
  await first.stop();
  writeFileSync(join(data, 'control.sock'), '');
  await start(t, { data });
});

test('the settings file of a first start holds every setting, as a comment and as a line that could be used', (t) => {
  const file = newData(t);
  const template = settingsTemplate(settingsGroups);
  writeFileSync(file, template);
  assert.ok(
    Settings.load({ groups: settingsGroups, file })
      .effective()
      .every(({ source }) => source === 'default'),
  );
  const [head = '', ...rest] = template.split('\n\n');
  assert.ok(head.startsWith('# Settings.'));
  writeFileSync(file, rest.join('\n').replaceAll(/^# /gm, ''));
  const used = Settings.load({ groups: settingsGroups, file }).effective();
  assert.ok(
    used.every(
      ({ source, secret, value, default: initial }) =>
        source === 'file' && (secret || JSON.stringify(value) === JSON.stringify(initial)),
    ),
  );
  assert.ok(readFileSync(file, 'utf8').includes('port: 5280'));
});
