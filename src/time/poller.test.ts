import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Failure } from '#base/failure.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { findAlarms } from './alarms.ts';
import type { Outcome } from './exchange.ts';
import { Poller } from './poller.ts';
import { referenceIdOf } from './reference-id.ts';
import { parseServer } from './server-address.ts';

const POLL_SECONDS = 64;
const silence: Outcome = { kind: 'silence', why: 'no answer within 2 s' };

/** Servers by address, and a poller that asks them; nothing goes over a network. */
function world(servers: string[], names: Record<string, string[]> = {}) {
  const clock = new FakeClock();
  const answers = new Map<string, Outcome | { offsetMs: number; stratum?: number }>();
  const asked: { address: string; at: number }[] = [];
  const begun = clock.now();
  const poller = new Poller(servers.map(parseServer), {
    clock,
    async ask(address) {
      asked.push({ address, at: (clock.now() - begun) / 1000 });
      const answer = answers.get(address) ?? silence;
      return 'kind' in answer ? answer : timeOf(answer, clock.now());
    },
    async resolve(host) {
      if (/^[\d.]+$/.test(host)) return [host];
      const found = names[host];
      if (found === undefined) throw new Failure('not-found', `the name ${host} has no address`);
      return found;
    },
    pollSeconds: () => POLL_SECONDS,
    isLoop: () => false,
    polled() {},
  });
  return {
    ...{ clock, answers, asked, poller },
    /** Second by second, with all that happens in each. */
    async pass(seconds: number) {
      for (let second = 0; second < seconds; second++) {
        await turn();
        clock.advance(1000);
      }
      await turn();
    },
    timesOf: (address: string) => asked.filter((one) => one.address === address).map(({ at }) => at),
    alarms: () => findAlarms(poller, 3000, clock.now()).map(({ kind }) => kind),
  };
}

function timeOf({ offsetMs, stratum = 2 }: { offsetMs: number; stratum?: number }, at: number): Outcome {
  return {
    kind: 'time',
    sample: { offsetMs, delayMs: 1, dispersionMs: 0.1, at },
    server: {
      leap: 0,
      version: 4,
      stratum,
      referenceId: referenceIdOf('10.9.9.9'),
      rootDelayMs: 1,
      rootDispersionMs: 1,
    },
  };
}

test('the first four polls follow each other closely, then each comes after the time of the settings', async () => {
  const { answers, pass, timesOf, poller } = world(['10.0.0.1']);
  answers.set('10.0.0.1', { offsetMs: 5 });
  await pass(200);
  assert.deepEqual(timesOf('10.0.0.1'), [0, 2, 4, 6, 70, 134, 198]);
  assert.equal(poller.chosen?.address, '10.0.0.1');
  assert.equal(poller.sources[0]!.reach.toString(8), '177');
  poller.stop();
});

test('while not synchronised a server is asked each 8 s, and more rarely when it is silent for long', async () => {
  const { pass, timesOf, poller, alarms } = world(['10.0.0.1']);
  await pass(200);
  assert.deepEqual(timesOf('10.0.0.1'), [0, 2, 4, 6, 14, 22, 30, 38, 102, 166]);
  assert.deepEqual(alarms(), ['unsynchronised', 'lost']);
  poller.stop();
});

test('a server that falls silent is lost after eight polls, and the next best is followed', async () => {
  const { answers, pass, poller, alarms } = world(['10.0.0.1', '10.0.0.2']);
  answers.set('10.0.0.1', { offsetMs: 1, stratum: 1 }).set('10.0.0.2', { offsetMs: 2, stratum: 2 });
  await pass(20);
  assert.equal(poller.chosen?.address, '10.0.0.1');
  assert.deepEqual(alarms(), []);
  answers.delete('10.0.0.1');
  await pass(8 * POLL_SECONDS);
  assert.equal(poller.chosen?.address, '10.0.0.2');
  assert.deepEqual(alarms(), ['lost']);
  answers.set('10.0.0.1', { offsetMs: 1, stratum: 1 });
  await pass(POLL_SECONDS);
  assert.equal(poller.chosen?.address, '10.0.0.1');
  assert.deepEqual(alarms(), []);
  poller.stop();
});

