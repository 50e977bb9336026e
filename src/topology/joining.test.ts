/**
 * A subscriber joins over TLS: each side proves the security password on this one connection. Every refusal has its cause
 * and its cure; who stands between, guesses, or breaks off gets nothing.
 */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect as connectPlain } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { connect, createServer, type TLSSocket } from 'node:tls';
import fc from 'fast-check';
import { throttleSettings } from '#accounts/settings.ts';
import { Throttle, type ThrottleSettings } from '#accounts/throttle.ts';
import { Failure } from '#base/failure.ts';
import { silentLog } from '#base/log.ts';
import { migrate } from '#store/migrate.ts';
import { topology as tables } from '#store/migrations/0014-topology.ts';
import { openSqlite } from '#store/sqlite.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { until } from '../../test/support/until.ts';
import { Authority, certificateRequest } from './authority.ts';
import { AUTHORITY, AUTHORITY_KEY, type ClusterFiles, NODE_CERTIFICATE, NODE_KEY } from './cluster-files.ts';
import { JoinChannel } from './join-channel.ts';
import { joinCluster, renewCertificate } from './join-cluster.ts';
import { JoinListener } from './join-listener.ts';
import { LineReader, MAX_LINE_BYTES, readSubscriberMessage, writeMessage } from './join-messages.ts';
import { keepCertificate } from './membership.ts';
import { deriveSecurityKey, SecurityPassword } from './security-password.ts';
import { Topology } from './topology.ts';

const HOST = '127.0.0.1';
const PASSWORD = 'open-sesame';
const RELEASE = '9.0.1.10100-1';
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

class MemoryFiles extends Map<string, string> implements ClusterFiles {
  read(name: string): string | undefined {
    return this.get(name);
  }
  replace(name: string, content: string): void {
    this.set(name, content);
  }
}

async function startPublisher(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'joining-'));
  const clock = new FakeClock(Date.now());
  const database = await openSqlite(join(folder, 'store.db'));
  await migrate(database, [{ ...tables, version: 1 }], clock);
  const topology = new Topology({ database, clock, settings: { maxNodes: 6, maxSubclusters: 3 } });
  await topology.ensurePublisher('imp-pub', RELEASE);
  const password = new SecurityPassword(database, clock);
  const shape = Object.entries(throttleSettings.shape).map(([name, setting]) => [name, setting.default]);
  const throttle = new Throttle(clock, Object.fromEntries(shape) as ThrottleSettings);
  const time = { ok: true, why: '' };
  const records: string[] = [];
  const files = new MemoryFiles();
  const listener = await JoinListener.start({
    ...{ topology, password, throttle, clock, files, release: RELEASE, domain: 'example.test', host: HOST, port: 0 },
    log: silentLog(),
    clockInSync: () => time,
    record: {
      begin: async ({ node }) => records.push(`${node} begun`),
      end: async ({ node }, begun, outcome) => void records.push(`${node} ${outcome} ${begun}`),
      refuse: async ({ node }) => void records.push(`${node} refused`),
    },
  });
  t.after(async () => {
    await listener.stop();
    await database.close();
    rmSync(folder, { recursive: true });
  });
  /** The node's own files, kept between attempts. */
  const node = (name = 'imp-sub', release = RELEASE) => ({ name, release, files: new MemoryFiles(), clock });
  return { clock, topology, password, time, records, files, listener, node };
}

/** As above, with a subscriber in the topology and the password set. */
async function startReady(t: TestContext) {
  const publisher = await startPublisher(t);
  await publisher.topology.addNode('imp-sub');
  await publisher.password.put(PASSWORD);
  await publisher.listener.update();
  const at = { host: HOST, port: publisher.listener.port };
  return { ...publisher, at };
}

function openTls(port: number, host = HOST): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, rejectUnauthorized: false, minVersion: 'TLSv1.3' }, () => resolve(socket));
    socket.once('error', reject);
  });
}

test('the port is open only while there are subscribers and a security password', async (t) => {
  const { listener, topology, password } = await startPublisher(t);
  assert.equal(listener.port, 0);
  await topology.addNode('imp-sub');
  await listener.update();
  assert.equal(listener.port, 0);
  await password.put(PASSWORD);
  await listener.update();
  assert.notEqual(listener.port, 0);
  await topology.removeNode('imp-sub');
  await listener.update();
  assert.equal(listener.port, 0);
  assert.equal(listener.problem, undefined);
});

