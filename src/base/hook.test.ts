import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from './failure.ts';
import { Hooks, hook } from './hook.ts';

interface Said {
  readonly heard: string[];
}

const said = hook<Said>()('test.said', ['block', 'keep', 'deliver', 'observe']);

function world() {
  const failed: string[] = [];
  const hooks = new Hooks((name, error) => failed.push(`${name}: ${(error as Error).message}`));
  const run = () => {
    const context = { heard: [] as string[] };
    return { stopped: hooks.run(said, context), heard: context.heard };
  };
  const hear =
    (name: string) =>
    ({ heard }: Said) =>
      void heard.push(name);
  return { hooks, failed, run, hear };
}

test('phases run in their order, whatever the order of registration; within one, that order holds', () => {
  const { hooks, run, hear } = world();
  hooks.on(said, 'deliver', hear('deliver'));
  hooks.on(said, 'keep', hear('keep 1'));
  hooks.on(said, 'block', hear('block'));
  hooks.on(said, 'keep', hear('keep 2'));
  assert.deepEqual(run(), { stopped: undefined, heard: ['block', 'keep 1', 'keep 2', 'deliver'] });
});

test('a hook that nobody listens to does nothing', () => {
  const { hooks, run } = world();
  assert.equal(hooks.has(said), false);
  assert.deepEqual(run(), { stopped: undefined, heard: [] });
});

test("a handler that says 'stop' is the last", () => {
  const { hooks, run, hear } = world();
  hooks.on(said, 'block', hear('first'));
  hooks.on(said, 'block', () => 'stop');
  hooks.on(said, 'deliver', hear('never'));
  assert.deepEqual(run(), { stopped: 'stop', heard: ['first'] });
});

test('a handler that was withdrawn is not called, and may be withdrawn twice', () => {
  const { hooks, run, hear } = world();
  const withdraw = hooks.on(said, 'keep', hear('one'));
  hooks.on(said, 'keep', hear('two'));
  withdraw();
  withdraw();
  assert.deepEqual(run().heard, ['two']);
  assert.equal(hooks.has(said), true);
});

test('what registers or withdraws while a hook runs holds from its next run on', () => {
  const { hooks, run, hear } = world();
  let withdraw = () => {};
  hooks.on(said, 'block', () => {
    withdraw();
    hooks.on(said, 'deliver', hear('new'));
  });
  withdraw = hooks.on(said, 'keep', hear('old'));
  assert.deepEqual(run().heard, ['old']);
  assert.deepEqual(run().heard, ['new']);
});

test('a handler that fails is reported, and the next one runs', () => {
  const { hooks, failed, run, hear } = world();
  hooks.on(said, 'keep', () => {
    throw new Error('broken');
  });
  hooks.on(said, 'keep', hear('next'));
  assert.deepEqual(run(), { stopped: undefined, heard: ['next'] });
  assert.deepEqual(failed, ['test.said: broken']);
});

test('where a phase guards, a handler that fails stops the flow', () => {
  const { hooks, failed, run, hear } = world();
  hooks.on(said, 'block', () => {
    throw new Error('broken');
  });
  hooks.on(said, 'deliver', hear('never'));
  assert.throws(run, /broken/);
  assert.deepEqual(failed, []);
});

test('a Failure is a refusal in every phase that acts, and a mere fault in one that looks on', () => {
  const { hooks, failed, run } = world();
  const withdraw = hooks.on(said, 'keep', () => {
    throw new Failure('over-limit', 'full');
  });
  assert.throws(run, { kind: 'over-limit' });
  withdraw();
  hooks.on(said, 'observe', () => {
    throw new Failure('malformed', 'odd');
  });
  assert.equal(run().stopped, undefined);
  assert.deepEqual(failed, ['test.said: odd']);
});

test('the hooks of two servers know nothing of each other', () => {
  const one = world();
  const other = world();
  one.hooks.on(said, 'keep', one.hear('one'));
  assert.deepEqual(other.run().heard, []);
});
