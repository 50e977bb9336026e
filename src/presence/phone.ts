import type { Publication } from '#accounts/device.ts';
import type { Source } from './source.ts';

/** What watchers read of somebody who is on the phone. */
export const ON_A_CALL = 'On a call';

/**
 * A client that controls the phone says by itself that a call is over, some time after the line does (or before). So long
 * after the line has become free the call is not over while such a client still says that it goes on.
 */
export const HOLD_MS = 2000;

export interface Phone {
  /** The source by which somebody is on the phone. */
  readonly busy: Source | undefined;
  /** The source by which the phone is not to ring. */
  readonly doNotDisturb: Source | undefined;
}

/** All lines as one: busy if one of them is. That one rings changes nothing. */
export function phoneOf(sources: Iterable<Source>): Phone {
  let busy: Source | undefined;
  let doNotDisturb: Source | undefined;
  for (const source of sources) {
    if (isOnThePhone(source)) busy = later(busy, source);
    if (source.line?.doNotDisturb) doNotDisturb = later(doNotDisturb, source);
  }
  return { busy, doNotDisturb };
}

/** A client that publishes may know of a call, too: one that is itself a phone does. */
function isOnThePhone({ kind, line, publication }: Source): boolean {
  if (kind === 'phone-line') return line?.state === 'busy';
  return kind === 'event-publication' && publication.activities?.includes('on-the-phone') === true;
}

function later(a: Source | undefined, b: Source): Source {
  return a === undefined || b.publication.at >= a.publication.at ? b : a;
}

/** Whether a client says in words what its phone says by its state. */
export function saysOnACall({ notes, isOverlaid }: Publication): boolean {
  if (isOverlaid) return false;
  for (const language in notes) if (notes[language]!.trim().toLowerCase() === ON_A_CALL.toLowerCase()) return true;
  return false;
}

/**
 * Until when a call that is over still counts.
 * @param before      the source that counted last; undefined: there was no call
 * @param clientSays  whether a client still says that it goes on
 * @returns undefined: it does not count
 */
export function holdUntil(
  before: Source | undefined,
  busy: Source | undefined,
  clientSays: boolean,
  heldUntil: number | undefined,
  now: number,
): number | undefined {
  if (before === undefined || busy !== undefined || !clientSays) return undefined;
  const until = heldUntil ?? now + HOLD_MS;
  return until > now ? until : undefined;
}
