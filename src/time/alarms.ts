/** What is wrong with the time, as it is to be shown and logged. Pure. */
import type { Poller } from './poller.ts';
import type { Source } from './source.ts';

/** Before so many polls without an answer a server is not called lost. */
const GRACE_POLLS = 4;

export interface Alarm {
  /** The same as long as the trouble is: 'time', 'time server 10.1.2.3'. */
  readonly what: string;
  /** What kind of trouble it is, of those that one thing can have. */
  readonly kind: 'unsynchronised' | 'offset' | 'lost' | 'refused' | 'false-ticker';
  /** A sentence with cause and cure. */
  readonly reason: string;
}

/** @param now epoch milliseconds */
export function findAlarms(poller: Poller, alarmOffsetMs: number, now: number): Alarm[] {
  return [
    ...unsynchronised(poller),
    ...farOff(poller, alarmOffsetMs, now),
    ...poller.sources.flatMap(sourceAlarm(poller)),
  ];
}

function unsynchronised({ sources, chosen }: Poller): Alarm[] {
  const isSettled = sources.every(({ polls }) => polls >= GRACE_POLLS);
  if (chosen !== undefined || sources.length === 0 || !isSettled) return [];
  const answering = sources.filter(({ reach }) => reach !== 0).length;
  const reason =
    answering === 0
      ? 'no NTP server answers, so nobody knows how right the clock is; see that UDP port 123 to them is open'
      : `of ${answering} NTP servers that answer no majority agrees, or none is near enough to a reference clock; give others`;
  return [{ what: 'time', kind: 'unsynchronised', reason }];
}

function farOff({ chosen }: Poller, alarmOffsetMs: number, now: number): Alarm[] {
  const offsetMs = chosen?.filtered(now)?.offsetMs;
  if (chosen === undefined || offsetMs === undefined || Math.abs(offsetMs) <= alarmOffsetMs) return [];
  const direction = offsetMs < 0 ? 'ahead of' : 'behind';
  const reason =
    `the clock is ${(Math.abs(offsetMs) / 1000).toFixed(1)} s ${direction} NTP server ${chosen.remote}; let the system ` +
    'set it (chronyc makestep, or timedatectl set-ntp true), for this server only measures';
  return [{ what: 'time', kind: 'offset', reason }];
}

function sourceAlarm(poller: Poller): (source: Source) => Alarm[] {
  return (source) => {
    const what = `time server ${source.server.text}`;
    if (source.isDenied) {
      const cure = 'let its administrator permit this address, or take it off time.servers';
      return [{ what, kind: 'refused', reason: `it refuses to give the time (${source.kiss}); ${cure}` }];
    }
    if (source.reach === 0 && source.misses >= GRACE_POLLS) {
      return [{ what, kind: 'lost', reason: `it gives no time: ${source.trouble}` }];
    }
    if (poller.tallyOf(source) === 'x' && poller.chosen !== undefined) {
      return [{ what, kind: 'false-ticker', reason: 'its time is not that of the other servers, so it is not used' }];
    }
    return [];
  };
}