test('a listed node that knows the security password is given a certificate of the cluster for its own key', async (t) => {
  const { at, node, topology, records, clock, files } = await startReady(t);
  const own = node();
  const membership = await joinCluster(at, own, PASSWORD);
  assert.equal(membership.publisher, 'imp-pub');
  const certificate = new X509Certificate(own.files.get(NODE_CERTIFICATE)!);
  const authority = new X509Certificate(own.files.get(AUTHORITY)!);
  assert.ok(certificate.verify(authority.publicKey) && certificate.checkIssued(authority));
  assert.equal(certificate.checkHost('imp-sub'), 'imp-sub');
  assert.ok(authority.ca && !certificate.ca);
  const days = (membership.certificateEndsAt - clock.now()) / DAY_MS;
  assert.ok(days > 396 && days <= 397, String(days));
  const listed = await topology.node('imp-sub');
  assert.deepEqual([listed?.state, listed?.release, listed?.address], ['installed', RELEASE, HOST]);
  assert.equal(listed?.certificate, certificate.fingerprint256.replaceAll(':', '').toLowerCase());
  assert.deepEqual(records, ['imp-sub begun', 'imp-sub done 1']);
  // What is secret stays where it was made.
  assert.ok(![...own.files.values()].includes(files.get(AUTHORITY_KEY)!));
});

const refusals: [title: string, prepare: Parameters<typeof refused>[1], kind: Failure['kind'], text: RegExp][] = [
  [
    'a wrong security password',
    async ({ at, node }) => joinCluster(at, node(), 'open-sesame-2'),
    'forbidden',
    /security password mismatch: .*give the one that the publisher was given/,
  ],
  [
    'a node that is not in the topology',
    async ({ at, node }) => joinCluster(at, node('stranger'), PASSWORD),
    'not-found',
    /stranger is not in the system topology; enter it on the publisher first, with "rollcall topology add-node stranger"/,
  ],
  [
    'a node that calls itself the publisher',
    async ({ at, node }) => joinCluster(at, node('imp-pub'), PASSWORD),
    'not-found',
    /imp-pub is not in the system topology/,
  ],
  [
    'a node of another release, be it in its last part',
    async ({ at, node }) => joinCluster(at, node('imp-sub', '9.0.1.10100-2'), PASSWORD),
    'not-acceptable',
    /9\.0\.1\.10100-2 and 9\.0\.1\.10100-1 are not the same: the number differs; install 9\.0\.1\.10100-1 on this node/,
  ],
  [
    'a publisher whose clock is not in sync',
    async ({ at, node, time }) => {
      Object.assign(time, { ok: false, why: 'no NTP server answers' });
      return joinCluster(at, node(), PASSWORD);
    },
    'unavailable',
    /the clock of the publisher is not in sync: no NTP server answers; put it right/,
  ],
];

async function refused(t: TestContext, attempt: (world: Awaited<ReturnType<typeof startReady>>) => Promise<unknown>) {
  const world = await startReady(t);
  const error = await attempt(world).then(
    () => assert.fail('it was not refused'),
    (error: unknown) => error,
  );
  assert.ok(error instanceof Failure, String(error));
  const states = (await world.topology.show()).nodes.map(({ state, certificate }) => [state, certificate]);
  assert.deepEqual(states, [
    ['installed', ''],
    ['listed', ''],
  ]);
  await until('it is on record', async () => world.records.length > 0);
  assert.match(world.records.join(), /refused/);
  return error;
}

for (const [title, attempt, kind, text] of refusals) {
  test(`${title} is refused, with cause and cure, and leaves nothing`, async (t) => {
    const error = await refused(t, attempt);
    assert.equal(error.kind, kind);
    assert.match(error.message, text);
  });
}

test('a stranger without the password is not told which nodes there are', async (t) => {
  const { at, node } = await startReady(t);
  const messages = await Promise.all(
    ['imp-sub', 'stranger'].map((name) =>
      joinCluster(at, node(name), 'guess-1').catch((error: Error) => error.message),
    ),
  );
  assert.equal(messages[0], messages[1]);
});

test('who guesses the password has to wait; then the right one works', async (t) => {
  const { at, node, clock } = await startReady(t);
  const outcomes: string[] = [];
  for (let guess = 0; guess < 9; guess++)
    outcomes.push(await joinCluster(at, node(), `guess-${guess}`).then(String, (error: Failure) => error.kind));
  assert.ok(outcomes.includes('over-limit'), outcomes.join());
  assert.ok(outcomes.filter((one) => one === 'forbidden').length <= 6, outcomes.join());
  await assert.rejects(joinCluster(at, node(), PASSWORD), {
    kind: 'over-limit',
    message: /too often; try again in \d+ s/,
  });
  clock.advance(120_000);
  await joinCluster(at, node(), PASSWORD);
});

