/**
 * Our NTP beside that of others: chronyd and ntpd (NTPsec) as servers that we ask, and as clients that ask us. All of it in
 * a network of its own, so that each has port 123; this file runs itself there.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { systemClock } from '#base/clock.ts';
import { Settings } from '#base/loaded-settings.ts';
import { silentLog } from '#base/log.ts';
import { Metrics } from '#base/metrics.ts';
import { renderNtpStatus } from '#time/ntp-status.ts';
import { type Probe, probeServers } from '#time/probe.ts';
import { referenceIdOf } from '#time/reference-id.ts';
import { resolveHost } from '#time/resolve.ts';
import { decideTimeSources } from '#time/rules.ts';
import { timeServerSettings, timeSettings } from '#time/settings.ts';
import { TimeService } from '#time/time-service.ts';
import { systemWallClock } from '#time/wall-clock.ts';
import { until } from '../support/until.ts';
import { askWithChronyd, getPrograms, type Running, runInOwnNetwork, startChronyd, startNtpd } from './ntp-programs.ts';

/** What a run inside is about. Each has a network of its own, for each wants all of port 123; so they run side by side. */
const INSIDE = 'ROLLCALL_NTP_INSIDE';
const SUITES: Readonly<Record<string, () => void>> = {
  chronyd: besideChronyd,
  'ntpd at stratum 2': () => besideNtpd(2),
  'ntpd at stratum 5': () => besideNtpd(5),
  'ntpd at stratum 8': () => besideNtpd(8),
  'ntpd that refuses': besideRefusingNtpd,
};

const inside = process.env[INSIDE];
if (inside === undefined) {
  describe('our NTP and that of others understand each other', { concurrency: true }, () => {
    before(getPrograms, { timeout: 600_000 });
    for (const name of Object.keys(SUITES)) {
      test(name, { timeout: 300_000 }, async () => {
        const { NODE_TEST_CONTEXT: _, ...env } = process.env;
        const args = ['--test', '--test-reporter=spec', import.meta.filename];
        const [code, output] = await runInOwnNetwork(args, { ...env, [INSIDE]: name });
        assert.equal(code, 0, output);
        assert.match(output, /^ℹ pass [1-9]/m, 'the tests inside have run');
      });
    }
  });
} else {
  SUITES[inside]!();
}

function probe(...servers: string[]): Promise<Probe[]> {
  return probeServers(servers, { clock: systemClock, wall: systemWallClock(), resolve: resolveHost });
}

function stratumOf({ result }: Probe): number | string {
  return result.kind === 'time' ? result.clock.stratum : result.kind;
}

/** Until a server says what is wanted of it. */
async function ready(address: string, wanted: number | 'unsynchronised', of?: Running): Promise<void> {
  const explain = () => of?.log() ?? '';
  await until(`${address} has ${wanted}`, async () => stratumOf((await probe(address))[0]!) === wanted, { explain });
}

async function service(t: TestContext, overrides: Record<string, unknown>): Promise<TimeService> {
  const settings = Settings.load({ groups: [timeSettings, timeServerSettings], overrides });
  const options = { settings, clock: systemClock, log: silentLog(), metrics: new Metrics() };
  const started = await TimeService.start(options);
  t.after(() => started.stop());
  return started;
}