test('one that says that it lost its own source is left at once', async () => {
  const { answers, pass, poller } = world(['10.0.0.1']);
  answers.set('10.0.0.1', { offsetMs: 1 });
  await pass(10);
  answers.set('10.0.0.1', { kind: 'unsynchronised', why: 'it has stratum 16', stratum: 16 });
  await pass(POLL_SECONDS);
  assert.equal(poller.chosen, undefined);
  poller.stop();
});

test('RFC 5905 §7.4: RATE makes the polls rarer, DENY ends them', async () => {
  const { answers, pass, timesOf, poller, alarms } = world(['10.0.0.1', '10.0.0.2']);
  answers.set('10.0.0.1', { kind: 'kiss', code: 'RATE' }).set('10.0.0.2', { kind: 'kiss', code: 'DENY' });
  await pass(2000);
  assert.deepEqual(timesOf('10.0.0.1'), [0, 128, 384, 896, 1920]);
  assert.deepEqual(timesOf('10.0.0.2'), [0]);
  assert.deepEqual(
    poller.sources.map(({ referenceId }) => referenceId),
    ['.RATE.', '.DENY.'],
  );
  assert.ok(alarms().includes('refused'));
  poller.stop();
});

test('a false ticker is told, and so is a clock that is far from the truth', async () => {
  const { answers, pass, poller, alarms } = world(['10.0.0.1', '10.0.0.2', '10.0.0.3']);
  answers.set('10.0.0.1', { offsetMs: 4000 }).set('10.0.0.2', { offsetMs: 4001 }).set('10.0.0.3', { offsetMs: -9000 });
  await pass(20);
  assert.deepEqual(alarms(), ['offset', 'false-ticker']);
  assert.deepEqual(poller.sources.map((source) => poller.tallyOf(source)).sort(), ['*', '+', 'x']);
  poller.stop();
});

test('a name with several addresses is one server: when one is silent, the next is tried', async () => {
  const { answers, pass, poller } = world(['time.example'], { 'time.example': ['10.0.0.1', '10.0.0.2'] });
  answers.set('10.0.0.2', { offsetMs: 1 });
  await pass(200);
  assert.equal(poller.sources.length, 1);
  assert.equal(poller.chosen?.address, '10.0.0.2');
  poller.stop();
});

test('a pool is up to four servers, and no address is asked twice', async () => {
  const addresses = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5'];
  const { answers, pass, poller } = world(['10.0.0.1', 'pool p.example', 'alias.example'], {
    'p.example': addresses,
    'alias.example': ['10.0.0.1'],
  });
  for (const address of addresses) answers.set(address, { offsetMs: 1 });
  await pass(20);
  const polled = poller.sources.map(({ address }) => address);
  assert.deepEqual(polled.filter((address) => address !== undefined).sort(), addresses);
  const alias = poller.sources.find(({ server }) => server.host === 'alias.example')!;
  assert.match(alias.trouble, /the same server as 10\.0\.0\.1/);
  poller.stop();
});

test('a name without an address is asked for again, and found when DNS knows it', async () => {
  const names: Record<string, string[]> = {};
  const { answers, pass, poller } = world(['late.example'], names);
  answers.set('10.0.0.1', { offsetMs: 1 });
  await pass(10);
  assert.match(poller.sources[0]!.trouble, /late\.example has no address/);
  names['late.example'] = ['10.0.0.1'];
  await pass(20);
  assert.equal(poller.chosen?.address, '10.0.0.1');
  poller.stop();
});

test('a poller that was stopped asks nobody any more', async () => {
  const { pass, asked, poller } = world(['10.0.0.1']);
  await pass(3);
  poller.stop();
  const before = asked.length;
  await pass(300);
  assert.equal(asked.length, before);
});
