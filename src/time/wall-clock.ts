/**
 * The system's clock, finer than the milliseconds that JavaScript has of it. The moment at which its milliseconds change is
 * looked for once, and the monotonic clock counts from there. When the two part, because somebody set the clock or time has
 * drifted, it is looked for anew.
 */

/** How far the reckoning may be outside of the millisecond that the system shows. */
const TOLERANCE_MS = 0.05;
/** A drift of 100 ppm makes a hundredth of a millisecond of this. */
const MAX_AGE_MS = 10_000;
/** For machines whose milliseconds do not change: looking for it never takes longer. */
const MAX_SEARCH_MS = 3;

/** What can be told apart, as the logarithm to base 2 in seconds: about a microsecond. */
export const PRECISION = -20;
export const PRECISION_MS = 1000 * 2 ** PRECISION;

/** @returns epoch milliseconds, with a fraction */
export type WallClock = () => number;

export function systemWallClock(system: () => number = Date.now, monotonic = () => performance.now()): WallClock {
  let base = Number.NaN;
  let alignedAt = Number.NEGATIVE_INFINITY;
  return () => {
    const now = monotonic();
    const shown = system();
    const ahead = base + now - shown;
    const isRight = ahead >= -TOLERANCE_MS && ahead <= 1 + TOLERANCE_MS && now - alignedAt < MAX_AGE_MS;
    if (isRight) return base + now;
    base = align(system, monotonic);
    alignedAt = monotonic();
    return base + alignedAt;
  };
}

/** @returns what has to be added to the monotonic clock */
function align(system: () => number, monotonic: () => number): number {
  const before = system();
  const begun = monotonic();
  for (;;) {
    const shown = system();
    const now = monotonic();
    if (shown !== before || now - begun > MAX_SEARCH_MS) return shown - now;
  }
}