function besideChronyd(): void {
  const running: Running[] = [];
  const folder = temporary(running);
  let count = 0;

  /** chronyd on an address of its own. */
  function chronyd(address: string, ...config: string[]): Running {
    const one = startChronyd(join(folder, `chronyd-${++count}`), [`bindaddress ${address}`, 'allow', ...config]);
    running.push(one);
    return one;
  }

  const strata = { '127.0.0.11': 1, '127.0.0.12': 2, '127.0.0.13': 3, '127.0.0.15': 5, '127.0.0.20': 10 };

  before(async () => {
    const all = Object.entries(strata).map(
      ([address, stratum]) => [address, stratum, chronyd(address, `local stratum ${stratum}`)] as const,
    );
    const lost = chronyd('127.0.0.30');
    // Without an IPv4 address of its own it would take them all.
    const six = chronyd('::1', 'bindaddress 127.0.0.29', 'local stratum 3');
    for (const [address, stratum, of] of all) await ready(address, stratum, of);
    await ready('127.0.0.30', 'unsynchronised', lost);
    await ready('::1', 3, six);
  });

  test('a probe finds what chronyd is: its stratum, and its clock, which is ours', async () => {
    for (const [address, stratum] of Object.entries(strata)) {
      const [{ result } = assert.fail()] = await probe(address);
      assert.ok(result.kind === 'time', address);
      assert.equal(result.clock.stratum, stratum);
      assert.ok(Math.abs(result.sample.offsetMs) <= result.sample.delayMs / 2 + 1, `${result.sample.offsetMs} ms`);
    }
  });

  test('over IPv6 as well', async () => {
    const [plain, bracketed] = await probe('::1', '[::1]:123');
    assert.deepEqual([stratumOf(plain!), stratumOf(bracketed!)], [3, 3]);
  });

  test('a chronyd without a source has no time, and one that is not there does not answer', async () => {
    const [lost, nobody] = await probe('127.0.0.30', '127.0.0.31');
    assert.equal(lost!.result.kind, 'unsynchronised');
    assert.ok(nobody!.result.kind === 'unreachable');
    assert.match(nobody!.result.why, /nothing listens there/);
  });

  test('the rules of an installation, on what was really answered', async () => {
    const decide = async (callManager: string, ...others: string[]) => {
      const probes = await probe(...(callManager === '' ? [] : [callManager]), ...others);
      return decideTimeSources(
        probes.map((one) => ({ probe: one, isCallManager: one.server === callManager })),
        'publisher',
      );
    };
    assert.deepEqual((await decide('127.0.0.13')).use, ['127.0.0.13']);
    assert.ok((await decide('', '127.0.0.11', '127.0.0.13', '127.0.0.15')).isAccepted);
    const far = await decide('', '127.0.0.11', '127.0.0.13', '127.0.0.20');
    assert.match(far.cause, /127\.0\.0\.20: its stratum is 10, and at most 5/);
    const lost = await decide('', '127.0.0.11', '127.0.0.30', '127.0.0.31', '127.0.0.12');
    assert.match(lost.cause, /127\.0\.0\.30: it answers, but has no time.*127\.0\.0\.31: it does not answer/);
    const left = await decide('', '127.0.0.11', '127.0.0.30', '127.0.0.12', '127.0.0.13');
    assert.deepEqual(left.use, ['127.0.0.11', '127.0.0.12', '127.0.0.13']);
  });

  test('the poller follows the chronyd that is nearest to a reference clock, and the status shows it', async (t) => {
    const servers = '127.0.0.13,127.0.0.11,127.0.0.12';
    const time = await service(t, { 'time.servers': servers });
    await until('all were asked three times', () => time.status().sources.every(({ reach }) => reach === 0o7));
    const status = time.status();
    assert.deepEqual([status.chosen, status.stratum, time.problems(), time.inSync().ok], ['127.0.0.11', 2, [], true]);
    assert.deepEqual(status.sources.map(({ tally }) => tally).join(''), '+*+');
    const text = renderNtpStatus(status);
    assert.match(text, /^\*127\.0\.0\.11 {6}\S+ +1 u +\d+ +\d+ {4}7 +\d+\.\d{3} +-?\d+\.\d{3} +\d+\.\d{3}$/m);
    assert.match(
      text,
      /^synchronised to NTP server \(127\.0\.0\.11\) at stratum 2\n {3}time correct to within \d+ ms$/m,
    );
  });

  test('chronyd takes its time from us: one stratum below our source', async (t) => {
    const time = await service(t, {
      ...{ 'time.servers': '127.0.0.13', 'time.server.enabled': true, 'time.server.host': '127.0.0.40' },
    });
    await until('we are synchronised', () => time.status().chosen !== undefined);
    const asked = await askWithChronyd('127.0.0.40');
    assert.match(asked.output, /System clock wrong by -?0\.00\d+ seconds/);
    assert.ok(asked.ok);
    const relay = chronyd('127.0.0.41', 'server 127.0.0.40 iburst');
    await ready('127.0.0.41', 5, relay);
    const [{ result } = assert.fail()] = await probe('127.0.0.41');
    assert.ok(result.kind === 'time');
    assert.equal(result.clock.referenceId, referenceIdOf('127.0.0.40'));
  });

  test('without a source we have no time to give, and chronyd takes none; unless we are told to give our own', async (t) => {
    const serving = { 'time.server.enabled': true, 'time.server.host': '127.0.0.42' };
    await service(t, serving);
    assert.equal(stratumOf((await probe('127.0.0.42'))[0]!), 'unsynchronised');
    const local = await service(t, { ...serving, 'time.server.host': '127.0.0.43', 'time.server.localStratum': 10 });
    assert.equal(local.status().running, false);
    const [refused, taken] = await Promise.all([askWithChronyd('127.0.0.42'), askWithChronyd('127.0.0.43')]);
    assert.match(refused.output, /No suitable source/);
    assert.ok(!refused.ok);
    assert.match(taken.output, /System clock wrong by/);
  });

  test('whoever asks too often is told so, and a probe names it', async (t) => {
    await service(t, {
      ...{ 'time.server.enabled': true, 'time.server.host': '127.0.0.44', 'time.server.localStratum': 10 },
      'time.server.maxPerMinute': 3,
    });
    // A minute may end while this runs; then it is the limit of the next one that is met.
    const asked = await until('we are refused', async () => {
      const [{ result } = assert.fail()] = await probe('127.0.0.44');
      return result.kind === 'kiss' && result;
    });
    assert.deepEqual(asked, { kind: 'kiss', code: 'RATE' });
  });
}

