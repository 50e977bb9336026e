import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseEvent } from '../rfc-6665-subscribe/event-header.ts';
import { grant, readRates } from './rate.ts';

const rates = (header: string) => readRates(parseEvent(header)!);

test('RFC 6446 §9.4: rates are decimals; what is none, or zero, was not asked', () => {
  assert.deepEqual(rates('presence;max-rate=0.05;id=3'), { max: 0.05 });
  assert.deepEqual(rates('presence; MIN-RATE = 2 ;adaptive-min-rate=0.5'), { min: 2, adaptiveMin: 0.5 });
  assert.deepEqual(rates('presence;max-rate=-1;min-rate=a;adaptive-min-rate'), {});
  assert.deepEqual(rates('presence;max-rate=0;min-rate=100'), {});
});

test('RFC 6446 §5.2, §6.2: what is granted is told in Subscription-State, adjusted to what the server bears', () => {
  assert.equal(grant({}, 0.2), undefined);
  assert.equal(grant({ max: 0.05 }, 0.2)!.params, ';max-rate=0.05');
  assert.equal(grant({ max: 0.05 }, 0.2)!.gapMs, 20_000);
  assert.equal(grant({ min: 10 }, 0.2)!.params, ';min-rate=0.2');
  assert.equal(grant({ max: 0.0000001, min: 10 }, 10)!.params, ';max-rate=0.0000001;min-rate=0.0000001');
  // §6.3: no more often than it wants to be told of changes.
  assert.equal(grant({ max: 0.05, min: 0.1 }, 0.2)!.params, ';max-rate=0.05;min-rate=0.05');
  assert.equal(grant({ max: 1, adaptiveMin: 0.1 }, 0.2)!.params, ';max-rate=1;adaptive-min-rate=0.1');
});

test('RFC 6446 §6: the next NOTIFY is due when the least rate says so, and never where none does', () => {
  assert.equal(grant({ min: 0.1 }, 1)!.sent(5000), 15_000);
  assert.equal(grant({ max: 0.1 }, 1)!.sent(5000), undefined);
});

test('RFC 6446 §7.4: the more was told lately, the later the next one that says nothing new: count / (rate² · period)', () => {
  const rate = grant({ adaptiveMin: 0.1 }, 1)!;
  const after = (now: number) => Math.round((rate.sent(now)! - now) / 100) / 10;
  assert.equal(after(0), 1.7);
  assert.equal(after(1000), 3.3);
  assert.equal(after(2000), 5);
  // What is older than the period no longer counts.
  assert.equal(after(120_000), 1.7);
});
