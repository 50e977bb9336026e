import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { Deadlines } from './deadlines.ts';

function make(): { clock: FakeClock; due: string[]; deadlines: Deadlines<string> } {
  const clock = new FakeClock();
  const due: string[] = [];
  return { clock, due, deadlines: new Deadlines<string>(clock, (item) => due.push(item)) };
}

test('things fall due in the order of their times, never early and at most a second late', () => {
  const { clock, due, deadlines } = make();
  const start = clock.now();
  deadlines.set('later', start + 5500);
  deadlines.set('soon', start + 1200);
  clock.advance(1199);
  assert.deepEqual(due, []);
  clock.advance(1001);
  assert.deepEqual(due, ['soon']);
  clock.advance(10_000);
  assert.deepEqual(due, ['soon', 'later']);
  assert.equal(deadlines.size, 0);
});

test('what is put off falls due once, at the later time; what is brought forward at the earlier', () => {
  const { clock, due, deadlines } = make();
  const start = clock.now();
  for (let i = 1; i <= 100; i++) deadlines.set('refreshed', start + i * 1000);
  deadlines.set('hurried', start + 60_000);
  deadlines.set('hurried', start + 2000);
  clock.advance(99_000);
  assert.deepEqual(due, ['hurried']);
  clock.advance(2000);
  assert.deepEqual(due, ['hurried', 'refreshed']);
});

test('what is past already falls due with the next tick, and what was taken back never', () => {
  const { clock, due, deadlines } = make();
  deadlines.set('past', clock.now() - 5000);
  deadlines.set('gone', clock.now() + 1000);
  deadlines.delete('gone');
  clock.advance(2000);
  assert.deepEqual(due, ['past']);
});

test('what falls due may be set again while it does', () => {
  const clock = new FakeClock();
  let times = 0;
  const deadlines: Deadlines<string> = new Deadlines(clock, (item) => {
    if (++times < 3) deadlines.set(item, clock.now() + 1000);
  });
  deadlines.set('again', clock.now() + 1000);
  clock.advance(10_000);
  assert.equal(times, 3);
});

test('a hundred thousand that fall due at once do so in slices, those put off meanwhile later', async () => {
  const { clock, due, deadlines } = make();
  const at = clock.now() + 5000;
  for (let i = 0; i < 100_000; i++) deadlines.set(String(i), at);
  clock.advance(6000);
  const first = due.length;
  assert.ok(first > 0 && first < 100_000, String(first));
  deadlines.set('99999', clock.now() + 60_000);
  deadlines.delete('99998');
  while (due.length < 99_998) await new Promise(setImmediate);
  assert.equal(deadlines.size, 1);
  clock.advance(62_000);
  assert.equal(due.at(-1), '99999');
  assert.equal(due.includes('99998'), false);
});

test('whatever is set, put off, brought forward and taken back: each falls due once, in its second', () => {
  const step = fc.record({ item: fc.nat(5), after: fc.nat(20_000), wait: fc.nat(4000), remove: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const clock = new FakeClock();
      const wanted = new Map<number, number>();
      const deadlines = new Deadlines<number>(clock, (item) => {
        const at = wanted.get(item);
        assert.ok(at !== undefined, 'it was not expected');
        assert.ok(clock.now() >= at && clock.now() - at <= 2000, `${clock.now() - at} ms late`);
        wanted.delete(item);
      });
      for (const { item, after, wait, remove } of steps) {
        if (remove) {
          deadlines.delete(item);
          wanted.delete(item);
        } else {
          deadlines.set(item, clock.now() + after);
          wanted.set(item, clock.now() + after);
        }
        clock.advance(wait);
      }
      clock.advance(60_000);
      assert.equal(wanted.size, 0);
      assert.equal(deadlines.size, 0);
    }),
  );
});
