import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemWallClock } from './wall-clock.ts';

/** A machine whose clock shows whole milliseconds, and whose reading takes a while. */
function machine() {
  let monotonicMs = 500;
  let trueMs = 1_000_000.37;
  const pass = (ms: number) => {
    monotonicMs += ms;
    trueMs += ms;
  };
  return {
    pass,
    step(ms: number) {
      trueMs += ms;
    },
    truth: () => trueMs,
    system() {
      pass(0.001);
      return Math.floor(trueMs);
    },
    monotonic() {
      pass(0.001);
      return monotonicMs;
    },
  };
}

test('the time between two milliseconds is told, though the system shows only whole ones', () => {
  const { system, monotonic, pass, truth } = machine();
  const wall = systemWallClock(system, monotonic);
  for (const ms of [0, 0.2, 0.4, 7.77, 1000]) {
    pass(ms);
    assert.ok(Math.abs(wall() - truth()) < 0.01, `after ${ms} ms`);
  }
});

test('when somebody sets the clock, it is followed', () => {
  const { system, monotonic, step, truth } = machine();
  const wall = systemWallClock(system, monotonic);
  wall();
  for (const ms of [5000, -70_000, 3.5, -2]) {
    step(ms);
    assert.ok(Math.abs(wall() - truth()) < 0.01, `set by ${ms} ms`);
  }
});

test('a clock whose milliseconds stand still is no reason to wait', () => {
  let now = 0;
  const wall = systemWallClock(
    () => 42,
    () => {
      now += 0.001;
      return now;
    },
  );
  assert.ok(wall() >= 42);
});

test('the real clock is in step with what the system shows', () => {
  const wall = systemWallClock();
  for (let i = 0; i < 1000; i++) {
    const before = Date.now();
    const told = wall();
    assert.ok(told >= before - 1.1 && told <= Date.now() + 1.1);
  }
});
