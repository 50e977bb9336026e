import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { SlicedQueue } from './sliced-queue.ts';

test('what is queued twice before its turn is done once', async () => {
  const done: string[] = [];
  const queue = new SlicedQueue<string>((item) => {
    done.push(item);
    return undefined;
  });
  for (const item of ['a', 'b', 'a']) queue.push(item);
  assert.deepEqual(done, []);
  await turn();
  assert.deepEqual(done, ['a', 'b']);
  queue.push('a');
  await turn();
  assert.deepEqual(done, ['a', 'b', 'a']);
});

test('work that takes long is spread over several turns, and what has more to do goes on', async () => {
  let left = 40;
  const queue = new SlicedQueue<string>(() => {
    const until = performance.now() + 1;
    while (performance.now() < until);
    return --left > 0 ? 'more' : undefined;
  });
  queue.push('much');
  await turn();
  assert.ok(left > 0, 'all was done in one turn');
  while (queue.size > 0) await turn();
  assert.equal(left, 0);
});

test('drain does all that is left at once', () => {
  const done: number[] = [];
  const queue = new SlicedQueue<number>((item) => {
    done.push(item);
    return undefined;
  });
  for (const item of [1, 2, 3]) queue.push(item);
  queue.drain();
  assert.deepEqual(done, [1, 2, 3]);
  assert.equal(queue.size, 0);
});
