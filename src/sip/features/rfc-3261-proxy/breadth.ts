import type { SipRequest } from '../../wire/message.ts';
import { SipError } from '../../wire/sip-error.ts';

/** RFC 5393 §5.3.1: where nobody says how many branches a request may have at a time. */
const DEFAULT = 60;

/** @throws {SipError} 400 */
export function maxBreadthOf(request: SipRequest, limit: number): number {
  const text = request.header('max-breadth');
  if (text === undefined) return Math.min(DEFAULT, limit);
  if (!/^[0-9]{1,9}$/.test(text)) throw new SipError(400, 'Bad Max-Breadth');
  return Math.min(Number(text), limit);
}

/**
 * RFC 5393 §5.3.3: what each of `count` branches at a time may have of it.
 * @throws {SipError} 440
 */
export function shareBreadth(breadth: number, count: number): number[] {
  if (breadth < count) throw new SipError(440);
  const share = Math.floor(breadth / count);
  const left = breadth % count;
  return Array.from({ length: count }, (_, i) => share + (i < left ? 1 : 0));
}
