import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Metrics } from './metrics.ts';

const lines = async (metrics: Metrics, name: string) =>
  (await metrics.text()).split('\n').filter((line) => line.startsWith(name));

test('a counter shows what was added, at each look', async () => {
  const metrics = new Metrics();
  const received = metrics.counter('received_total', 'Stanzas received');
  assert.deepEqual(await lines(metrics, 'received_total'), ['received_total 0']);
  received.add(1);
  received.add(2);
  assert.deepEqual(await lines(metrics, 'received_total'), ['received_total 3']);
  assert.deepEqual(await lines(metrics, 'received_total'), ['received_total 3']);
});

test('counters with a label show one line for each value', async () => {
  const metrics = new Metrics();
  const refused = metrics.counters('refused_total', 'Refused', 'reason');
  refused.of('too-large').add(2);
  refused.of('malformed').add(1);
  assert.equal(refused.of('malformed'), refused.of('malformed'));
  assert.deepEqual(await lines(metrics, 'refused_total'), [
    'refused_total{reason="too-large"} 2',
    'refused_total{reason="malformed"} 1',
  ]);
});

test('a label never grows without bound: further values are counted as other', async () => {
  const metrics = new Metrics();
  const family = metrics.counters('c_total', 'help', 'word');
  for (let i = 0; i < 1000; i++) family.of(`w${i}`).add(1);
  const shown = await lines(metrics, 'c_total');
  assert.equal(shown.length, 201);
  assert.equal(shown.at(-1), 'c_total{word="other"} 800');
});

test('gauges go up and down, and observed figures are read at the look', async () => {
  const metrics = new Metrics();
  const sessions = metrics.gauge('sessions', 'Signed in');
  let waiting = 1;
  metrics.observed('waiting', 'In the queue', () => waiting);
  sessions.add(3);
  sessions.add(-1);
  waiting = 5;
  assert.deepEqual(await lines(metrics, 'sessions'), ['sessions 2']);
  assert.deepEqual(await lines(metrics, 'waiting'), ['waiting 5']);
});

test('several servers in one process count apart', async () => {
  const [one, other] = [new Metrics(), new Metrics()];
  one.counter('c_total', 'help').add(1);
  other.counter('c_total', 'help');
  one.collectProcess();
  other.collectProcess();
  assert.deepEqual(await lines(one, 'c_total'), ['c_total 1']);
  assert.deepEqual(await lines(other, 'c_total'), ['c_total 0']);
  assert.notEqual((await lines(one, 'nodejs_eventloop_lag_seconds')).length, 0);
});
