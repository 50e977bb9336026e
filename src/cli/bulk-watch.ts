import { setTimeout as pause } from 'node:timers/promises';
import { type BulkJob, bulkJob } from '#commands/bulk.ts';
import { runCommand } from './run-command.ts';

const LOOK_EVERY_MS = 200;
const BAR_WIDTH = 30;

/** Waits for the end of a job; on a terminal a bar shows how far it is. */
export async function watchJob(data: string, id: number): Promise<BulkJob> {
  const { stderr } = process;
  for (;;) {
    const job = await runCommand(data, bulkJob, { id });
    if (stderr.isTTY) stderr.write(`\r\x1b[K${progressLine(job)}`);
    if (isOver(job)) {
      if (stderr.isTTY) stderr.write('\n');
      return job;
    }
    await pause(LOOK_EVERY_MS);
  }
}

/** Whether nothing happens to it any more by itself; its log is written last. */
function isOver({ state, log }: BulkJob): boolean {
  return state === 'Hold' || ((state === 'Completed' || state === 'InComplete') && log !== '');
}

/** `[######        ] 20%  2000 of 10000  512/s  16 s left`. */
export function progressLine({ state, total, done, perSecond, endsAt }: BulkJob, now = Date.now()): string {
  if (total === 0) return done === 0 ? state : `${state}  ${done}`;
  const filled = Math.min(BAR_WIDTH, Math.floor((done / total) * BAR_WIDTH));
  const bar = `[${'#'.repeat(filled)}${' '.repeat(BAR_WIDTH - filled)}]`;
  const parts = [bar, `${Math.floor((done / total) * 100)}%`, `${done} of ${total}`];
  if (perSecond !== undefined) parts.push(`${Math.round(perSecond)}/s`);
  if (endsAt !== undefined && done < total) parts.push(`${Math.max(0, Math.round((endsAt - now) / 1000))} s left`);
  return parts.join('  ');
}
