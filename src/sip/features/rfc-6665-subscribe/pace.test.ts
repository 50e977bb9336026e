import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Pace } from './pace.ts';

test('a crowd is told in order, and after the first hundred no more in a turn than answers are read in one', async () => {
  const told: number[] = [];
  const pace = new Pace<number>((item) => told.push(item));
  for (let i = 0; i < 250; i++) pace.add(i);
  const perTurn: number[] = [];
  for (let before = 0; told.length < 250; before = told.length) {
    await turn();
    perTurn.push(told.length - before);
  }
  assert.deepEqual(
    told,
    Array.from({ length: 250 }, (_, i) => i),
  );
  assert.ok(perTurn[0]! <= 100 && perTurn.slice(1).every((count) => count <= 24), `${perTurn}`);
});

test('what takes long leaves the turn to others', async () => {
  const told: number[] = [];
  const pace = new Pace<number>((item) => {
    const until = performance.now() + 5;
    while (performance.now() < until);
    told.push(item);
  });
  for (let i = 0; i < 6; i++) pace.add(i);
  await turn();
  assert.ok(told.length > 0 && told.length < 6, String(told.length));
  while (told.length < 6) await turn();
});

test('one that is stopped tells nobody', async () => {
  const told: number[] = [];
  const pace = new Pace<number>((item) => told.push(item));
  pace.add(1);
  pace.stop();
  await turn();
  assert.deepEqual(told, []);
});
