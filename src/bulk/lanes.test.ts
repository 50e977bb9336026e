/** Work in lanes: side by side, but in order where it has to be. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { inLanes } from './lanes.ts';

test('items of a lane keep their order, and no more lanes than allowed are worked on', async () => {
  const done: string[] = [];
  let [now, most] = [0, 0];
  await inLanes(
    ['a1', 'b1', 'a2', 'c1', 'b2', 'a3'],
    (item) => item[0]!,
    2,
    async (item) => {
      most = Math.max(most, ++now);
      await turn();
      done.push(item);
      now--;
    },
  );
  for (const lane of ['a', 'b', 'c']) {
    const own = done.filter((item) => item.startsWith(lane));
    assert.deepEqual(own, own.toSorted());
  }
  assert.equal(most, 2);
  assert.equal(done.length, 6);
});

test('after a failure nothing else begins', async () => {
  const begun: number[] = [];
  const work = inLanes([1, 2, 3, 4], String, 2, async (item) => {
    begun.push(item);
    await turn();
    if (item === 1) throw new Error('no');
    await turn();
  });
  await assert.rejects(work, { message: 'no' });
  assert.deepEqual(begun, [1, 2]);
});
