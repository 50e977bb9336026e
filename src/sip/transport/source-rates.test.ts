import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SourceRates } from './source-rates.ts';

test('each address has its own count, anew each second', () => {
  const rates = new SourceRates();
  const within = (source: string, now: number) => rates.isWithin(2, source, now);
  assert.deepEqual([within('a', 0), within('a', 1), within('a', 999), within('b', 999)], [true, true, false, true]);
  assert.equal(within('a', 1000), true);
});

test('a flood from invented addresses shares one count when there are too many to remember', () => {
  const rates = new SourceRates();
  for (let i = 0; i < 20_000; i++) assert.equal(rates.isWithin(10, `source-${i}`, 0), true);
  const taken = Array.from({ length: 100 }, (_, i) => rates.isWithin(10, `more-${i}`, 0)).filter(Boolean);
  assert.equal(taken.length, 10);
  assert.equal(rates.isWithin(10, 'source-1', 0), true);
});
