import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Recent } from './recent.ts';

test('what was not asked for lately is forgotten, and no more than the limit is kept', () => {
  const recent = new Recent<number>(10);
  for (let i = 0; i < 100; i++) {
    recent.set(`text ${i}`, i);
    assert.ok(recent.size <= 10);
  }
  assert.equal(recent.get('text 99'), 99);
  assert.equal(recent.get('text 0'), undefined);
});

test('what is asked for again and again stays', () => {
  const recent = new Recent<number>(10);
  recent.set('kept', -1);
  for (let i = 0; i < 100; i++) {
    recent.set(`text ${i}`, i);
    assert.equal(recent.get('kept'), -1);
  }
});
