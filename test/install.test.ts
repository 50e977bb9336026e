/**
 * The whole way of an installation, each step in a process of its own: a publisher beside a Unified CM that it reaches by
 * AXL, its topology, a subscriber that joins, the end of the setup. Processes are killed on the way without warning.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from 'node:tls';
import { readRequest, writeAnswer } from '#time/server-answer.ts';
import { ADMINISTRATOR, NOBODY, startAxl } from './support/axl-server.ts';
import { freeOffset } from './support/free-ports.ts';

const ROLLCALL = join(import.meta.dirname, '../bin/rollcall');
const PORTS = [5222, 5223, 5060, 5061, 5280, 5281, 8443, 8444];
const HOST = '127.0.0.1';
const SECURITY_PASSWORD = 'open-sesame';

function newFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'install-'));
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

/** Runs the program to its end, or kills it after a while. */
async function rollcall(args: readonly string[], { input = '', killAfterMs = 0 } = {}) {
  // Its own group: the wrapper and the program die together.
  const child = spawn(ROLLCALL, args, { detached: true });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    err += chunk;
  });
  child.stdin.on('error', () => undefined).end(input);
  const closed = once(child, 'close');
  if (killAfterMs > 0) {
    await Promise.race([closed, delay(killAfterMs)]);
    try {
      process.kill(-child.pid!, 'SIGKILL');
    } catch {
      // It was quicker.
    }
  }
  const [code] = (await closed) as [number | null];
  return { code, out, err };
}

async function start(t: TestContext, data: string) {
  const offset = await freeOffset(PORTS);
  const child = spawn(ROLLCALL, [
    'start',
    '--json',
    '--data',
    data,
    '--port-offset',
    `${offset}`,
    '--set',
    'log.level=error',
  ]);
  let err = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    err += chunk;
  });
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  };
  t.after(stop);
  let out = '';
  for await (const chunk of child.stdout) {
    out += chunk;
    if (out.endsWith('\n}\n')) return { ports: JSON.parse(out).ports as Record<string, number>, stop };
  }
  throw new Error(`it did not start: ${err}`);
}

function writeAnswers(folder: string, name: string, answers: unknown): string {
  const file = join(folder, name);
  writeFileSync(file, JSON.stringify(answers));
  return file;
}

/** An NTP server of stratum 2. @returns its port */
async function startTimeServer(t: TestContext): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, HOST);
  await once(socket, 'listening');
  const standing = {
    ...{ leap: 0, stratum: 2, referenceId: 0x0a01_0101, referenceAt: Date.now(), rootDelayMs: 1, rootDispersionMs: 1 },
  } as const;
  socket.on('message', (bytes, { port }) => {
    const now = Date.now();
    socket.send(writeAnswer(readRequest(bytes)!, standing, now, now), port, HOST);
  });
  t.after(() => socket.close());
  return socket.address().port;
}

function fingerprintAt(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: HOST, port, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()!.fingerprint256);
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

test('a publisher is installed beside a Unified CM, or told what is wrong, and serves nobody until its setup is finished', async (t) => {
  await using axl = await startAxl();
  const folder = newFolder(t);
  const data = join(folder, 'data');
  const ntpPort = await startTimeServer(t);
  const fingerprint = await fingerprintAt(axl.port);
  writeFileSync(join(folder, 'axl-password'), `${ADMINISTRATOR.password}\n`);
  const callManager = {
    host: HOST,
    port: axl.port,
    user: ADMINISTRATOR.name,
    password: { file: 'axl-password' },
    fingerprint,
  };
  const answers = {
    ...{
      role: 'publisher',
      domain: 'example.test',
      node: 'imp-pub',
      releaseLine: '9.0',
      securityPassword: SECURITY_PASSWORD,
    },
    ...{ callManager, ntp: [`${HOST}:${ntpPort}`] },
  };
  const install = async (changed: object) => {
    const file = writeAnswers(folder, 'answers.json', { ...answers, ...changed });
    return rollcall(['install', '--answers', file, '--data', data]);
  };
  const manager = (changed: object) => ({ callManager: { ...callManager, ...changed } });
  const refusals: [changed: object, message: RegExp][] = [
    [manager({ fingerprint: undefined }), new RegExp(`nobody vouches for it .*fingerprint is ${fingerprint}`)],
    [manager({ fingerprint: '00'.repeat(32) }), /another than the one that was given/],
    [manager({ password: 'wrong' }), /\(401\)[\s\S]*Correct user and password/],
    [manager({ user: NOBODY.name, password: NOBODY.password }), /\(403\)[\s\S]*Standard AXL API Access/],
    [manager({ port: ntpPort }), /does not answer/],
    [
      { releaseLine: '9.1' },
      /presence server is 9\.1\.\S+ and the call manager 9\.0\.1\.10000-37: the minor release differs/,
    ],
    [{ ntp: [] }, /no NTP server is given/],
    [{ ntp: ['192.0.2.1'], callManager: { ...callManager } }, /at least 3 servers/],
  ];
  for (const [changed, message] of refusals) {
    const { code, err } = await install(changed);
    assert.equal(code, 1, err);
    assert.match(err, message);
    assert.match(err, /Nothing was installed/);
    assert.equal(existsSync(data), false);
  }

  const installed = await install({});
  assert.equal(installed.code, 0, installed.err);
  for (const file of ['settings.yaml', 'installation.json', 'server.json'])
    assert.ok(!readFileSync(join(data, file), 'utf8').includes(ADMINISTRATOR.password), file);

  const at = ['--data', data];
  const locked = await start(t, data);
  assert.deepEqual(
    Object.keys(locked.ports).filter((name) => /xmpp|sip|https/.test(name)),
    [],
  );
  const refused = await rollcall(['role', 'assign', 'admin', 'monitor', ...at]);
  assert.match(refused.err, /the setup of this node is not finished; run "rollcall setup finish"/);
  const ready = await fetch(`http://${HOST}:${locked.ports.http}/readyz`);
  assert.equal(ready.status, 503);
  assert.match(await ready.text(), /rollcall setup finish/);
  for (let twice = 0; twice < 2; twice++) assert.equal((await rollcall(['setup', 'finish', ...at])).code, 0);
  const status = JSON.parse((await rollcall(['status', '--json', ...at])).out);
  assert.ok(status.ports.xmpp > 0 && status.ports.sip > 0 && status.ports.https > 0);
  // From now on the time is the Unified CM's, whatever was given.
  const servers = await rollcall(['utils', 'ntp', 'server', 'list', ...at]);
  assert.match(servers.out, new RegExp(HOST));
  assert.doesNotMatch(servers.out, new RegExp(`:${ntpPort}`));
  await locked.stop();
  const again = await start(t, data);
  assert.ok(again.ports.xmpp! > 0, 'a finished setup stays finished');
});

