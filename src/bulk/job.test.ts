/** The states of a job, and when one that recurs is due again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkDeletable, JOB_STATES, type Job, type JobEvent, type JobState, nextDueAt, stateAfter } from './job.ts';

const FOLLOWS: Record<JobEvent, [from: JobState, to: JobState][]> = {
  schedule: [
    ['Hold', 'Pending'],
    ['Pending', 'Pending'],
  ],
  hold: [
    ['Pending', 'Hold'],
    ['Hold', 'Hold'],
  ],
  begin: [['Pending', 'Processing']],
  stop: [
    ['Processing', 'Stop Requested'],
    ['Stop Requested', 'Stop Requested'],
  ],
  resume: [['InComplete', 'Pending']],
  complete: [
    ['Processing', 'Completed'],
    ['Stop Requested', 'Completed'],
  ],
  break: [
    ['Processing', 'InComplete'],
    ['Stop Requested', 'InComplete'],
  ],
};

test('each state is followed by those that are drawn, and by no other', () => {
  for (const [event, allowed] of Object.entries(FOLLOWS) as [JobEvent, [JobState, JobState][]][]) {
    for (const state of JOB_STATES) {
      const [, to] = allowed.find(([from]) => from === state) ?? [];
      if (to !== undefined) assert.equal(stateAfter({ id: 1, state }, event), to);
      else assert.throws(() => stateAfter({ id: 1, state }, event), { kind: 'conflict', message: /^job 1 is / });
    }
  }
});

test('a job that works is not deleted', () => {
  for (const state of JOB_STATES) {
    const check = () => checkDeletable({ id: 1, state } as Job);
    if (state === 'Processing' || state === 'Stop Requested') assert.throws(check, { kind: 'conflict' });
    else check();
  }
});

test('a job is due again a day, a week or a month later; a month without such a day ends it', () => {
  const at = Date.UTC(2027, 0, 31, 10);
  assert.equal(nextDueAt('once', at), undefined);
  assert.equal(nextDueAt('daily', at), Date.UTC(2027, 1, 1, 10));
  assert.equal(nextDueAt('weekly', at), Date.UTC(2027, 1, 7, 10));
  assert.equal(nextDueAt('monthly', at), Date.UTC(2027, 1, 28, 10));
});
