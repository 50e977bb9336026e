/** What `utils ntp status` tells, and how it is written: the words and columns of ntpq and ntpstat. Pure. */
import type { Tally } from './selection.ts';

/** One server, as it is now. */
export interface SourceStatus {
  /** As the settings have it. */
  readonly server: string;
  /** Its address, with the port where that is not 123; the name while there is no address. */
  readonly remote: string;
  readonly tally: Tally;
  readonly referenceId: string;
  /** 16 while it is not known. */
  readonly stratum: number;
  /** Since the last usable answer. */
  readonly whenSeconds?: number | undefined;
  readonly pollSeconds: number;
  /** The last eight polls, as bits, the latest the lowest. */
  readonly reach: number;
  readonly delayMs: number;
  readonly offsetMs: number;
  readonly jitterMs: number;
  /** Whether one of the last eight polls was answered. */
  readonly isAccessible: boolean;
  /** Why the last poll had no usable answer; '' when it had one. */
  readonly trouble: string;
}

export interface NtpStatus {
  /** Whether this server runs and polls anything. */
  readonly running: boolean;
  readonly pid: number;
  readonly sources: readonly SourceStatus[];
  /** The best server; absent while not synchronised. */
  readonly chosen?: string | undefined;
  /** Of this node: its source's and one; 16 while not synchronised. */
  readonly stratum: number;
  /** How wrong the clock can be; absent while not synchronised. */
  readonly withinMs?: number | undefined;
  readonly pollSeconds: number;
  /** What is wrong; sentences. */
  readonly problems: readonly string[];
  /** A sentence on where the servers are from, where that is not the settings; '' otherwise. */
  readonly note: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** A name of the tz database. */
  readonly timeZone: string;
}

const RULE = '='.repeat(78);
const HEAD = '     remote           refid      st t when poll reach   delay   offset  jitter';

export function renderNtpStatus(status: NtpStatus): string {
  const head = status.running ? runningLines(status) : ['ntpd is stopped'];
  const more = [status.note, ...status.problems].filter((line) => line !== '');
  return [...head, ...(more.length > 0 ? ['', ...more] : []), '', ...currentTimes(status)].join('\n');
}

function runningLines(status: NtpStatus): string[] {
  const { pid, sources } = status;
  return [`ntpd (pid ${pid}) is running...`, '', HEAD, RULE, ...sources.map(row), '', ...synchronisation(status)];
}

function synchronisation({ chosen, stratum, withinMs = 0, pollSeconds }: NtpStatus): string[] {
  const poll = `   polling server every ${pollSeconds} s`;
  if (chosen === undefined) return ['unsynchronised', poll];
  return [
    `synchronised to NTP server (${chosen}) at stratum ${stratum}`,
    `   time correct to within ${Math.max(1, Math.ceil(withinMs))} ms`,
    poll,
  ];
}

function row(source: SourceStatus): string {
  const { tally, remote, referenceId, stratum, whenSeconds, pollSeconds, reach, delayMs, offsetMs, jitterMs } = source;
  return [
    `${tally}${remote.slice(0, 15).padEnd(15)}`,
    referenceId.slice(0, 15).padEnd(15),
    String(stratum).padStart(2),
    'u',
    (whenSeconds === undefined ? '-' : span(whenSeconds)).padStart(4),
    span(pollSeconds).padStart(4),
    ` ${reach.toString(8).padStart(3)}`,
    ` ${decimals(delayMs, 7)}`,
    decimals(offsetMs, 8),
    decimals(jitterMs, 7),
  ].join(' ');
}

/** As ntpq does: seconds up to 2048, then minutes, hours, days, rounded. */
function span(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole <= 2048) return String(whole);
  const minutes = Math.round(whole / 60);
  if (minutes <= 300) return `${minutes}m`;
  const hours = Math.round(minutes / 60);
  if (hours <= 96) return `${hours}h`;
  return `${Math.min(Math.round(hours / 24), 999)}d`;
}

/** Three decimals; fewer where the column would burst. */
function decimals(value: number, width: number): string {
  for (const places of [3, 2, 1]) {
    const text = value.toFixed(places);
    if (text.length < width) return text.padStart(width);
  }
  return value.toFixed(0).padStart(width);
}

function currentTimes({ at, timeZone }: NtpStatus): string[] {
  return ['UTC', timeZone].map((zone) => `Current time in ${zone} is : ${ctime(at, zone)}`);
}

/** `Tue Mar  3 09:15:30 CET 2026`. @param at epoch milliseconds */
export function ctime(at: number, timeZone = 'UTC'): string {
  const parts = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone, hourCycle: 'h23', weekday: 'short', month: 'short', day: 'numeric' },
    ...{ hour: '2-digit', minute: '2-digit', second: '2-digit', year: 'numeric' },
  }).formatToParts(at);
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? '';
  const time = `${part('hour')}:${part('minute')}:${part('second')}`;
  const day = part('day').padStart(2);
  return `${part('weekday')} ${part('month')} ${day} ${time} ${zoneName(at, timeZone)} ${part('year')}`;
}

/** `CET`: each language has short names only for the zones of its own countries. */
function zoneName(at: number, timeZone: string): string {
  const names = ['en-US', 'en-GB', 'en-AU', 'en-IN', 'en-ZA'].map(
    (language) =>
      new Intl.DateTimeFormat(language, { timeZone, timeZoneName: 'short' })
        .formatToParts(at)
        .find(({ type }) => type === 'timeZoneName')?.value ?? '',
  );
  return names.find((name) => !/[+-]\d/.test(name)) ?? names[0]!;
}
