import assert from 'node:assert/strict';
import { it } from 'node:test';
import { countPlaceholders, splitAtPlaceholders } from './placeholders.ts';

it('SQL: a `?` stands for a value outside of strings, quoted names and comments only', () => {
  assert.deepEqual(splitAtPlaceholders('select ?, ? from t'), ['select ', ', ', ' from t']);
  assert.deepEqual(splitAtPlaceholders('select 1'), ['select 1']);
  const quoted = `select '?', 'it''s ?', "?" -- ?\n, /* ? \n ? */ ?`;
  assert.deepEqual(splitAtPlaceholders(quoted), [quoted.slice(0, -1), '']);
  assert.equal(countPlaceholders('values (?, ?, ?)'), 3);
});