/** A folder for the files of programs; it goes when the tests are over, and these have been stopped. */
function temporary(running: readonly Running[] = []): string {
  const folder = mkdtempSync(join(tmpdir(), 'ntp-'));
  after(async () => {
    for (const one of running) await one.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** @param stratum of ntpd, one below that of its clock */
function ownClock(stratum: number): string[] {
  return ['server 127.127.1.0 minpoll 3 maxpoll 3 iburst prefer', `fudge 127.127.1.0 stratum ${stratum - 1}`];
}

function besideNtpd(stratum: number): void {
  const folder = temporary();

  test('ntpd is found at its stratum, judged by it, and followed', async (t) => {
    // Of itself it answers an address no more than once in some seconds.
    const ntpd = startNtpd(join(folder, 'ntpd'), [...ownClock(stratum), 'unrestrict default kod limited']);
    t.after(() => ntpd.stop());
    await ready('127.0.0.90', stratum, ntpd);
    const judge = async (isCallManager: boolean) =>
      decideTimeSources(
        (await probe('127.0.0.90', '127.0.0.91', '127.0.0.92'))
          .map((one) => ({ probe: one, isCallManager }))
          .slice(isCallManager ? 2 : 0),
        'publisher',
      );
    const [alone, three] = [await judge(true), await judge(false)];
    assert.deepEqual([alone.cause, alone.warnings.length], ['', stratum > 4 ? 1 : 0]);
    assert.equal(three.isAccepted, stratum <= 5);
    const time = await service(t, { 'time.servers': '127.0.0.90' });
    // At first it says that it may be wrong by some seconds, and then by half of it with each look at its clock.
    const isChosen = () => time.status().chosen === '127.0.0.90';
    await until('it is chosen', isChosen, { withinMs: 120_000, explain: () => renderNtpStatus(time.status()) });
    assert.match(renderNtpStatus(time.status()), /^\*127\.0\.0\.90 {6}LOCAL\(0\) +\d u/m);
    assert.equal(time.status().stratum, stratum + 1);
  });
}

function besideRefusingNtpd(): void {
  const folder = temporary();

  test('ntpd without a source says INIT, and is not taken', async (t) => {
    const ntpd = startNtpd(join(folder, 'lost'), []);
    t.after(() => ntpd.stop());
    await ready('127.0.0.90', 'unsynchronised', ntpd);
    const [{ result } = assert.fail()] = await probe('127.0.0.90');
    assert.ok(result.kind === 'unsynchronised');
    assert.match(result.why, /INIT/);
  });

  test('ntpd that finds us too frequent says RATE, and the probe names it', async (t) => {
    const limits = ['restrict default limited kod', 'discard minimum 5 average 5'];
    const ntpd = startNtpd(join(folder, 'kod'), [...ownClock(2), ...limits]);
    t.after(() => ntpd.stop());
    const refused = await until('it refuses', async () => {
      const [{ result } = assert.fail()] = await probe('127.0.0.91');
      return result.kind === 'kiss' && result;
    });
    assert.deepEqual(refused, { kind: 'kiss', code: 'RATE' });
  });
}
