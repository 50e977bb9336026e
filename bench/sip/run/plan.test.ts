import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PAGE, parseRunOptions } from './options.ts';
import { cells, FULL, LOADS, QUICK } from './plan.ts';

const SERVERS = ['rollcall', 'kamailio'];

test('each cell has an id of its own that can be a file name, and each load has a cell', () => {
  const all = cells(LOADS, FULL, SERVERS);
  assert.equal(new Set(all.map(({ id }) => id)).size, all.length);
  for (const { id } of all) assert.match(id, /^[a-z0-9-]+$/);
  for (const load of LOADS) assert.ok(cells([load], QUICK, SERVERS).length > 0, load);
});

test('every cell at a rate that was found comes after the one that finds it', () => {
  const all = cells(LOADS, FULL, SERVERS);
  for (const [i, { atHighestOf }] of all.entries()) {
    if (atHighestOf === undefined) continue;
    const found = all.findIndex(({ id }) => id === atHighestOf.cell);
    assert.ok(found >= 0 && found < i);
  }
  assert.ok(!cells(LOADS, FULL, ['rollcall']).some(({ atHighestOf }) => atHighestOf !== undefined));
});

test('a hundred thousand subscriptions are measured, and there are users enough for all of them', () => {
  assert.equal(FULL.presentities * FULL.watchersEach, 100_000);
  for (const { users, presentities, watchersEach, fanouts } of [FULL, QUICK]) {
    assert.ok(users >= presentities + watchersEach && users > Math.max(...fanouts));
  }
});

test('only a whole run writes the page, unless it is asked for', () => {
  assert.equal(parseRunOptions([], SERVERS).page, PAGE);
  for (const partial of [['--quick'], ['--only', 'register'], ['--servers', 'kamailio'], ['--from', 'x']]) {
    assert.equal(parseRunOptions(partial, SERVERS).page, undefined, partial.join(' '));
    assert.equal(parseRunOptions([...partial, '--page', 'p.md'], SERVERS).page, 'p.md');
  }
});

test('names that are not known are refused with those that are', () => {
  assert.throws(() => parseRunOptions(['--only', 'regsiter'], SERVERS), /--only regsiter: out of register, publish/);
  assert.throws(() => parseRunOptions(['--servers', 'nobody'], SERVERS), /--servers nobody: out of rollcall, kamailio/);
  assert.throws(() => parseRunOptions(['--rounds', '0'], SERVERS), /--rounds 0: a whole number from 1/);
  assert.throws(() => parseRunOptions(['--profile'], SERVERS), /needs --out/);
});
