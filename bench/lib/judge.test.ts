import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Cell, Figure } from './figure.ts';
import { judge } from './judge.ts';
import { median } from './median.ts';
import type { Result } from './report.ts';

const METRIC = 'server CPU us/message';

function runs(...values: (number | 'failed')[]): Result[] {
  const usage = { wallMs: 1, serverCpuMs: 0, toolCpuMs: 0, otherCpuMs: 0, serverWrittenBytes: 0 };
  const common = { label: '', scenario: 'message', variant: '', tls: 'none', at: '', parameters: {}, usage };
  return values.map((value) => ({
    ...common,
    metrics: { [METRIC]: value === 'failed' ? 1 : value },
    failures: value === 'failed' ? ['lost'] : [],
    checks: {},
    warnings: [],
  }));
}

function verdict(figure: Figure, results: Record<string, Result[]>) {
  const cell: Cell = { id: 'm', title: 'm', figures: [figure] };
  return judge(cell, figure, new Map(Object.entries(results)), 'rollcall', ['ejabberd', 'prosody-tuned']);
}

test('the median of an even number of rounds is the mean of the two in the middle', () => {
  assert.equal(median([9, 1, 3]), 3);
  assert.equal(median([4, 1, 3, 100]), 3.5);
  assert.ok(Number.isNaN(median([])));
});

test('a ratio is taken to the better of the peers, by the median of each', () => {
  const { rival, ratio, met } = verdict(
    { metric: METRIC, target: { atMost: 0.45, of: 'better' } },
    { rollcall: runs(20, 21, 60), ejabberd: runs(80), 'prosody-tuned': runs(40, 42, 500) },
  );
  assert.deepEqual(rival, { name: 'prosody-tuned', value: 42 });
  assert.equal(ratio, 0.5);
  assert.equal(met, false);
});

test('a target against ejabberd looks at no other peer, and an absolute one at none', () => {
  const results = { rollcall: runs(20), ejabberd: runs(20), 'prosody-tuned': runs(1) };
  assert.equal(verdict({ metric: METRIC, target: { atMost: 1, of: 'ejabberd' } }, results).met, true);
  assert.equal(verdict({ metric: METRIC, target: { atMost: 19, of: 'absolute' } }, results).met, false);
});

test('no ratio is taken to a figure that is not above zero', () => {
  const { rival, ratio } = verdict(
    { metric: METRIC, target: { atMost: 61, of: 'absolute' } },
    { rollcall: runs(50), ejabberd: runs(-7), 'prosody-tuned': runs(80) },
  );
  assert.deepEqual([rival?.name, ratio], ['prosody-tuned', 0.625]);
});

test('a run that lost something has no figure, and what was not measured is neither met nor missed', () => {
  const figure: Figure = { metric: METRIC, target: { atMost: 0.5, of: 'better' } };
  const lost = verdict(figure, { rollcall: runs('failed'), ejabberd: runs(80) });
  assert.deepEqual([lost.ours, lost.ratio, lost.met], [undefined, undefined, undefined]);
  const alone = verdict(figure, { rollcall: runs(20) });
  assert.deepEqual([alone.ours, alone.rival, alone.met], [20, undefined, undefined]);
});