/** A certificate for the name of the publisher, from an authority that is not the cluster's. */
async function ofAnotherCluster() {
  const files = new MemoryFiles();
  const now = Date.now();
  const authority = await Authority.open(files, 'other.test', now);
  const { certificate } = await authority.issue(await certificateRequest(files, 'imp-pub'), 'imp-pub', now);
  return { key: files.get(NODE_KEY)!, certificate };
}

/** Ends TLS on both sides and passes on what it reads, as a proxy that looks inside does. */
async function manInTheMiddle(t: TestContext, port: number, alter = (text: string) => text) {
  const { key, certificate } = await ofAnotherCluster();
  const seen: string[] = [];
  const proxy = createServer({ key, cert: certificate, minVersion: 'TLSv1.3' }, async (victim) => {
    victim.on('error', () => {});
    const behind = await openTls(port);
    behind.on('error', () => {});
    t.after(() => behind.destroy());
    victim.on('data', (chunk: Buffer) => {
      seen.push(chunk.toString());
      behind.write(alter(chunk.toString()));
    });
    behind.on('data', (chunk: Buffer) => {
      seen.push(chunk.toString());
      victim.write(chunk);
    });
    behind.on('close', () => victim.end());
    victim.on('close', () => behind.end());
  });
  await new Promise<void>((resolve) => proxy.listen(0, HOST, resolve));
  t.after(() => proxy.close());
  return { host: HOST, port: (proxy.address() as { port: number }).port, seen };
}

test('a proxy that ends TLS in between and passes all on is refused, though the password is right', async (t) => {
  const { at, node, topology } = await startReady(t);
  const proxy = await manInTheMiddle(t, at.port);
  const own = node();
  await assert.rejects(joinCluster(proxy, own, PASSWORD), { kind: 'forbidden', message: /let no proxy end TLS/ });
  assert.ok(
    proxy.seen.some((text) => text.includes('"challenge"')),
    'it was in between',
  );
  assert.equal(own.files.get(NODE_CERTIFICATE), undefined);
  assert.equal((await topology.node('imp-sub'))?.state, 'listed');
  assert.ok(!proxy.seen.join().includes(PASSWORD));
});

test('who does not know the password cannot play the publisher: the node takes nothing from it', async (t) => {
  const { key, certificate } = await ofAnotherCluster();
  const fake = createServer({ key, cert: certificate, minVersion: 'TLSv1.3' }, async (socket) => {
    const channel = new JoinChannel(socket);
    const bytes = (length: number) => Buffer.alloc(length, 7).toString('base64');
    await channel.next();
    channel.send({ type: 'challenge', nonce: bytes(32), salt: bytes(16) });
    await channel.next();
    channel.send({ type: 'welcome', proof: bytes(32), publisher: 'imp-pub', release: RELEASE });
    await channel.next().catch(() => {});
  });
  await new Promise<void>((resolve) => fake.listen(0, HOST, resolve));
  t.after(() => fake.close());
  const files = new MemoryFiles();
  const own = { name: 'imp-sub', release: RELEASE, files, clock: new FakeClock() };
  const { port } = fake.address() as { port: number };
  await assert.rejects(joinCluster({ host: HOST, port }, own, PASSWORD), {
    kind: 'forbidden',
    message: /does not know the security password, so it is not the publisher/,
  });
  assert.equal(files.size, 0);
});

test('a node that breaks off at any step joins when it begins again', async (t) => {
  const { at, node, topology } = await startReady(t);
  const own = node();
  /** A node that goes away instead of saying its `step`th thing. */
  const breakOff = async (step: number) => {
    let said = 0;
    const send = JoinChannel.prototype.send;
    t.mock.method(JoinChannel.prototype, 'send', function (this: JoinChannel, message: Parameters<typeof send>[0]) {
      const isOurs = ['hello', 'proof', 'request', 'installed'].includes(message.type);
      if (isOurs && said++ === step) this.close();
      else send.call(this, message);
    });
    await assert.rejects(joinCluster(at, own, PASSWORD), { kind: 'unavailable' }, `step ${step}`);
    t.mock.restoreAll();
  };
  const states: (string | undefined)[] = [];
  for (let step = 0; step < 4; step++) {
    await breakOff(step);
    states.push((await topology.node('imp-sub'))?.state);
  }
  assert.deepEqual(states, ['listed', 'listed', 'listed', 'joining']);
  const key = own.files.get(NODE_KEY);
  await joinCluster(at, own, PASSWORD);
  assert.equal((await topology.node('imp-sub'))?.state, 'installed');
  assert.equal(own.files.get(NODE_KEY), key);
  await joinCluster(at, node(), PASSWORD);
  assert.equal((await topology.node('imp-sub'))?.state, 'installed', 'a machine that is set up anew joins again');
});

