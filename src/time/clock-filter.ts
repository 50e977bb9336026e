/** The clock filter of RFC 5905 §10: of the last eight samples, the one with the shortest way is the best. Pure. */
import { FREQUENCY_TOLERANCE, type Sample } from './answer.ts';
import { PRECISION_MS } from './wall-clock.ts';

const STAGES = 8;

/** What eight samples say together. */
export interface Filtered {
  readonly offsetMs: number;
  readonly delayMs: number;
  /** The largest error of the samples, the later ones in the order of their delay counting less and less. */
  readonly dispersionMs: number;
  /** How far the samples are from the best one: root mean square. */
  readonly jitterMs: number;
  /** When the best one was taken: epoch milliseconds. */
  readonly at: number;
}

/** @param samples newest first @returns with the new one, the oldest gone */
export function addSample(samples: readonly Sample[], sample: Sample): Sample[] {
  return [sample, ...samples].slice(0, STAGES);
}

/**
 * Unlike ntpd's, stages that are still empty do not count: ntpd waits for several samples before it moves a clock, and here
 * no clock is moved.
 * @param now epoch milliseconds; samples grow less certain with their age
 * @returns undefined while there is no sample
 */
export function filterSamples(samples: readonly Sample[], now: number): Filtered | undefined {
  const aged = samples.map((sample) => ({
    ...sample,
    dispersionMs: sample.dispersionMs + FREQUENCY_TOLERANCE * Math.max(now - sample.at, 0),
  }));
  aged.sort((a, b) => a.delayMs - b.delayMs);
  const [best, ...others] = aged;
  if (best === undefined) return undefined;
  const squares = others.reduce((sum, { offsetMs }) => sum + (offsetMs - best.offsetMs) ** 2, 0);
  return {
    offsetMs: best.offsetMs,
    delayMs: best.delayMs,
    dispersionMs: aged.reduce((sum, { dispersionMs }, at) => sum + dispersionMs / 2 ** (at + 1), 0),
    jitterMs: Math.max(Math.sqrt(squares / Math.max(others.length, 1)), PRECISION_MS),
    at: best.at,
  };
}

/** The reach register: eight polls, the latest in the lowest bit (RFC 5905 §13). */
export function shiftReach(reach: number, answered: boolean): number {
  return ((reach << 1) & 0xff) | (answered ? 1 : 0);
}
