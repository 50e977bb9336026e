/** XEP-0050 §3.3: what was begun and waits for its form. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../../../test/support/fake-clock.ts';
import type { Session } from '../../session.ts';
import { Executions } from './executions.ts';

const session = () => ({}) as Session;

test('an execution is its session’s alone, until it is ended', () => {
  const executions = new Executions(new FakeClock());
  const [one, other] = [session(), session()];
  const id = executions.begin(one, 'user.add')!;
  assert.equal(executions.find(id, one), 'user.add');
  assert.equal(executions.find(id, other), undefined);
  executions.end(id, other);
  assert.equal(executions.find(id, one), 'user.add');
  executions.end(id, one);
  assert.equal(executions.find(id, one), undefined);
});

test('it waits half an hour, and makes room for others then', () => {
  const clock = new FakeClock();
  const executions = new Executions(clock);
  const one = session();
  const ids = Array.from({ length: 20 }, () => executions.begin(one, 'user.add')!);
  assert.equal(executions.begin(one, 'user.add'), undefined);
  clock.advance(1_800_000);
  assert.equal(executions.find(ids[0]!, one), 'expired');
  assert.ok(executions.begin(one, 'user.add'));
  executions.forget(one);
  assert.equal(executions.find(ids[1]!, one), undefined);
});
