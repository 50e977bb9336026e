/** What the loads share. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Usage } from '../../lib/procfs.ts';
import { blank, type Result, usageMetrics, usageWarnings } from '../../lib/report.ts';
import type { Options } from '../lib/options.ts';

/** @param folder  for the load's own files; the caller removes it */
export type Load = (options: Options, folder: string) => Promise<Result>;

export type Outcome = Pick<Result, 'variant' | 'parameters' | 'metrics' | 'usage' | 'failures' | 'checks'>;

export function resultOf({ label, load }: Options, outcome: Outcome): Result {
  return {
    ...blank(label, load),
    ...outcome,
    metrics: { ...outcome.metrics, ...usageMetrics(outcome.usage) },
    warnings: usageWarnings(outcome.usage),
  };
}

export function microsFor({ serverCpuMs }: Usage, count: number): number {
  return (serverCpuMs * 1000) / count;
}

/** The first few of what went wrong, and how much did. */
export class Problems {
  #told: string[] = [];
  #count = 0;

  add(problem: string): void {
    this.#count++;
    if (this.#told.length < 5) this.#told.push(problem);
  }

  /** As failures of a result. */
  get failures(): string[] {
    return this.#count === 0 ? [] : [`${this.#count} problems: ${this.#told.join('; ')}`];
  }
}

/** Looks every few milliseconds; false when the time is over. */
export async function within(limitMs: number, done: () => boolean): Promise<boolean> {
  const end = performance.now() + limitMs;
  while (!done()) {
    if (performance.now() > end) return false;
    await sleep(20);
  }
  return true;
}

export function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}
