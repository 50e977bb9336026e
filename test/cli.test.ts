import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { freeOffset } from './support/free-ports.ts';

const ROLLCALL = join(import.meta.dirname, '../bin/rollcall');
const PORTS = [5222, 5223, 5280, 5281, 8443];

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

function newFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'cli-'));
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

async function rollcall(
  args: string[],
  { input = '', cwd = tmpdir(), env = {}, program = ROLLCALL } = {},
): Promise<Ended> {
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env } });
  const [out, err] = [text(child.stdout), text(child.stderr)];
  child.stdin.on('error', () => undefined).end(input);
  const [code] = await once(child, 'close');
  return { code, out: out(), err: err() };
}

function text(stream: NodeJS.ReadableStream): () => string {
  let all = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    all += chunk;
  });
  return () => all;
}

interface Started {
  child: ChildProcess;
  ready: {
    domain: string;
    ports: Record<string, number>;
    administrator?: { address: string; password: string };
    demo: unknown[];
  };
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** `rollcall start --json`, ready. */
async function start(t: TestContext, ...args: string[]): Promise<Started> {
  const portOffset = `${await freeOffset(PORTS)}`;
  const child = spawn(ROLLCALL, ['start', '--json', '--port-offset', portOffset, ...args]);
  const err = text(child.stderr);
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    child.kill(signal);
    return (await once(child, 'exit'))[0];
  };
  t.after(() => stop('SIGKILL'));
  let out = '';
  for await (const chunk of child.stdout) {
    out += chunk;
    if (out.endsWith('\n}\n')) return { child, ready: JSON.parse(out), stop };
  }
  throw new Error(`it did not start: ${err()}`);
}

test('people are added, listed, disabled and removed while the server runs, and while it does not', async (t) => {
  const data = join(newFolder(t), 'data');
  const at = ['--data', data];
  const server = await start(t, ...at, '--domain', 'chat.example');
  assert.equal(server.ready.administrator?.address, 'admin@chat.example');

  const life = async (name: string) => {
    const address = `${name}@chat.example`;
    assert.deepEqual(await rollcall(['user', 'add', name, '--password-stdin', ...at], { input: 'rosebud\n' }), {
      code: 0,
      out: `${address} may sign in now.\n`,
      err: '',
    });
    const again = await rollcall(['user', 'add', address, '--password-stdin', ...at], { input: 'rosebud' });
    assert.deepEqual([again.code, again.err], [1, `rollcall: ${address} exists already\n`]);
    assert.equal(
      (await rollcall(['user', 'passwd', name, '--password-stdin', ...at], { input: 'Xanadu\r\n' })).code,
      0,
    );
    assert.equal((await rollcall(['user', 'disable', name, ...at])).code, 0);
    const listed = JSON.parse((await rollcall(['user', 'list', '--json', ...at])).out);
    assert.deepEqual(listed, [
      { address: 'admin@chat.example', admin: true, enabled: true },
      { address, admin: false, enabled: false },
    ]);
    assert.equal((await rollcall(['user', 'enable', name, ...at])).out, `${address} may sign in again.\n`);
    assert.equal((await rollcall(['user', 'remove', name, ...at])).code, 0);
    const gone = await rollcall(['user', 'remove', name, '--json', ...at]);
    assert.equal(gone.code, 1);
    assert.deepEqual(JSON.parse(gone.out), { error: `there is no account ${address}`, kind: 'not-found' });
  };
  await life('romeo');
  const status = JSON.parse((await rollcall(['status', '--json', ...at])).out);
  assert.deepEqual([status.running, status.domain, status.problems], [true, 'chat.example', []]);
  assert.equal(status.ports.http, server.ready.ports.http);
  assert.equal(await server.stop(), 0);
  await life('juliet');
});

test('a second start is the same server; another domain is refused', async (t) => {
  const data = join(newFolder(t), 'data');
  const first = await start(t, '--data', data, '--domain', 'chat.example', '--demo');
  assert.equal(first.ready.demo.length, 5);
  assert.equal(await first.stop('SIGINT'), 0);
  const second = await start(t, '--data', data);
  assert.equal(second.ready.domain, 'chat.example');
  assert.equal(second.ready.administrator, undefined);
  const meanwhile = await rollcall(['start', '--data', data, '--port-offset', `${await freeOffset(PORTS)}`]);
  assert.equal(meanwhile.code, 1);
  assert.match(meanwhile.err, /^rollcall: .*(in use|runs|another)/);
  await second.stop();
  const other = await rollcall(['start', '--data', data, '--domain', 'other.example']);
  assert.equal(other.code, 1);
  assert.match(other.err, /^rollcall: .* belongs to the server of chat\.example.*--data\n$/);
});

test('a server that was killed starts again, and its left-over socket misleads nobody', async (t) => {
  const data = join(newFolder(t), 'data');
  const first = await start(t, '--data', data, '--domain', 'chat.example');
  await first.stop('SIGKILL');
  const status = await rollcall(['status', '--data', data]);
  assert.deepEqual([status.code, status.out], [1, `No server runs on ${data}.\n`]);
  assert.equal((await rollcall(['user', 'list', '--data', data])).code, 0);
  const second = await start(t, '--data', data);
  assert.equal(await second.stop(), 0);
});

