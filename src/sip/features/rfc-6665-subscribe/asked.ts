import type { EventPackage } from '../../event-package.ts';
import type { SipRequest } from '../../wire/message.ts';
import { SipError } from '../../wire/sip-error.ts';
import { qualityOf } from './accept.ts';
import { type EventHeader, parseEvent } from './event-header.ts';
import type { SubscribeContext } from './feature.ts';
import { bodiesOf } from './request-bodies.ts';

/** What a SUBSCRIBE asks for. */
export interface Asked {
  readonly event: EventHeader;
  readonly eventPackage: EventPackage;
  readonly expiresSeconds: number;
}

/** @throws {SipError} 400, 423, 489 */
export function readAsked({ edge, settings }: SubscribeContext, request: SipRequest): Asked {
  const event = parseEvent(request.header('event') ?? '');
  const eventPackage = event && edge.eventPackages.get(event.eventPackage);
  if (event === undefined || eventPackage === undefined) {
    throw new SipError(489, undefined, `Allow-Events: ${edge.acceptedEvents}\r\n`);
  }
  return { event, eventPackage, expiresSeconds: readExpires(request.header('expires'), eventPackage, settings) };
}

/** RFC 6665 §4.2.1.1. @throws {SipError} 400, 423 */
function readExpires(
  value: string | undefined,
  { defaultSeconds }: EventPackage,
  { minExpiresSeconds, maxExpiresSeconds }: SubscribeContext['settings'],
): number {
  if (value === undefined) return Math.min(defaultSeconds, maxExpiresSeconds);
  if (!/^[0-9]+$/.test(value)) throw new SipError(400, 'Bad Expires');
  const seconds = Number(value);
  if (seconds > 0 && seconds < minExpiresSeconds) {
    throw new SipError(423, undefined, `Min-Expires: ${minExpiresSeconds}\r\n`);
  }
  return Math.min(seconds, maxExpiresSeconds);
}

/** Whether the package has use for the body, and documents that the watcher takes. @throws {SipError} 400, 406, 415 */
export function checkTypes(request: SipRequest, { requestTypes = [], contentTypes }: EventPackage): void {
  for (const { type } of bodiesOf(request)) {
    if (!requestTypes.includes(type)) throw new SipError(415, undefined, `Accept: ${requestTypes.join(', ')}\r\n`);
  }
  const accept = acceptOf(request);
  if (accept !== '' && !contentTypes.some((type) => qualityOf(accept, type) > 0)) {
    throw new SipError(406, undefined, `Accept: ${contentTypes.join(', ')}\r\n`);
  }
}

/** The Accept header as one line, in lower case; '' where there is none. */
export function acceptOf(request: SipRequest): string {
  const lines = request.lines('accept');
  return lines.length === 0 ? '' : lines.join(', ').toLowerCase();
}
