import assert from 'node:assert/strict';
import { test } from 'node:test';
import { torture } from '../tools/torture/torture.ts';

test('What was acknowledged is kept through three kills without warning (XEP-0198 §4)', {
  timeout: 180_000,
}, async () => {
  const seed = Math.floor(Math.random() * 1e9);
  const report = await torture({ kills: 3, seed, messagesPerSecond: 200 });
  assert.deepEqual({ seed, lost: report.lost, violations: report.violations }, { seed, lost: [], violations: [] });
  assert.ok(report.acknowledged > 0 && report.received >= report.acknowledged);
});
