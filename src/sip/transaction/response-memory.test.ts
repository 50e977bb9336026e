import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ResponseMemory } from './response-memory.ts';

const KEPT_MS = 32_000;

describe('RFC 3261 §17.2.2: what was answered', () => {
  test('is given again for 32 seconds, and not after', () => {
    let now = 0;
    const memory = new ResponseMemory(
      () => now,
      KEPT_MS,
      () => 10,
    );
    memory.set('a', 'SIP/2.0 200 OK', '192.0.2.1');
    now = KEPT_MS;
    assert.deepEqual(memory.get('a'), { response: 'SIP/2.0 200 OK', to: '192.0.2.1' });
    now++;
    assert.equal(memory.get('a'), undefined);
  });

  test('goes, the oldest first, when there is no more room', () => {
    const memory = new ResponseMemory(
      () => 0,
      KEPT_MS,
      () => 2,
    );
    for (const key of ['a', 'b', 'c']) memory.set(key, key, '');
    assert.deepEqual(
      ['a', 'b', 'c'].map((key) => memory.has(key)),
      [false, true, true],
    );
    assert.equal(memory.size, 2);
  });

  test('can be forgotten, and answered anew', () => {
    const memory = new ResponseMemory(
      () => 0,
      KEPT_MS,
      () => 10,
    );
    memory.set('a', 'one', '');
    memory.delete('a');
    assert.equal(memory.has('a'), false);
    memory.set('a', 'two', '');
    assert.equal(memory.get('a')?.response, 'two');
  });

  test('of whatever size and number, is what a plain list of it would be', () => {
    const step = fc.record({ key: fc.nat(60), length: fc.nat(9000), afterMs: fc.nat(3000) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 1500, size: 'max' }), fc.integer({ min: 1, max: 600 }), (steps, max) => {
        let now = 0;
        const memory = new ResponseMemory(
          () => now,
          KEPT_MS,
          () => max,
        );
        let known: { key: string; response: string; at: number }[] = [];
        for (const { key, length, afterMs } of steps) {
          now += afterMs;
          const response = String(key).repeat(length).slice(0, length);
          memory.set(`key ${key}`, response, '192.0.2.1');
          known = [...known, { key: `key ${key}`, response, at: now }].slice(-max);
          const last = known.findLast((one) => one.key === `key ${key}` && now - one.at <= KEPT_MS);
          assert.equal(memory.get(`key ${key}`)?.response, last?.response);
        }
        assert.ok(memory.size <= max);
        // Bytes are bounded as well, so of large ones fewer are kept; those that are kept are right.
        for (const one of known) {
          const found = memory.get(one.key)?.response;
          const right = known.filter(({ key }) => key === one.key).map(({ response }) => response);
          assert.ok(found === undefined || right.includes(found));
        }
      }),
      { numRuns: 60 },
    );
  });

  test('tens of thousands take no more than a kilobyte each', () => {
    const memory = new ResponseMemory(
      () => 0,
      KEPT_MS,
      () => 50_000,
    );
    for (let i = 0; i < 120_000; i++) memory.set(`z9hG4bK${i} 127.0.0.1 REGISTER`, 'x'.repeat(400), '127.0.0.1');
    assert.equal(memory.size, 50_000);
    assert.equal(memory.get('z9hG4bK119999 127.0.0.1 REGISTER')?.response.length, 400);
    assert.equal(memory.has('z9hG4bK69999 127.0.0.1 REGISTER'), false);
    assert.equal(memory.has('z9hG4bK70000 127.0.0.1 REGISTER'), true);
  });
});
