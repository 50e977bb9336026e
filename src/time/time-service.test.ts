import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { systemClock } from '#base/clock.ts';
import { Settings } from '#base/loaded-settings.ts';
import { createLog, silentLog } from '#base/log.ts';
import { Metrics } from '#base/metrics.ts';
import { freePorts } from '../../test/support/free-ports.ts';
import { until } from '../../test/support/until.ts';
import { ntpControl } from './ntp-control.ts';
import { type Packet, readPacket, writePacket } from './packet.ts';
import { probeServers } from './probe.ts';
import { resolveHost } from './resolve.ts';
import { readRequest, type Standing, UNSYNCHRONISED, writeAnswer } from './server-answer.ts';
import { timeServerSettings, timeSettings } from './settings.ts';
import { TimeService } from './time-service.ts';
import { systemWallClock } from './wall-clock.ts';

const good: Standing = {
  ...{ leap: 0, stratum: 2, referenceId: 0x0a01_0101, referenceAt: Date.now(), rootDelayMs: 1, rootDispersionMs: 1 },
};

/** A server on loopback that answers as it is told. @returns `127.0.0.1:PORT` */
async function fakeServer(
  t: TestContext,
  answer: (request: Packet, now: number) => readonly Uint8Array[],
): Promise<string> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const wall = systemWallClock();
  socket.on('message', (bytes, { port }) => {
    for (const one of answer(readRequest(bytes)!, wall())) socket.send(one, port, '127.0.0.1');
  });
  t.after(() => socket.close());
  return `127.0.0.1:${socket.address().port}`;
}

const offBy =
  (ms: number, standing = good) =>
  (request: Packet, now: number) => [writeAnswer(request, standing, now + ms, now + ms)];

const probe = async (server: string) =>
  (await probeServers([server], { clock: systemClock, wall: systemWallClock(), resolve: resolveHost }))[0]!.result;

interface World {
  time: TimeService;
  settings: Settings;
  file: string;
  metrics: Metrics;
  logged: string[];
  write(content: string): void;
}

