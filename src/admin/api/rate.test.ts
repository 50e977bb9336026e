/** How often somebody may do something within a minute. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../../test/support/fake-clock.ts';
import { Rate } from './rate.ts';

test('so often in a minute, then one waits for its end; others do not', () => {
  const clock = new FakeClock();
  const rate = new Rate(clock, () => 2);
  assert.deepEqual([rate.count('a'), rate.count('a')], [0, 0]);
  clock.advance(50_000);
  assert.deepEqual([rate.wait('a'), rate.count('a'), rate.count('b'), rate.wait('b')], [10, 10, 0, 0]);
  clock.advance(10_000);
  assert.deepEqual([rate.wait('a'), rate.count('a')], [0, 0]);
});

test('a clock that was set back makes nobody wait for longer than a minute', () => {
  const clock = new FakeClock();
  const rate = new Rate(clock, () => 1);
  rate.count('a');
  const before = new FakeClock(clock.now() - 86_400_000);
  const again = new Rate({ ...clock, now: () => before.now() } as FakeClock, () => 1);
  again.count('a');
  assert.ok(again.count('a') <= 60);
});

test('very many callers take bounded memory', () => {
  const rate = new Rate(new FakeClock(), () => 1);
  for (let i = 0; i < 100_000; i++) rate.count(`caller ${i}`);
  assert.equal(rate.count('caller 0'), 0);
});
