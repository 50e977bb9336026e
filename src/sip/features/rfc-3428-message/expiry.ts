/**
 * Until when a message is worth being delivered: Expires of a MESSAGE (RFC 3428 §4), which waits as the rule that
 * XEP-0079 §3.3.1 has for it.
 */
import { Failure } from '#base/failure.ts';
import { readDateTime, writeDateTime } from '#xml/date-time.ts';
import { type Element, element } from '#xml/element.ts';
import type { SipRequest } from '../../wire/message.ts';

export const NS_AMP = 'http://jabber.org/protocol/amp';

const MAX_SECONDS = 2 ** 32 - 1;

/** @returns epoch milliseconds; undefined where it does not say */
export function readExpires(request: SipRequest, at: number): number | undefined {
  const value = request.header('expires');
  if (value === undefined || !/^\d{1,10}$/.test(value)) return undefined;
  return at + Math.min(Number(value), MAX_SECONDS) * 1000;
}

export function expiryRule(expiresAt: number): Element {
  const value = writeDateTime(expiresAt);
  return element('amp', NS_AMP, {}, element('rule', NS_AMP, { condition: 'expire-at', action: 'drop', value }));
}

/** When a message is to be dropped that has not been delivered; undefined for never. */
export function expiryOf(message: Element): number | undefined {
  const amp = message.child('amp', NS_AMP);
  if (amp === undefined) return undefined;
  for (const rule of amp.elements()) {
    const { condition, action, value = '' } = rule.attributes;
    if (condition === 'expire-at' && action === 'drop') return instantOf(value);
  }
  return undefined;
}

function instantOf(value: string): number | undefined {
  try {
    return readDateTime(value);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
