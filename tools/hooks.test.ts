import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { HOOKS_PAGE, hooksPage, usesOf } from './hooks.ts';

test('docs/hooks.md tells of the hooks that there are now', async () => {
  const advice = 'docs/hooks.md is stale: run "sh tools/node24 tools/hooks.ts"';
  assert.equal(readFileSync(HOOKS_PAGE, 'utf8'), await hooksPage(), advice);
});

test('every hook is run by somebody', async () => {
  const idle = (await hooksPage()).split('\n').filter((line) => /^\| `[^|]*\|[^|]*\|[^|]*\|\s*\|/.test(line));
  assert.deepEqual(idle, []);
});

test('who registers takes a hook, who only asks whether there is a handler does nothing with it, all others run it', () => {
  const code = new Map([
    ['a.ts', "hooks.on(saidSo, 'observe', run); hooks.on(\n  saidSo,\n  'block', run);"],
    ['b.ts', 'if (hooks.has(saidSo)) hooks.run(saidSo, it);'],
    ['c.ts', 'tell(saidSo, it); saidSoTwice();'],
    ['d.ts', 'hooks.has(saidSo); hooks.run(saidSoTwice, it);'],
  ]);
  assert.deepEqual(usesOf('saidSo', code), {
    run: ['`b.ts`', '`c.ts`'],
    taken: ['`a.ts` (observe)', '`a.ts` (block)'],
  });
});