async function start(t: TestContext, content: string): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'time-'));
  const file = join(folder, 'settings.yaml');
  writeFileSync(file, content);
  const settings = Settings.load({ groups: [timeSettings, timeServerSettings], file });
  const logged: string[] = [];
  const destination = new Writable({
    write(line, _encoding, written) {
      logged.push(JSON.parse(String(line)).msg);
      written();
    },
  });
  const log = createLog({ level: 'info', format: 'json', destination });
  const metrics = new Metrics();
  const time = await TimeService.start({ settings, clock: systemClock, log, metrics });
  t.after(async () => {
    await time.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const write = (text: string) => {
    writeFileSync(file, text);
    settings.reload();
  };
  return { time, settings, file, metrics, logged, write };
}

test('a true answer is taken after forged, repeated and broken ones', async (t) => {
  const server = await fakeServer(t, (request, now) => {
    const real = writeAnswer(request, good, now + 50, now + 50);
    const forged = readPacket(writeAnswer(request, good, now + 9e6, now + 9e6))!;
    return [
      new Uint8Array(10),
      writePacket({ ...forged, origin: request.transmit ^ 1n }),
      writePacket({ ...forged, mode: 5 }),
      real,
      real,
    ];
  });
  const result = await probe(server);
  assert.ok(result.kind === 'time');
  assert.ok(Math.abs(result.sample.offsetMs - 50) < 20);
});

test('a datagram from another address or port is not seen', async (t) => {
  const other = createSocket('udp4');
  t.after(() => other.close());
  other.bind(0, '127.0.0.1');
  await once(other, 'listening');
  const socket = createSocket('udp4');
  t.after(() => socket.close());
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  socket.on('message', (bytes, { port }) =>
    other.send(writeAnswer(readRequest(bytes)!, good, 0, 0), port, '127.0.0.1'),
  );
  const result = await probe(`127.0.0.1:${socket.address().port}`);
  assert.deepEqual(result, { kind: 'unreachable', why: 'no answer within 2 s' });
});

test('an unsynchronised server, a name that there is not, and what is no server, each for its own reason', async (t) => {
  assert.equal((await probe(await fakeServer(t, offBy(0, UNSYNCHRONISED)))).kind, 'unsynchronised');
  const unknown = await probe('no-such-host.invalid');
  assert.ok(unknown.kind === 'unresolved');
  assert.match(unknown.why, /no-such-host\.invalid has no address/);
  assert.equal((await probe('10.1.2.3:99999')).kind, 'malformed');
});

test('without servers the clock is trusted, and that is said', async (t) => {
  const { time } = await start(t, '');
  const status = time.status();
  assert.deepEqual([status.running, status.sources, time.problems()], [false, [], []]);
  assert.match(status.note, /trusted as it is/);
  assert.equal(time.inSync().ok, true);
  assert.equal(time.standing(), UNSYNCHRONISED);
});

test('servers of the settings are polled, others when they change, and a wrong clock is logged once', async (t) => {
  const [right, wrong] = [await fakeServer(t, offBy(1)), await fakeServer(t, offBy(-5000))];
  const { time, metrics, logged, write } = await start(t, `time: { servers: ["${right}"] }`);
  await until('synchronised', () => time.status().chosen === right);
  assert.deepEqual([time.problems(), time.inSync().ok, time.standing().stratum], [[], true, 3]);
  assert.match(await metrics.text(), /^rollcall_time_stratum 3$/m);
  assert.match(await metrics.text(), /^rollcall_time_servers_reachable 1$/m);

  write(`time: { servers: ["${wrong}"] }`);
  await until('the other is followed', () => time.status().chosen === wrong);
  assert.match(time.problems()[0]!.reason, /the clock is 5\.0 s ahead of NTP server 127/);
  assert.equal(time.inSync().ok, false);
  assert.equal(time.standing(), UNSYNCHRONISED, 'such a time is not given to others');
  await until('polled again', () => time.status().sources[0]!.reach === 3);
  assert.equal(logged.filter((line) => line.includes('5.0 s ahead')).length, 1);

  write('time: {}');
  assert.deepEqual([time.problems(), time.status().running], [[], false]);
  assert.ok(logged.includes('this has passed'));
});

test('what the topology says takes the place of the settings, and back', async (t) => {
  const [mine, theirs] = [await fakeServer(t, offBy(0)), await fakeServer(t, offBy(0))];
  const { time, settings } = await start(t, `time: { servers: ["${mine}"] }`);
  time.useInstead({ servers: [theirs], note: 'The Unified CM is the only source.' });
  await until('theirs', () => time.status().chosen === theirs);
  assert.equal(time.status().note, 'The Unified CM is the only source.');
  const control = ntpControl({ settings, clock: systemClock, log: silentLog() }, time);
  await assert.rejects(control.add([mine]), /cannot be changed here. The Unified CM is the only source/);
  assert.deepEqual(
    (await control.list()).map(({ server }) => server),
    [theirs],
  );
  time.useInstead(undefined);
  await until('mine', () => time.status().chosen === mine);
});

test('a server that cannot be understood is told, and the others are polled', async (t) => {
  const right = await fakeServer(t, offBy(0));
  const { time } = await start(t, `time: { servers: ["10.1.2.3:99999", "${right}"] }`);
  await until('synchronised', () => time.status().chosen === right);
  assert.match(time.problems()[0]!.what, /10\.1\.2\.3:99999/);
});

test('servers are added when they can be used, told why not, and taken away; the file keeps its comments', async (t) => {
  const [right, lost] = [await fakeServer(t, offBy(0)), await fakeServer(t, offBy(0, UNSYNCHRONISED))];
  const { time, settings, file } = await start(t, '# mine\ntime:\n  pollSeconds: 16\n');
  const control = ntpControl({ settings, clock: systemClock, log: silentLog() }, time);
  await assert.rejects(control.add([right, lost]), { kind: 'unavailable', message: /has no time to give.*INIT/ });
  assert.equal(readFileSync(file, 'utf8'), '# mine\ntime:\n  pollSeconds: 16\n');
  const added = await control.add([right]);
  assert.deepEqual(added.servers, [right]);
  assert.match(added.warnings[0]!, /at least 3 servers/);
  assert.match(readFileSync(file, 'utf8'), /^# mine\ntime:\n {2}pollSeconds: 16\n {2}servers:\n/);
  await until('it is followed', () => time.status().chosen === right);
  await assert.rejects(control.add([right]), { kind: 'conflict' });
  const [listed] = await control.list();
  assert.deepEqual([listed!.server, listed!.isAccessible], [right, true]);
  assert.throws(() => control.delete(['127.0.0.1:1']), { kind: 'not-found' });
  assert.match(control.delete([right]).warnings[0]!, /No NTP server is left/);
  assert.equal(time.status().running, false);
});

test('time is given as soon as the settings say so, on another port when they change, and no more after that', async (t) => {
  const [one = 0, two = 0] = await freePorts(2);
  const serving = (port: number) =>
    `time: { server: { enabled: true, host: 127.0.0.1, port: ${port}, localStratum: 12 } }`;
  const { time, write } = await start(t, '');
  assert.equal(time.port, undefined);
  write(serving(one));
  await until('it listens', () => time.port === one);
  const result = await probe(`127.0.0.1:${one}`);
  assert.ok(result.kind === 'time');
  assert.deepEqual([result.clock.stratum, result.clock.referenceId], [12, 0x7f7f_0100]);
  write(serving(two));
  await until('it has moved', () => time.port === two);
  assert.equal((await probe(`127.0.0.1:${one}`)).kind, 'unreachable');
  write('');
  await until('it is closed', () => time.port === undefined);
});

test('a port that cannot be opened is a problem until the settings change', async (t) => {
  const taken = createSocket('udp4');
  t.after(() => taken.close());
  taken.bind(0, '127.0.0.1');
  await once(taken, 'listening');
  const { time, write } = await start(t, '');
  write(`time: { server: { enabled: true, host: 127.0.0.1, port: ${taken.address().port} } }`);
  await until('it is told', () => time.problems().length === 1);
  assert.match(time.problems()[0]!.reason, /is taken/);
  write('');
  await until('it has passed', () => time.problems().length === 0);
});

test('while no server runs the status says that ntpd is stopped, and the list can be changed', async (t) => {
  const right = await fakeServer(t, offBy(0));
  const { settings, file } = await start(t, '');
  const control = ntpControl({ settings, clock: systemClock, log: silentLog() }, undefined);
  assert.deepEqual([control.status().running, control.status().sources], [false, []]);
  await control.add([right]);
  assert.match(readFileSync(file, 'utf8'), new RegExp(right));
});