test('a certificate is renewed by showing the last one, without the password', async (t) => {
  const { at, node, topology, clock } = await startReady(t);
  const own = node();
  const { publisher } = await joinCluster(at, own, PASSWORD);
  const first = own.files.get(NODE_CERTIFICATE)!;
  // TLS goes by the machine's clock; this little a certificate allows for.
  clock.advance(HOUR_MS / 2);
  const { certificateEndsAt } = await renewCertificate(at, publisher, own);
  assert.notEqual(own.files.get(NODE_CERTIFICATE), first);
  const listed = await topology.node('imp-sub');
  assert.deepEqual([listed?.certificateEndsAt, listed?.state], [certificateEndsAt, 'installed']);
  // The first one, which somebody may have kept, is good for nothing more.
  own.files.set(NODE_CERTIFICATE, first);
  await assert.rejects(renewCertificate(at, publisher, own), { kind: 'forbidden', message: /install it again/ });
});

test('a renewal that broke off leaves the node with a certificate that is taken, on whichever side it ended', async (t) => {
  const { at, node, topology } = await startReady(t);
  const own = node();
  const { publisher } = await joinCluster(at, own, PASSWORD);
  const before = own.files.get(NODE_CERTIFICATE)!;
  const send = JoinChannel.prototype.send;
  t.mock.method(JoinChannel.prototype, 'send', function (this: JoinChannel, message: Parameters<typeof send>[0]) {
    if (message.type === 'installed') this.close();
    else send.call(this, message);
  });
  await assert.rejects(renewCertificate(at, publisher, own));
  t.mock.restoreAll();
  const after = own.files.get(NODE_CERTIFICATE)!;
  assert.notEqual(after, before);
  own.files.set(NODE_CERTIFICATE, before);
  await renewCertificate(at, publisher, own);
  assert.equal((await topology.node('imp-sub'))?.nextCertificate, '');
});

test('the publisher’s own certificate does not run out while it runs', async (t) => {
  const { at, clock, files } = await startReady(t);
  const shown = async () => {
    const socket = await openTls(at.port);
    const certificate = socket.getPeerX509Certificate()!;
    socket.destroy();
    return certificate;
  };
  const first = await shown();
  clock.advance(DAY_MS);
  await until('it has another', async () => (await shown()).fingerprint256 !== first.fingerprint256);
  assert.equal((await shown()).fingerprint256, new X509Certificate(files.get(NODE_CERTIFICATE)!).fingerprint256);
});

test('a subscriber has its certificate renewed in time, and tries again where that fails', async () => {
  const clock = new FakeClock();
  let endsAt = clock.now() + 40 * DAY_MS;
  let attempts = 0;
  const stop = keepCertificate({
    clock,
    log: silentLog(),
    settings: { renewDays: 30 },
    endsAt: () => endsAt,
    async renew() {
      attempts++;
      if (attempts === 1) throw new Failure('unavailable', 'the publisher is away');
      endsAt = clock.now() + 397 * DAY_MS;
    },
  });
  clock.advance(9 * DAY_MS);
  assert.equal(attempts, 0);
  clock.advance(DAY_MS);
  await until('it has tried', async () => attempts === 1);
  clock.advance(HOUR_MS);
  await until('it has tried again', async () => attempts === 2);
  await new Promise((resolve) => setImmediate(resolve));
  clock.advance(300 * DAY_MS);
  assert.equal(attempts, 2);
  stop();
  clock.advance(300 * DAY_MS);
  assert.equal(attempts, 2);
});

