import type { Pidf } from './pidf.ts';
import { activityNames } from './pidf-publication.ts';

/** What a call manager says of a line, or of a phone. */
export interface PhoneState {
  readonly line: 'idle' | 'ringing' | 'busy' | 'unavailable';
  readonly doNotDisturb: boolean;
}

const BUSY: ReadonlySet<string> = new Set(['on-the-phone', 'busy']);

/**
 * Call managers say `closed` of a line that is in use, for it is not free; only without an activity does it mean that
 * the phone is not there.
 */
export function phoneStateOf(pidf: Pidf): PhoneState {
  const names = activityNames(pidf);
  const doNotDisturb = names.includes('dnd');
  if (names.some((name) => BUSY.has(name))) return { line: 'busy', doNotDisturb };
  if (names.includes('alerting')) return { line: 'ringing', doNotDisturb };
  const isOpen = pidf.tuples.some(({ basic }) => basic === 'open') || names.includes('available') || doNotDisturb;
  return { line: isOpen && !names.includes('unavailable') ? 'idle' : 'unavailable', doNotDisturb };
}