test('what is printed for a person says what to open and how to sign in, and no log line stands in between', async (t) => {
  const data = join(newFolder(t), 'data');
  const child = spawn(ROLLCALL, [
    'start',
    '--data',
    data,
    '--domain',
    'chat.example',
    '--demo',
    '--port-offset',
    `${await freeOffset(PORTS)}`,
  ]);
  t.after(() => child.kill('SIGKILL'));
  let out = '';
  for await (const chunk of child.stdout) {
    out += chunk;
    if (out.includes('Ctrl-C\n')) break;
  }
  assert.match(out, /Rollcall \d+\.\d+\.\d+ is ready\./);
  assert.match(out, /admin@chat\.example +\w{4}-\w{4}-\w{4}-\w{4} +administrator; shown this once/);
  assert.equal(out.match(/@chat\.example +\w{4}-/g)?.length, 6);
  assert.match(out, /http:\/\/127\.0\.0\.1:\d+\/readyz/);
  assert.match(out, /([0-9A-F]{2}:){15}[0-9A-F]{2}/);
  assert.doesNotMatch(out, /"level"/);
});

test('what cannot be understood ends with 2 and a hint, what fails with 1, help with 0', async (t) => {
  const data = join(newFolder(t), 'data');
  const codes = async (...args: string[]) => (await rollcall([...args])).code;
  assert.equal(await codes('user', 'add'), 2);
  assert.equal(await codes('stat'), 2);
  assert.equal(await codes('start', '--port-offset', '-1'), 2);
  assert.equal(await codes('start', '--set', 'nonsense'), 2);
  assert.equal(await codes('settings', 'no.such.name', '--data', data), 2);
  const none = await rollcall(['user', 'list', '--data', data]);
  assert.equal(none.code, 1);
  assert.match(none.err, /holds no server yet; make one with "rollcall start --data/);
  const noTerminal = await rollcall(['user', 'add', 'a', '--data', data]);
  assert.deepEqual([noTerminal.code, noTerminal.err.includes('--password-stdin')], [2, true]);
  for (const args of [[], ['user'], ['user', 'add'], ['start'], ['status'], ['check'], ['settings']]) {
    const help = await rollcall([...args, '--help']);
    assert.equal(help.code, 0, args.join(' '));
    assert.match(help.out, /^Usage: rollcall/);
  }
  assert.match((await rollcall(['--version'])).out, /^\d+\.\d+\.\d+\n$/);
});

test('check finds what is wrong, and says what to do about it', async (t) => {
  const data = join(newFolder(t), 'data');
  const server = await start(t, '--data', data, '--domain', 'chat.example');
  type Finding = { what: string; state: string; message: string; cure?: string };
  const check = async (...args: string[]) => {
    const { code, out } = await rollcall(['check', '--json', '--data', data, ...args]);
    return { code, found: JSON.parse(out) as Finding[] };
  };
  const running = await check();
  assert.equal(running.code, 0, JSON.stringify(running.found));
  assert.ok(running.found.some(({ message }) => message.includes('the server listens on it')));
  await server.stop();

  const taken = createServer().listen(0, '127.0.0.1');
  t.after(() => taken.close());
  await once(taken, 'listening');
  const { port } = taken.address() as { port: number };
  writeFileSync(join(data, 'settings.yaml'), `http: { port: ${port} }\n`);
  const busy = await check();
  assert.equal(busy.code, 1);
  const finding = busy.found.find(({ what }) => what === `port ${port}`);
  assert.deepEqual([finding?.state, finding?.message], ['failed', 'HTTP cannot listen on it: another program has it']);
  assert.ok(finding?.cure);

  writeFileSync(join(data, 'settings.yaml'), 'http: { prot: 1 }\n');
  writeFileSync(join(data, 'tls/chat.example/certificate.pem'), 'nonsense');
  const broken = (await check()).found.filter(({ state }) => state === 'failed');
  assert.deepEqual(
    broken.map(({ message }) => message),
    ['settings.yaml:1: unknown key http.prot; did you mean port?'],
  );
  writeFileSync(join(data, 'settings.yaml'), '');
  assert.ok(
    (await check()).found.some(({ what, state }) => what === 'certificate of chat.example' && state === 'failed'),
  );
});

test('settings are shown with where each is from', async (t) => {
  const data = join(newFolder(t), 'data');
  const env = { ROLLCALL_LOG_LEVEL: 'warn' };
  const before = await rollcall(['settings', 'log', '--data', data], { env });
  assert.match(before.out, /^log\.level: warn\n {2}The least severe.*\n {2}From: environment\. Default: info\./);
  const server = await start(t, '--data', data, '--domain', 'chat.example', '--set', 'log.level=error');
  const during = JSON.parse((await rollcall(['settings', 'log.level', '--json', '--data', data])).out);
  assert.deepEqual([during[0].value, during[0].source], ['error', 'command line']);
  await server.stop();
});

test('the program finds its checkout through links and from any folder', async (t) => {
  const folder = newFolder(t);
  symlinkSync(ROLLCALL, join(folder, 'first'));
  symlinkSync('first', join(folder, 'second'));
  const { code, out } = await rollcall(['--help'], { program: join(folder, 'second'), cwd: '/' });
  assert.equal(code, 0);
  assert.match(out, /^Usage: rollcall/);
});
