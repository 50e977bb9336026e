import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addSample, filterSamples, shiftReach } from './clock-filter.ts';
import { type Candidate, select } from './selection.ts';

const server = (id: string, offsetMs: number, more: Partial<Candidate> = {}): Candidate => ({
  ...{ id, offsetMs, stratum: 2, jitterMs: 0.1, rootDistanceMs: 20 },
  ...more,
});
const marks = (candidates: Candidate[], before?: string) => {
  const { tallies } = select(candidates, before);
  return candidates.map(({ id }) => tallies.get(id)).join('');
};

test('RFC 5905 §11.2: one server is chosen, and of several that agree the nearest to a reference clock', () => {
  assert.equal(marks([]), '');
  assert.equal(marks([server('a', 5)]), '*');
  assert.equal(marks([server('a', 1), server('b', 2, { stratum: 1 }), server('c', 3)]), '+*+');
  assert.equal(marks([server('a', 1), server('b', 2, { rootDistanceMs: 10 })]), '+*');
});

test('RFC 5905 §11.2.1: who disagrees with the majority is a false ticker', () => {
  assert.equal(marks([server('a', 1), server('b', 2), server('c', 5000, { stratum: 1 })]), '*+x');
  assert.equal(marks([server('a', 1), server('b', 2), server('c', -3), server('d', 900), server('e', -900)]), '*++xx');
});

test('without a majority nobody is believed: two that disagree are both false', () => {
  assert.equal(marks([server('a', 0), server('b', 500)]), 'xx');
  assert.equal(select([server('a', 0), server('b', 500)], 'a').chosen, undefined);
});

test('RFC 5905 §11.2.2: of many that agree the one that is farthest out is an outlier', () => {
  const near = ['a', 'b', 'c', 'd'].map((id, at) => server(id, at / 100));
  assert.equal(marks([...near, server('e', 15)]).at(-1), '-');
});

test('a chosen server stays chosen while none of a better stratum is there', () => {
  const two = [server('a', 1, { rootDistanceMs: 10 }), server('b', 2)];
  assert.equal(select(two, 'b').chosen, 'b');
  assert.equal(select([server('a', 1, { stratum: 1 }), server('b', 2)], 'b').chosen, 'a');
  assert.equal(select(two, 'gone').chosen, 'a');
});

test('the order in which servers are given decides nothing but ties', () => {
  const candidate = fc.record({
    id: fc.uuid(),
    stratum: fc.integer({ min: 1, max: 15 }),
    offsetMs: fc.double({ min: -1e6, max: 1e6, noNaN: true }),
    jitterMs: fc.double({ min: 0.001, max: 100, noNaN: true }),
    rootDistanceMs: fc.double({ min: 1, max: 1500, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.uniqueArray(candidate, { maxLength: 12, selector: ({ id }) => id }), (all) => {
      const [forth, back] = [select(all, undefined), select([...all].reverse(), undefined)];
      const chosen = [...forth.tallies.values()].filter((mark) => mark === '*').length;
      assert.equal(chosen, forth.chosen === undefined ? 0 : 1);
      for (const { id } of all) assert.equal(forth.tallies.get(id) === 'x', back.tallies.get(id) === 'x');
    }),
  );
});

test('RFC 5905 §10: of eight samples that with the shortest way tells the offset, and the others the jitter', () => {
  const sample = (offsetMs: number, delayMs: number) => ({ offsetMs, delayMs, dispersionMs: 1, at: 0 });
  const all = [sample(50, 100), sample(3, 10), sample(4, 11)].reduce<ReturnType<typeof sample>[]>(addSample, []);
  const best = filterSamples(all, 0)!;
  assert.deepEqual([best.offsetMs, best.delayMs], [3, 10]);
  assert.ok(Math.abs(best.jitterMs - Math.sqrt((47 ** 2 + 1) / 2)) < 1e-9);
  assert.ok(Math.abs(best.dispersionMs - (1 / 2 + 1 / 4 + 1 / 8)) < 1e-9);
  assert.ok(filterSamples(all, 1_000_000)!.dispersionMs > best.dispersionMs + 10, 'it grows less certain');
  const many = Array.from({ length: 20 }, (_, at) => sample(at, at)).reduce<ReturnType<typeof sample>[]>(addSample, []);
  assert.deepEqual([many.length, filterSamples(many, 0)!.offsetMs], [8, 12]);
  assert.equal(filterSamples([], 0), undefined);
});

test('RFC 5905 §13: the reach register holds eight polls, and 377 is all of them', () => {
  let reach = 0;
  for (let poll = 0; poll < 20; poll++) reach = shiftReach(reach, true);
  assert.equal(reach.toString(8), '377');
  assert.equal(shiftReach(reach, false).toString(8), '376');
  for (let poll = 0; poll < 8; poll++) reach = shiftReach(reach, false);
  assert.equal(reach, 0);
});
