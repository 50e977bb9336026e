import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { spreadOf, WideMap } from './wide-map.ts';

test('a wide map is what a map is, but for the order', () => {
  const key = fc.integer({ min: 0, max: 40 }).map((number) => `user${number}@example.com`);
  const step = fc.record({ key, value: fc.option(fc.nat(), { nil: undefined }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const wide = new WideMap<string, number>(spreadOf);
      const plain = new Map<string, number>();
      for (const { key, value } of steps) {
        if (value === undefined) assert.equal(wide.delete(key), plain.delete(key));
        else {
          wide.set(key, value);
          plain.set(key, value);
        }
        assert.equal(wide.size, plain.size);
        assert.equal(wide.get(key), plain.get(key));
        assert.equal(wide.has(key), plain.has(key));
      }
      assert.deepEqual([...wide.values()].sort(), [...plain.values()].sort());
      wide.clear();
      assert.equal(wide.size, 0);
      assert.deepEqual([...wide.values()], []);
    }),
  );
});

test('texts that differ at either end, or by their numbers, are spread over all tables', () => {
  const kinds: ((number: number) => string)[] = [
    (number) => `user${number}@a-domain-that-is-rather-long.example.com`,
    (number) => `${number} presence`,
    (number) => `sip:someone@example.com;gr=${number}`,
  ];
  for (const kind of kinds) {
    const counts = new Map<number, number>();
    for (let number = 0; number < 64_000; number++) {
      const table = spreadOf(kind(number)) & 63;
      counts.set(table, (counts.get(table) ?? 0) + 1);
    }
    assert.equal(counts.size, 64, kind(1));
    assert.ok(Math.max(...counts.values()) < 3000, `${kind(1)}: ${Math.max(...counts.values())} of 1000`);
  }
});
