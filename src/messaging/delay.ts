/** XEP-0203: Delayed Delivery, version 2.0. When something was really said. */
import { readDateTime, writeDateTime } from '#xml/date-time.ts';
import { type Element, element } from '#xml/element.ts';

export const NS_DELAY = 'urn:xmpp:delay';

export interface Delay {
  /** Who delayed it, or who said it first; undefined where that is not told. */
  readonly from: string | undefined;
  /** When it was said, epoch milliseconds. */
  readonly at: number;
  /** Why it comes late, for people; '' for nothing. */
  readonly reason: string;
}

export function writeDelay({ from, at, reason = '' }: { from?: string; at: number; reason?: string }): Element {
  return element('delay', NS_DELAY, { from, stamp: writeDateTime(at) }, reason === '' ? undefined : reason);
}

/** The first delay of a stanza that makes sense, or the first of that origin. Undefined where there is none. */
export function readDelay(stanza: Element, from?: string): Delay | undefined {
  for (const child of stanza.elements()) {
    if (!child.is('delay', NS_DELAY) || (from !== undefined && child.attributes.from !== from)) continue;
    try {
      return { from: child.attributes.from, at: readDateTime(child.attributes.stamp ?? ''), reason: child.text() };
    } catch {
      // What cannot be read says nothing of when.
    }
  }
  return undefined;
}
