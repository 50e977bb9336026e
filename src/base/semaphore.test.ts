import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Semaphore } from './semaphore.ts';

test('no more jobs run at a time than are let in, and they come in order', async () => {
  const semaphore = new Semaphore(2, 10);
  const started: number[] = [];
  const finish: (() => void)[] = [];
  const jobs = [0, 1, 2, 3].map((n) =>
    semaphore.run(() => {
      started.push(n);
      return new Promise<void>((resolve) => finish.push(resolve));
    }),
  );
  assert.deepEqual(started, [0, 1]);
  finish[1]!();
  await jobs[1];
  await Promise.resolve();
  assert.deepEqual(started, [0, 1, 2]);
  finish[0]!();
  await jobs[0];
  await Promise.resolve();
  assert.deepEqual(started, [0, 1, 2, 3]);
  finish[2]!();
  finish[3]!();
  await Promise.all(jobs);
});

test('a job that fails gives its place away', async () => {
  const semaphore = new Semaphore(1, 10);
  await assert.rejects(
    semaphore.run(() => Promise.reject(new Error('broken'))),
    /broken/,
  );
  assert.equal(await semaphore.run(async () => 'next'), 'next');
});

test('one more than may wait is refused', async () => {
  const semaphore = new Semaphore(1, 1);
  let finish = () => {};
  const first = semaphore.run(() => new Promise<void>((resolve) => (finish = resolve)));
  const second = semaphore.run(async () => 'second');
  await assert.rejects(
    semaphore.run(async () => 'third'),
    { kind: 'over-limit' },
  );
  finish();
  await first;
  assert.equal(await second, 'second');
});
