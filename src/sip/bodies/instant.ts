import { Failure } from '#base/failure.ts';
import { readDateTime } from '#xml/date-time.ts';

const EARLIEST = -62_167_219_200_000;
const LATEST = 253_402_300_799_999;

/**
 * An xs:dateTime as devices write it (RFC 3339): with small letters, and white space around. Without a zone it is taken
 * as UTC. @returns epoch milliseconds; undefined for what is none
 */
export function readInstant(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const plain = text.trim().toUpperCase();
  try {
    const at = readDateTime(/T[\d:.]+$/.test(plain) ? `${plain}Z` : plain);
    // A zone may carry it over the end of the years that have four digits.
    return at >= EARLIEST && at <= LATEST ? at : undefined;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** As in 2005-10-27T16:49:29Z: whole seconds, which all devices can read. */
export function writeInstant(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}
