/** When an open loop's stanzas are due, and how late the tool itself was with them. */
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { nowMicros } from './token.ts';

/** A histogram of microseconds, up to two minutes. */
export function microsHistogram(): RecordableHistogram {
  return createHistogram({ lowest: 1, highest: 120_000_000, figures: 3 });
}

/** Records the time since `startMicros`. */
export function recordSince(histogram: RecordableHistogram, startMicros: number): void {
  histogram.record(Math.max(1, nowMicros() - startMicros));
}

export interface Latency {
  p50: number;
  p99: number;
  max: number;
}

export function latencyMs(histogram: RecordableHistogram): Latency {
  return { p50: histogram.percentile(50) / 1000, p99: histogram.percentile(99) / 1000, max: histogram.max / 1000 };
}

/**
 * Calls `send` with 0, 1, 2, ... at a fixed rate, whatever comes back, until `running` says no.
 * @param ratePerSecond  above 0
 * @param late           hears how late each was sent
 */
export function atRate(
  ratePerSecond: number,
  running: () => boolean,
  send: (count: number) => void,
  late: (micros: number) => void,
): void {
  const start = nowMicros();
  const step = 1_000_000 / ratePerSecond;
  let count = 0;
  const tick = (): void => {
    if (!running()) return;
    const now = nowMicros();
    for (let due = start + count * step; due <= now; due = start + count * step) {
      late(Math.max(1, Math.floor(now - due)));
      send(count++);
    }
    setTimeout(tick, 1);
  };
  tick();
}