test('of many guesses at once only as many as are allowed learn whether they were right', async (t) => {
  const { at } = await startReady(t);
  const hello = (channel: JoinChannel) =>
    channel.send({
      type: 'hello',
      protocol: 1,
      purpose: 'join',
      node: 'imp-sub',
      release: RELEASE,
      nonce: Buffer.alloc(32, 1).toString('base64'),
    });
  const outcomes: string[] = [];
  // Four at a time is what one address may hold; all are challenged before any of them proves anything.
  for (let round = 0; round < 3; round++) {
    const opened = await Promise.all([1, 2, 3, 4].map(() => openTls(at.port)));
    const now = opened.map((socket) => new JoinChannel(socket));
    for (const channel of now) hello(channel);
    const first = await Promise.all(now.map((channel) => channel.next()));
    for (const channel of now) channel.send({ type: 'proof', proof: Buffer.alloc(32, 9).toString('base64') });
    const second = await Promise.all(
      now.map((channel, i) => (first[i]!.includes('challenge') ? channel.next() : first[i]!)),
    );
    outcomes.push(...second.map((line) => JSON.parse(line).kind));
    for (const channel of now) channel.close();
    await until('they are gone', async () => opened.every((socket) => socket.destroyed));
  }
  assert.ok(outcomes.filter((kind) => kind === 'forbidden').length <= 6, outcomes.join());
  assert.ok(outcomes.includes('over-limit'), outcomes.join());
});

test('a node that was taken out of the topology renews nothing', async (t) => {
  const { at, node, topology } = await startReady(t);
  const own = node();
  const { publisher } = await joinCluster(at, own, PASSWORD);
  await topology.addNode('other');
  await topology.removeNode('imp-sub');
  await assert.rejects(renewCertificate(at, publisher, own), {
    kind: 'not-found',
    message: /not in the system topology/,
  });
});

test('a publisher that is no more known by its certificate is not spoken with', async (t) => {
  const { at, node } = await startReady(t);
  const own = node();
  const { publisher } = await joinCluster(at, own, PASSWORD);
  const proxy = await manInTheMiddle(t, at.port);
  await assert.rejects(renewCertificate(proxy, publisher, own), {
    kind: 'unavailable',
    message: /shows no certificate of this cluster/,
  });
  assert.deepEqual(proxy.seen, []);
});

test('where nobody listens the node says what to do on the publisher', async (t) => {
  const { node } = await startPublisher(t);
  const free = createServer();
  await new Promise<void>((resolve) => free.listen(0, HOST, resolve));
  const { port } = free.address() as { port: number };
  await new Promise((resolve) => free.close(resolve));
  await assert.rejects(joinCluster({ host: HOST, port }, node(), PASSWORD), {
    kind: 'unavailable',
    message: /nothing listens .*rollcall topology add-node/,
  });
});

test('whatever bytes a stranger sends, the next node is served', async (t) => {
  const { at, node } = await startReady(t);
  const noise: (string | Buffer)[] = [
    '\n',
    '{}\n',
    '{"type":"installed"}\n',
    'x'.repeat(MAX_LINE_BYTES + 1),
    Buffer.alloc(100, 10),
  ];
  for (const bytes of noise) {
    const socket = await openTls(at.port);
    socket.on('error', () => {});
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write(bytes);
    socket.resume();
    await closed;
  }
  const plain = connectPlain(at.port, HOST);
  plain.on('error', () => {});
  plain.write('GET / HTTP/1.0\r\n\r\n');
  await new Promise((resolve) => plain.once('close', resolve));
  await joinCluster(at, node(), PASSWORD);
});

test('one address holds a few connections at a time and no more', async (t) => {
  const { at } = await startReady(t);
  const sockets = await Promise.all([1, 2, 3, 4].map(() => openTls(at.port)));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  await assert.rejects(openTls(at.port));
});

test('messages are read back as they were written, in whatever pieces; anything else is malformed in bounded memory', () => {
  const hello = {
    type: 'hello' as const,
    protocol: 1,
    purpose: 'join' as const,
    node: 'a',
    release: '9.0',
    nonce: Buffer.alloc(32).toString('base64'),
  };
  const reader = new LineReader();
  const lines = [...Buffer.from(writeMessage(hello).repeat(2))].flatMap((byte) => reader.feed(Buffer.from([byte])));
  assert.deepEqual(lines.map(readSubscriberMessage), [hello, hello]);
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 9000 }), { maxLength: 6 }), (chunks) => {
      const reader = new LineReader();
      try {
        for (const chunk of chunks) for (const line of reader.feed(Buffer.from(chunk))) readSubscriberMessage(line);
      } catch (error) {
        assert.ok(error instanceof Failure, String(error));
      }
    }),
  );
});

test('the same password gives the same key with the same salt, and another with another', async () => {
  const one = await deriveSecurityKey(PASSWORD);
  assert.deepEqual(await deriveSecurityKey(PASSWORD, one.salt), one);
  assert.notDeepEqual((await deriveSecurityKey(PASSWORD)).key, one.key);
});
