import assert from 'node:assert/strict';
import { test } from 'node:test';
import { add } from './profile.ts';

test('a function has the time before each of its samples, and idling is no work', () => {
  const frame = (functionName: string, url = '') => ({ functionName, url, lineNumber: 41 });
  const spent = new Map<string, number>();
  const profile = {
    nodes: [
      { id: 1, callFrame: frame('(idle)') },
      { id: 2, callFrame: frame('route', 'file:///srv/rollcall/src/xmpp/router.ts') },
      { id: 3, callFrame: frame('(garbage collector)') },
    ],
    samples: [1, 2, 2, 3],
    timeDeltas: [1000, 10, 20, 5],
  };
  add(spent, profile);
  assert.deepEqual(
    [...spent],
    [
      ['route src/xmpp/router.ts:42', 30],
      ['(garbage collector)', 5],
    ],
  );
});
