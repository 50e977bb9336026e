/**
 * NTP's two forms of time (RFC 5905 §6). A timestamp is 64 bits: whole seconds since the start of an era, and a binary
 * fraction; an era lasts 2^32 seconds, and era 0 began on 1 January 1900. Here an instant is epoch milliseconds, with a
 * fraction; a double has room for about a quarter of a microsecond.
 */

/** From 1 January 1900 to 1 January 1970, in seconds. */
const UNIX_EPOCH_SECONDS = 2_208_988_800;
const ERA_SECONDS = 2 ** 32;
const FRACTIONS = 2 ** 32;

/** @param at epoch milliseconds @returns the 64 bits; the era is lost */
export function toTimestamp(at: number): bigint {
  const wholeMs = Math.floor(at);
  let seconds = Math.floor(wholeMs / 1000);
  let fraction = Math.round(((wholeMs - seconds * 1000 + (at - wholeMs)) / 1000) * FRACTIONS);
  if (fraction >= FRACTIONS) {
    seconds++;
    fraction -= FRACTIONS;
  }
  const inEra = modulo(seconds + UNIX_EPOCH_SECONDS, ERA_SECONDS);
  return (BigInt(inEra) << 32n) | BigInt(fraction);
}

/**
 * The instant that a timestamp means: of all eras, that in which it is nearest to the clock (RFC 5905 §6: within 68 years).
 * @param near epoch milliseconds, as of the own clock
 */
export function fromTimestamp(timestamp: bigint, near: number): number {
  const seconds = Number(timestamp >> 32n) - UNIX_EPOCH_SECONDS;
  const fractionMs = (Number(timestamp & 0xffff_ffffn) / FRACTIONS) * 1000;
  const era = Math.round((near / 1000 - seconds) / ERA_SECONDS);
  return (seconds + era * ERA_SECONDS) * 1000 + fractionMs;
}

/** The era that an instant is in: 0 until 2036. */
export function eraOf(at: number): number {
  return Math.floor((at / 1000 + UNIX_EPOCH_SECONDS) / ERA_SECONDS);
}

/** The short form: 16 bits of seconds, 16 of fraction, for delays and dispersions. What does not fit is the most there is. */
export function toShort(seconds: number): number {
  return Math.min(Math.max(Math.round(seconds * 65_536), 0), 0xffff_ffff);
}

export function fromShort(short: number): number {
  return short / 65_536;
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}
