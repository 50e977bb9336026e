/** The bar that shows how far a job is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BulkJob } from '#commands/bulk.ts';
import { progressLine } from './bulk-watch.ts';

const job = (more: Partial<BulkJob>) => ({ state: 'Processing', total: 0, done: 0, ...more }) as BulkJob;

test('a job that is not counted yet shows its state, one that is shows part, rate and time left', () => {
  assert.equal(progressLine(job({ state: 'Pending' })), 'Pending');
  assert.equal(progressLine(job({ done: 7 })), 'Processing  7');
  assert.equal(
    progressLine(job({ total: 200, done: 50, perSecond: 10.2, endsAt: 16_000 }), 1000),
    `[${'#'.repeat(7)}${' '.repeat(23)}]  25%  50 of 200  10/s  15 s left`,
  );
  assert.equal(progressLine(job({ total: 3, done: 3, perSecond: 1 })), `[${'#'.repeat(30)}]  100%  3 of 3  1/s`);
});
