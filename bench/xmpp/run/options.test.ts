import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PAGE, parseRunOptions } from './options.ts';
import { cells, DEFAULT_SCENARIOS, FULL, QUICK, SCENARIOS } from './plan.ts';

const SERVERS = ['rollcall', 'prosody-tuned', 'ejabberd', 'prosody'];

test('only a whole run writes the page, unless it is asked for', () => {
  assert.equal(parseRunOptions([], SERVERS).page, PAGE);
  for (const partial of [['--quick'], ['--only', 'login'], ['--servers', 'prosody'], ['--from', 'x']]) {
    assert.equal(parseRunOptions(partial, SERVERS).page, undefined, partial.join(' '));
    assert.equal(parseRunOptions([...partial, '--page', 'p.md'], SERVERS).page, 'p.md');
  }
});

test('names that are not known are refused with those that are', () => {
  assert.throws(() => parseRunOptions(['--only', 'logni'], SERVERS), /--only logni: out of start, idle, login/);
  assert.throws(() => parseRunOptions(['--servers', 'rollcall,nobody'], SERVERS), /--servers nobody: out of rollcall/);
  assert.throws(() => parseRunOptions(['--rounds', '0'], SERVERS), /--rounds 0: a whole number from 1/);
  assert.throws(() => parseRunOptions(['--key', 'dsa'], SERVERS), /ec or rsa/);
  assert.throws(() => parseRunOptions(['--profile'], SERVERS), /needs --out/);
});

test('each cell has an id of its own that can be a file name, and each scenario has a cell', () => {
  const all = cells(SCENARIOS, FULL);
  assert.equal(new Set(all.map(({ id }) => id)).size, all.length);
  for (const { id } of all) assert.match(id, /^[a-z0-9-]+$/);
  for (const name of SCENARIOS) assert.ok(cells([name], QUICK).length > 0, name);
  assert.ok(!cells(DEFAULT_SCENARIOS, FULL).some(({ setup }) => setup === 'sqlite'));
});
