/**
 * Ids of archived messages: whole numbers that grow with each message of an account and tell when it was taken, 2,048 to
 * the millisecond. They stay below 2^53 until the year 2109. As text (XEP-0359) they are decimal.
 */
const PER_MS = 2048;
/** Ids are not to be guessed from their time or from the one before (XEP-0313 §3, XEP-0359 §4). */
const LEAP_IN_MS = PER_MS / 2;
const LEAP = 32;

/** The first id of a millisecond. */
export function firstIdAt(at: number): number {
  return Math.floor(at) * PER_MS;
}

/** When a message was taken, epoch milliseconds. */
export function takenAt(id: number): number {
  return Math.floor(id / PER_MS);
}

/**
 * An id after `last` for a message taken at `now`; later than the clock says when that was set back.
 * @param random from 0 to below 1
 */
export function nextId(last: number, now: number, random = Math.random()): number {
  const first = firstIdAt(now);
  return first > last ? first + Math.floor(random * LEAP_IN_MS) : last + 1 + Math.floor(random * LEAP);
}

/** Reads an id as a client gives it back; undefined when it cannot be one of ours. */
export function parseArchiveId(text: string): number | undefined {
  if (!/^[1-9]\d{0,15}$/.test(text)) return undefined;
  const id = Number(text);
  return Number.isSafeInteger(id) ? id : undefined;
}
