/** A bulk job on a server in a process of its own, which is killed in the middle of it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { askServer } from '#cli/control-client.ts';
import type { BulkJob } from '#commands/bulk.ts';
import { startRollcall } from './support/rollcall-server.ts';
import { until } from './support/until.ts';

const LINES = 120;

test('a job whose server is killed is not begun again by itself; resumed, it does each line, and none is lost', async (t) => {
  const data = mkdtempSync(join(tmpdir(), 'bulk-'));
  t.after(() => rmSync(data, { recursive: true, force: true, maxRetries: 3 }));
  const server = await startRollcall({
    domain: 'example.test',
    users: [{ name: 'romeo', password: 'wherefore art thou' }],
    dataDir: data,
    settings: { 'bulk.recordsPerStep': '5', 'bulk.linesPerSecond': '100' },
  });
  t.after(() => server.stop());
  const ask = async (name: string, input: object) => (await askServer(data, name, input))!.output as BulkJob;
  const line = (i: number) => `romeo,example.test,${i === 7 ? 'romeo' : `c${i}`},example.test,,Friends,2`;
  const piece = Buffer.from(Array.from({ length: LINES }, (_, i) => line(i)).join('\n')).toString('base64');
  await ask('bulk.upload', { name: 'list.csv', transaction: 'import-contacts', piece, last: true });
  const { id } = await ask('bulk.submit', { transaction: 'import-contacts', file: 'list.csv' });
  await until('some lines are done', async () => (await ask('bulk.job', { id })).done >= 20, { everyMs: 5 });
  await server.kill9();
  await server.restart();

  const broken = await ask('bulk.job', { id });
  assert.equal(`${broken.state} ${broken.result}`, 'InComplete Failure');
  assert.match(broken.reason, /resume it/);
  assert.ok(broken.done >= 20 && broken.done < LINES);
  assert.equal(broken.figures.unprocessed, LINES - broken.done);

  await ask('bulk.resume', { id });
  const ended = await until('the job ends', async () => {
    const job = await ask('bulk.job', { id });
    return job.state === 'Completed' && job.log !== '' ? job : undefined;
  });
  assert.deepEqual(ended.figures, { done: LINES - 1, failed: 0, ignored: 1, unprocessed: 0 });
  const { id: exported } = await ask('bulk.submit', { transaction: 'export-contacts' });
  const count = await until('the export ends', async () => {
    const job = await ask('bulk.job', { id: exported });
    return job.state === 'Completed' ? job.figures.done : undefined;
  });
  assert.equal(count, LINES - 1);

  // Stopped in good order, it knows exactly where it was.
  await ask('bulk.submit', { transaction: 'import-contacts', file: 'list.csv' });
  await until('it runs', async () => (await ask('bulk.job', { id: id + 2 })).done > 0, { everyMs: 5 });
  await ask('bulk.stop', { id: id + 2 });
  const stopped = await until('it has stopped', async () => {
    const job = await ask('bulk.job', { id: id + 2 });
    return job.state === 'InComplete' ? job : undefined;
  });
  assert.match(stopped.reason, /^stopped by command line$/);
  assert.equal(stopped.figures.done + stopped.figures.ignored + stopped.figures.unprocessed, LINES);
});
