import { Failure } from '#base/failure.ts';
import { readDateTime } from '#xml/date-time.ts';

/**
 * An xs:dateTime as devices write it (RFC 3339): with small letters, and white space around. Without a zone it is taken
 * as UTC. @returns epoch milliseconds; undefined for what is none
 */
export function readInstant(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const plain = text.trim().toUpperCase();
  try {
    return readDateTime(/T[\d:.]+$/.test(plain) ? `${plain}Z` : plain);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** As in 2005-10-27T16:49:29Z: whole seconds, which all devices can read. */
export function writeInstant(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}
