import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Run } from './calls.ts';
import { highest } from './highest.ts';

function runs(isClean: (rate: number) => boolean): { tried: number[]; runAt: (rate: number) => Promise<Run> } {
  const tried: number[] = [];
  const usage = { wallMs: 1, serverCpuMs: 0, toolCpuMs: 0, otherCpuMs: 0, serverWrittenBytes: 0 };
  const counted = { succeeded: 0, failed: 0, retransmissions: 0 };
  const runAt = async (rate: number): Promise<Run> => {
    tried.push(rate);
    return { rate, calls: 0, usage, counted, delivered: undefined, failures: isClean(rate) ? [] : ['lost'] };
  };
  return { tried, runAt };
}

test('the highest clean rate is found within six parts of a hundred, and never above', async () => {
  for (const limit of [1000, 1001, 1999, 5430, 17_375]) {
    const { runAt } = runs((rate) => rate <= limit);
    const { rate, failures } = await highest(1000, runAt, 0);
    assert.deepEqual(failures, []);
    assert.ok(rate <= limit && rate * 1.07 > limit, `${rate} for ${limit}`);
  }
});

test('a rate that failed is tried once more before it counts as too high', async () => {
  const failedOnce = new Set<number>();
  const { runAt } = runs((rate) => rate <= 4000 && (failedOnce.has(rate) || !failedOnce.add(rate)));
  assert.ok((await highest(1000, runAt, 0)).rate >= 3780);
});

test('where not even the first rate is clean, its failures are the result', async () => {
  const { tried, runAt } = runs(() => false);
  assert.deepEqual((await highest(500, runAt, 0)).failures, ['lost']);
  assert.deepEqual(tried, [500, 500]);
});
