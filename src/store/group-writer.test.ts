import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Failure } from '#base/failure.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import type { Group, UnitOutcome } from './group.ts';
import { GroupWriter } from './group-writer.ts';

const PUT = 'insert into notes (id, body) values (?, ?)';
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A disk that answers when it is told to. */
class Disk {
  clock = new FakeClock();
  sent: { group: Group; done(outcomes?: UnitOutcome[]): void; failed(error: Error): void }[] = [];
  probes: { done(): void; failed(error: Error): void }[] = [];
  writer = new GroupWriter(
    {
      code: (sql) => sql,
      carryOut: (group) =>
        new Promise((resolve, reject) =>
          this.sent.push({ group, done: (outcomes = []) => resolve(outcomes), failed: reject }),
        ),
      probe: () => new Promise((resolve, reject) => this.probes.push({ done: resolve, failed: reject })),
      probeAfterMs: (attempt) => 100 * (attempt + 1),
    },
    this.clock,
  );
}

it('a writer sends one group at a time, and gathers the next meanwhile', async () => {
  const { writer, sent } = new Disk();
  writer.append(PUT, [1, 'a']);
  await turn();
  for (let id = 2; id < 5; id++) writer.append(PUT, [id, 'a']);
  await turn();
  assert.equal(sent.length, 1);
  sent[0]!.done();
  await turn();
  assert.deepEqual(
    sent[1]!.group.list.filter((value) => typeof value === 'number' && value !== 2),
    [3, 4],
  );
});

it('a writer whose disk does not answer takes no more than it can hold', async () => {
  const { writer, sent } = new Disk();
  const body = 'x'.repeat(1 << 20);
  let taken = 0;
  for (; taken < 100; taken++) {
    const commit = writer.append(PUT, [taken, body]);
    if (commit.state === 'failed') {
      assert.ok(commit.error instanceof Failure && commit.error.kind === 'over-limit');
      break;
    }
  }
  assert.ok(taken > 50 && taken < 70);
  await assert.rejects(writer.write([{ sql: PUT, values: [1, body] }]), { kind: 'over-limit' });
  assert.equal(writer.health().state, 'ok');
  await turn();
  sent[0]!.done();
  await turn();
  assert.equal(writer.append(PUT, [1, 'small']).state, 'pending', 'there is room again');
});

it('a failing writer fails all that waits, in the order of the calls, and probes until one succeeds', async () => {
  const { writer, sent, probes, clock } = new Disk();
  const settled: number[] = [];
  for (let id = 0; id < 3; id++) {
    writer.append(PUT, [id, 'a']).onSettled(() => settled.push(id));
    await turn();
  }
  const unit = writer.write([{ sql: PUT, values: [3, 'a'] }]);
  sent[0]!.failed(new Failure('store-failing', 'disk full'));
  await assert.rejects(unit, { kind: 'store-failing', message: 'disk full' });
  assert.deepEqual(settled, [0, 1, 2]);
  assert.equal(sent.length, 1);
  assert.deepEqual(writer.health(), { state: 'failing', sinceAt: clock.now(), reason: 'disk full' });

  clock.advance(100);
  await turn();
  probes[0]!.failed(new Failure('store-failing', 'still full'));
  await turn();
  assert.equal(writer.health().reason, 'still full');
  clock.advance(199);
  await turn();
  assert.equal(probes.length, 1, 'it takes its time');
  clock.advance(1);
  await turn();
  probes[1]!.done();
  await turn();
  assert.deepEqual(writer.health(), { state: 'ok' });
  assert.equal(writer.append(PUT, [4, 'a']).state, 'pending');
});

it('a commit tells all who wait for it, though one of them throws', async (t) => {
  const { writer, sent } = new Disk();
  const later = t.mock.method(globalThis, 'queueMicrotask', () => {});
  const commit = writer.append(PUT, [1, 'a']);
  commit.onSettled(() => {
    throw new Error('a listener');
  });
  const told = new Promise<void>((resolve) => commit.onSettled(resolve));
  await turn();
  sent[0]!.done();
  await told;
  const thrown = later.mock.calls.map(({ arguments: [run] }) => run);
  assert.equal(thrown.length, 1);
  assert.throws(thrown[0]!, /a listener/, 'the process hears of it');
});
