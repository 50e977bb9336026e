/** Instants as text: the dateTime of XML Schema (part 2, §3.2.7) as XEP-0082 §3.2 narrows it. */
import { Failure } from '#base/failure.ts';

const DATE_TIME = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;

/** @param at epoch milliseconds of the years 0 to 9999 @returns as in 2002-09-10T23:08:25.000Z */
export function writeDateTime(at: number): string {
  return new Date(at).toISOString();
}

/**
 * @returns epoch milliseconds; what is finer than that is cut off
 * @throws {Failure} 'malformed' for another format, and for a day or an hour that does not exist
 */
export function readDateTime(text: string): number {
  const [, year, month, day, hour, minute, second, fraction = '', zone] = DATE_TIME.exec(text) ?? [];
  if (zone === undefined) throw malformed();
  const milliseconds = Number(fraction.padEnd(3, '0').slice(0, 3));
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  date.setUTCHours(Number(hour), Number(minute), Number(second), milliseconds);
  // A part that is out of range would have carried over into the next.
  const same =
    date.getUTCFullYear() === Number(year) &&
    date.getUTCMonth() + 1 === Number(month) &&
    date.getUTCDate() === Number(day) &&
    date.getUTCHours() === Number(hour) &&
    date.getUTCMinutes() === Number(minute) &&
    date.getUTCSeconds() === Number(second);
  if (!same) throw malformed();
  return date.getTime() - offsetMinutes(zone) * 60_000;
}

function offsetMinutes(zone: string): number {
  if (zone === 'Z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(4));
  if (hours > 14 || minutes > 59) throw malformed();
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}

function malformed(): Failure {
  return new Failure('malformed', 'a time is written as in 2002-09-10T23:08:25Z (XEP-0082)');
}
