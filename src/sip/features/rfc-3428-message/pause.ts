import type { SipResponse } from '../../wire/message.ts';

const FIRST_PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 900_000;
const LONGEST_RETRY_AFTER_MS = 3_600_000;

/** For how long a binding is left alone that has not answered. @param failures how often, before */
export function pauseMs(failures: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** Math.min(failures, 10), LONGEST_PAUSE_MS);
}

/** RFC 3261 §20.33; undefined where it does not say. */
export function retryAfterMs(response: SipResponse): number | undefined {
  const seconds = /^\d{1,7}/.exec(response.header('retry-after') ?? '')?.[0];
  if (seconds === undefined || Number(seconds) === 0) return undefined;
  return Math.min(Number(seconds) * 1000, LONGEST_RETRY_AFTER_MS);
}
