/** The highest rate at which all goes well: doubled until it does not, then halved in between. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Run } from './calls.ts';

/** Nobody offers more. */
const CEILING = 100_000;
/** Rates nearer to each other than this are the same. */
const PRECISION = 1.06;
/** What was sent again dies out. */
const REST_MS = 5000;

/** @returns the best clean run; the first one, with its failures, where none is */
export async function highest(
  start: number,
  runAt: (rate: number) => Promise<Run>,
  restMs: number = REST_MS,
): Promise<Run> {
  const twice = async (rate: number): Promise<Run> => {
    const first = await runAt(rate);
    if (first.failures.length === 0) return first;
    await sleep(restMs);
    const second = await runAt(rate);
    if (second.failures.length > 0) await sleep(restMs);
    return second;
  };
  let best = await twice(start);
  if (best.failures.length > 0) return best;
  let bad = CEILING;
  while (best.rate * PRECISION < bad) {
    const rate = Math.round(bad === CEILING ? Math.min(best.rate * 2, CEILING) : (best.rate + bad) / 2);
    const run = await twice(rate);
    if (run.failures.length === 0) best = run;
    else bad = rate;
    if (rate === CEILING) break;
  }
  return best;
}
