import { type EventHeader, eventParam } from '../rfc-6665-subscribe/event-header.ts';
import type { RateControl } from '../rfc-6665-subscribe/subscription.ts';

/** What a watcher asks for, in NOTIFYs per second. */
export interface Rates {
  readonly max?: number;
  readonly min?: number;
  readonly adaptiveMin?: number;
}

/** RFC 6446 §9.4. */
const RATE = /^[0-9]{1,2}(?:\.[0-9]{1,10})?$/;
/** §7.3: over which the adaptive rate is kept. */
const PERIOD_MS = 60_000;
/** RFC 3261 has no shorter lives; beyond that nothing is ever due. */
const LONGEST_MS = 2 ** 31;

/** §4. What is malformed, or zero, is as if it were not there. */
export function readRates(event: EventHeader): Rates {
  const max = rate(eventParam(event, 'max-rate'));
  const min = rate(eventParam(event, 'min-rate'));
  const adaptiveMin = rate(eventParam(event, 'adaptive-min-rate'));
  return {
    ...(max !== undefined && { max }),
    ...(min !== undefined && { min }),
    ...(adaptiveMin !== undefined && { adaptiveMin }),
  };
}

function rate(value: string | undefined): number | undefined {
  if (value === undefined || !RATE.test(value)) return undefined;
  const found = Number(value);
  return found > 0 ? found : undefined;
}

/**
 * What is granted: nobody is told more often at times than the server allows, nor than it has asked for itself (§6.3, §7.3).
 * @param fastest NOTIFYs per second without a change
 * @returns undefined where nothing was asked
 */
export function grant({ max, min, adaptiveMin }: Rates, fastest: number): Rate | undefined {
  if (max === undefined && min === undefined && adaptiveMin === undefined) return undefined;
  const limit = Math.min(fastest, max ?? fastest);
  return new Rate({
    ...(max !== undefined && { max }),
    ...(min !== undefined && { min: Math.min(min, limit) }),
    ...(adaptiveMin !== undefined && { adaptiveMin: Math.min(adaptiveMin, limit) }),
  });
}

/** What one watcher was granted, and how often it has been told lately. */
export class Rate implements RateControl {
  readonly rates: Rates;
  readonly gapMs: number;
  readonly params: string;
  /** When NOTIFYs were sent within the last period; for the adaptive rate alone. */
  #sent: number[] = [];

  constructor(rates: Rates) {
    this.rates = rates;
    this.gapMs = rates.max === undefined ? 0 : Math.min(1000 / rates.max, LONGEST_MS);
    this.params = [
      ['max-rate', rates.max],
      ['min-rate', rates.min],
      ['adaptive-min-rate', rates.adaptiveMin],
    ]
      .map(([name, value]) => (value === undefined ? '' : `;${name}=${written(value as number)}`))
      .join('');
  }

  sent(now: number): number | undefined {
    const { min, adaptiveMin } = this.rates;
    const after = Math.min(
      min === undefined ? LONGEST_MS : 1000 / min,
      adaptiveMin === undefined ? LONGEST_MS : this.#adaptive(adaptiveMin, now),
    );
    return after >= LONGEST_MS ? undefined : now + Math.max(after, this.gapMs);
  }

  /** §7.4: who was told much lately is told less often that nothing has changed: count / (rate² · period). */
  #adaptive(adaptiveMin: number, now: number): number {
    const since = now - PERIOD_MS;
    this.#sent = this.#sent.filter((at) => at > since);
    this.#sent.push(now);
    return (this.#sent.length / (adaptiveMin ** 2 * (PERIOD_MS / 1000))) * 1000;
  }
}

/** RFC 6446 §9.4: a decimal, never with an exponent. */
function written(value: number): string {
  return value.toFixed(10).replace(/\.?0+$/, '');
}