test('a subscriber is entered, joins and is installed, however often either of the two is killed on the way', async (t) => {
  const folder = newFolder(t);
  const [publisher, subscriber] = [join(folder, 'pub'), join(folder, 'sub')];
  const answers = {
    ...{ role: 'publisher', domain: 'example.test', node: 'imp-pub', callManager: 'embedded', finish: true },
    securityPassword: SECURITY_PASSWORD,
  };
  const publisherFile = writeAnswers(folder, 'publisher.json', answers);
  const [code] = await untilInstalled(['install', '--answers', publisherFile, '--data', publisher]);
  assert.equal(code, 0);

  const { ports } = await start(t, publisher);
  assert.ok(ports.xmpp! > 0);
  const added = await rollcall([
    'topology',
    'add-node',
    'imp-sub',
    '--subcluster',
    'DefaultCUPSubcluster',
    '--json',
    '--data',
    publisher,
  ]);
  const { joinPort } = JSON.parse(added.out);
  const join_ = (securityPassword: string) => {
    const given = {
      ...{ role: 'subscriber', domain: 'example.test', node: 'imp-sub', securityPassword },
      publisher: { host: HOST, port: joinPort },
    };
    return ['install', '--answers', writeAnswers(folder, 'subscriber.json', given), '--data', subscriber];
  };
  const wrong = await rollcall(join_('open-sesame-2'));
  assert.equal(wrong.code, 1);
  assert.match(wrong.err, /security password mismatch/);
  assert.equal(existsSync(subscriber), false);

  const [joined] = await untilInstalled(join_(SECURITY_PASSWORD));
  assert.equal(joined, 0);
  const { nodes } = JSON.parse((await rollcall(['topology', 'show', '--json', '--data', publisher])).out);
  assert.deepEqual(
    nodes.map(({ name, state, subcluster }: Record<string, string>) => [name, state, subcluster]),
    [
      ['imp-pub', 'installed', 'DefaultCUPSubcluster'],
      ['imp-sub', 'installed', 'DefaultCUPSubcluster'],
    ],
  );
  const certificate = new X509Certificate(readFileSync(join(subscriber, 'cluster/certificate.pem')));
  const authority = new X509Certificate(readFileSync(join(publisher, 'cluster/authority.pem')));
  assert.ok(certificate.verify(authority.publicKey));
  // What was refused and what was done is on record, without the password.
  const audit = (await rollcall(['audit', 'list', '--json', '--data', publisher])).out;
  assert.match(audit, /topology\.join/);
  assert.ok(!audit.includes(SECURITY_PASSWORD));
  const waiting = await start(t, subscriber);
  assert.deepEqual(
    Object.keys(waiting.ports).filter((name) => /xmpp|sip/.test(name)),
    [],
  );
  const status = await rollcall(['setup', 'status', '--data', subscriber]);
  assert.match(status.out, /has joined the cluster of imp-pub/);
});

/** Kills the program later and later, then lets it come to its end. @returns the last exit code, and what was printed */
async function untilInstalled(args: readonly string[]): Promise<[code: number | null, err: string]> {
  for (let killAfterMs = 300; killAfterMs <= 1500; killAfterMs += 100) {
    const { code, err } = await rollcall(args, { killAfterMs });
    if (code !== null) return endOf(code, err);
  }
  const { code, err } = await rollcall(args);
  return endOf(code, err);
}

/** One that was killed when all was done, and before it had ended, is told so by the next. */
function endOf(code: number | null, err: string): [code: number | null, err: string] {
  return err.includes('is installed in') ? [0, err] : [code, err];
}
