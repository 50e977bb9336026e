import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../../../test/support/fake-clock.ts';
import { Rates } from './rates.ts';

test('a network may try so often in an hour, however many addresses of its own it uses', () => {
  const clock = new FakeClock();
  const rates = new Rates(clock, { perNetworkPerHour: 2 });
  const attempts = (ip: string) => [1, 2, 3].map(() => rates.attempt(ip));
  assert.deepEqual(attempts('192.0.2.1'), [true, true, false]);
  assert.deepEqual(attempts('192.0.2.2'), [true, true, false]);
  assert.deepEqual(
    ['2001:db8::1', '2001:db8::2', '2001:db8::3'].map((ip) => rates.attempt(ip)),
    [true, true, false],
  );
  clock.advance(3_600_000 - 1);
  assert.equal(rates.attempt('192.0.2.1'), false);
  clock.advance(1);
  assert.deepEqual(attempts('192.0.2.1'), [true, true, false]);
});

test('with 0 there is no limit, and a changed setting holds at once', () => {
  const settings = { perNetworkPerHour: 0 };
  const rates = new Rates(new FakeClock(), settings);
  for (let i = 0; i < 100; i++) assert.ok(rates.attempt('192.0.2.1'));
  settings.perNetworkPerHour = 1;
  assert.deepEqual([rates.attempt('192.0.2.1'), rates.attempt('192.0.2.1')], [true, false]);
});

test('so many networks are remembered, and not more', () => {
  const rates = new Rates(new FakeClock(), { perNetworkPerHour: 1 });
  for (let i = 0; i <= 50_000; i++) rates.attempt(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
  assert.equal(rates.attempt('10.0.0.0'), true);
  assert.equal(rates.attempt('10.0.195.80'), false);
});
