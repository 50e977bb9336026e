/** A file of 100,000 lines goes through a job piece by piece: what is in memory does not grow with it. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { BulkJobs, contextOf, figures } from './support/bulk-jobs.ts';
import { type InProcess, startInProcess } from './support/in-process.ts';

const LINES = 100_000;
const PEOPLE = 20;
/** Generous: the rows of the file, as texts, are several times as large. */
const MAX_GROWTH = 30 * 2 ** 20;

setFlagsFromString('--expose-gc');
const collect: NodeJS.GCFunction = runInNewContext('gc');

/** Without waste. */
function memoryInUse(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

let server: InProcess;
let jobs: BulkJobs;
before(async () => {
  server = await startInProcess({ people: Array.from({ length: PEOPLE }, (_, i) => `person${i}`) });
  jobs = new BulkJobs(() => contextOf(server));
});
after(() => server.stop());

test('100,000 lines are imported in bounded memory, and others have their turns meanwhile', async () => {
  const padding = 'n'.repeat(200);
  const line = (i: number) => `person${i % PEOPLE},example.test,c${i % 50},example.test,${padding},Friends,2`;
  const file = await jobs.upload('import-contacts', Array.from({ length: LINES }, (_, i) => line(i)).join('\n'));
  const begun = memoryInUse();
  let highest = 0;
  let turns = 0;
  const looking = setInterval(() => {
    turns++;
    highest = Math.max(highest, memoryInUse());
  }, 500);
  const { id } = await jobs.submit('import-contacts', file);
  const job = await jobs.end(id, 300_000);
  clearInterval(looking);
  assert.equal(figures(job), `${LINES}/0/0/0`, job.reason);
  assert.ok(turns > 10);
  assert.ok(highest - begun < MAX_GROWTH, `${(highest - begun) >> 20} MB`);
});
