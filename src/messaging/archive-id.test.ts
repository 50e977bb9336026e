import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { firstIdAt, nextId, parseArchiveId, takenAt } from './archive-id.ts';

const instant = fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2109, 0) });
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test('XEP-0313 §3.1.1: ids grow with each message, whatever the clock does, and are safe integers', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(instant, random), { maxLength: 100 }), (times) => {
      let last = 0;
      for (const [now, chance] of times) {
        const id = nextId(last, now, chance);
        assert.ok(id > last && Number.isSafeInteger(id));
        last = id;
      }
    }),
  );
});

test('an id tells when its message was taken, and lies between those of the milliseconds around it', () => {
  fc.assert(
    fc.property(instant, random, (now, chance) => {
      const id = nextId(0, now, chance);
      assert.equal(takenAt(id), now);
      assert.ok(firstIdAt(now) <= id && id < firstIdAt(now + 1));
    }),
  );
});

test('XEP-0313 §3: an id is not to be guessed from the time, nor from the one before', () => {
  const now = Date.UTC(2026, 0);
  assert.ok(new Set(Array.from({ length: 50 }, () => nextId(0, now))).size > 25);
  const last = nextId(0, now);
  assert.ok(new Set(Array.from({ length: 50 }, () => nextId(last, now - 1000))).size > 5);
});

test('what is written is read back the same, and nothing else is an id', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (id) => {
      assert.equal(parseArchiveId(String(id)), id);
    }),
  );
  for (const text of [
    '',
    '0',
    '-1',
    '01',
    ' 1',
    '1 ',
    '1.5',
    '1e3',
    '0x1',
    '9007199254740992',
    '28482-98726-73623',
    '٣',
  ]) {
    assert.equal(parseArchiveId(text), undefined, text);
  }
});
