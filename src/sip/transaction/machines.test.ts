/** The machines as RFC 3261 §17 draws them (figures 5 to 8, with those of RFC 6026 in the place of 5 and 7). */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as inviteClient from './invite-client.ts';
import * as inviteServer from './invite-server.ts';
import * as nonInviteClient from './non-invite-client.ts';
import * as nonInviteServer from './non-invite-server.ts';

type Row = [state: string, input: string, unreliable: string, reliable?: string];
type Step = (state: never, input: never, reliable: boolean) => readonly string[];

/** A result is the state, and what to do, in order. */
function follows(step: Step, rows: readonly Row[]): void {
  for (const [state, input, unreliable, reliable = unreliable] of rows) {
    test(`${state}, ${input}: ${unreliable}`, () => {
      assert.equal(step(state as never, input as never, false).join(', '), unreliable);
      assert.equal(step(state as never, input as never, true).join(', '), reliable);
    });
  }
}

/** Whatever comes in whatever state, it goes on; and what has ended does nothing any more. */
function holds(step: Step, states: readonly string[], inputs: readonly string[]): void {
  test('every input is taken in every state, and nothing happens after the end', () => {
    for (const state of states) {
      for (const input of inputs) {
        const [next, ...actions] = step(state as never, input as never, false);
        assert.ok(states.includes(next!), `${state}, ${input}`);
        if (state === 'terminated') assert.deepEqual([next, actions], ['terminated', []]);
        if (next === 'terminated' && state !== next) assert.ok(actions.includes('end'), `${state}, ${input}`);
      }
    }
  });
}

describe('RFC 6026 §7.1: the INVITE server transaction', () => {
  const { step } = inviteServer;
  follows(step, [
    ['proceeding', 'request', 'proceeding, send again'],
    ['proceeding', 'provisional', 'proceeding, send'],
    ['proceeding', '2xx', 'accepted, stop, send, start L'],
    ['proceeding', 'failure', 'completed, stop, send, start G, start H', 'completed, stop, send, start H'],
    ['proceeding', 'ack', 'proceeding'],
    ['proceeding', 'transport error', 'terminated, stop, fail, end'],
    ['completed', 'request', 'completed, send again'],
    ['completed', 'timer G', 'completed, send again, start G'],
    ['completed', 'ack', 'confirmed, stop, start I', 'terminated, stop, end'],
    ['completed', 'timer H', 'terminated, stop, fail, end'],
    ['confirmed', 'ack', 'confirmed'],
    ['confirmed', 'request', 'confirmed'],
    ['confirmed', 'timer I', 'terminated, stop, end'],
    ['accepted', 'request', 'accepted'],
    ['accepted', '2xx', 'accepted, send'],
    ['accepted', 'ack', 'accepted, pass'],
    ['accepted', 'timer L', 'terminated, stop, end'],
  ]);
  const inputs = ['request', 'provisional', '2xx', 'failure', 'ack', 'timer G', 'timer H', 'timer I', 'timer L'];
  holds(step, ['proceeding', 'completed', 'confirmed', 'accepted', 'terminated'], [...inputs, 'transport error']);
});

describe('RFC 3261 §17.2.2: the non-INVITE server transaction', () => {
  const { step } = nonInviteServer;
  follows(step, [
    ['trying', 'request', 'trying'],
    ['trying', 'provisional', 'proceeding, send'],
    ['trying', 'final', 'completed, stop, send, start J', 'terminated, stop, send, end'],
    ['trying', 'given up', 'terminated, stop, end'],
    ['proceeding', 'request', 'proceeding, send again'],
    ['proceeding', 'provisional', 'proceeding, send'],
    ['proceeding', 'final', 'completed, stop, send, start J', 'terminated, stop, send, end'],
    ['completed', 'request', 'completed, send again'],
    ['completed', 'final', 'completed'],
    ['completed', 'timer J', 'terminated, stop, end'],
    ['completed', 'transport error', 'terminated, stop, end'],
  ]);
  const inputs = ['request', 'provisional', 'final', 'given up', 'timer J', 'transport error'];
  holds(step, ['trying', 'proceeding', 'completed', 'terminated'], inputs);
});

describe('RFC 6026 §7.2: the INVITE client transaction', () => {
  const { step } = inviteClient;
  follows(step, [
    ['calling', 'begin', 'calling, start A, start B, send', 'calling, start B, send'],
    ['calling', 'timer A', 'calling, start A, send'],
    ['calling', 'timer B', 'terminated, stop, end, fail: timeout'],
    ['calling', 'provisional', 'proceeding, stop, pass'],
    ['calling', '2xx', 'accepted, stop, start M, pass'],
    ['calling', 'failure', 'completed, stop, acknowledge, start D, pass', 'terminated, stop, acknowledge, end, pass'],
    ['calling', 'transport error', 'terminated, stop, end, fail: transport'],
    ['proceeding', 'provisional', 'proceeding, pass'],
    ['proceeding', '2xx', 'accepted, stop, start M, pass'],
    ['proceeding', 'timer A', 'proceeding'],
    ['proceeding', 'timer B', 'terminated, stop, end, fail: timeout'],
    ['completed', 'failure', 'completed, acknowledge'],
    ['completed', 'provisional', 'completed'],
    ['completed', 'timer D', 'terminated, stop, end'],
    ['completed', 'transport error', 'terminated, stop, end'],
    ['accepted', '2xx', 'accepted, pass'],
    ['accepted', 'failure', 'accepted'],
    ['accepted', 'timer M', 'terminated, stop, end'],
  ]);
  const inputs = ['provisional', '2xx', 'failure', 'timer A', 'timer B', 'timer D', 'timer M', 'transport error'];
  holds(step, ['calling', 'proceeding', 'completed', 'accepted', 'terminated'], inputs);
});

describe('RFC 3261 §17.1.2: the non-INVITE client transaction', () => {
  const { step } = nonInviteClient;
  follows(step, [
    ['trying', 'begin', 'trying, start E, start F, send', 'trying, start F, send'],
    ['trying', 'timer E', 'trying, start E, send'],
    ['trying', 'provisional', 'proceeding, pass'],
    ['trying', 'final', 'terminated, stop, end, pass'],
    ['trying', 'timer F', 'terminated, stop, end, fail: timeout'],
    ['trying', 'transport error', 'terminated, stop, end, fail: transport'],
    ['proceeding', 'timer E', 'proceeding, start E slowly, send'],
    ['proceeding', 'provisional', 'proceeding, pass'],
    ['proceeding', 'final', 'terminated, stop, end, pass'],
    ['proceeding', 'timer F', 'terminated, stop, end, fail: timeout'],
  ]);
  holds(
    step,
    ['trying', 'proceeding', 'terminated'],
    ['provisional', 'final', 'timer E', 'timer F', 'transport error'],
  );
});
