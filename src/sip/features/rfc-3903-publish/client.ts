import { randomBytes } from 'node:crypto';
import type { Publication } from '#accounts/device.ts';
import type { Home } from '#accounts/home.ts';
import { putSource, sourcesOf } from '#presence/sources.ts';
import type { Pidf } from '../../bodies/pidf.ts';
import { toPublication } from '../../bodies/pidf-publication.ts';
import type { IncomingRequest } from '../../incoming-request.ts';
import { SipError } from '../../wire/sip-error.ts';
import { carryOut, readPublish } from './event-state.ts';
import type { PublishContext } from './feature.ts';

/** A client publishes the presence of its own account. @throws {SipError} */
export function publishClient(sip: PublishContext, incoming: IncomingRequest, home: Home): void {
  const asked = readPublish(sip, incoming, home, 'event-publication');
  if (asked.source === undefined && asked.expiresSeconds > 0) checkRoom(sip, home);
  const id = asked.source?.id ?? `sip-${randomBytes(4).toString('hex')}`;
  carryOut(incoming, home, asked, (pidf, body, tagAndEnd) => {
    putSource(home, {
      id,
      kind: 'event-publication',
      publication: publicationOf(pidf, id, incoming.at, body),
      ...tagAndEnd,
    });
  });
}

/** What it says, with the document itself for those who read such documents. */
export function publicationOf(pidf: Pidf, device: string, at: number, body: string): Publication {
  const native = { edge: 'sip', payload: body };
  const said = toPublication(pidf, device, at);
  if (said !== undefined) return { ...said, native };
  return { device, availability: 'available', priority: -1, notes: {}, at, isOpen: false, native };
}

function checkRoom({ settings }: PublishContext, home: Home): void {
  let count = 0;
  for (const { kind } of sourcesOf(home).values()) if (kind === 'event-publication') count++;
  if (count >= settings.maxPublications) throw new SipError(503, 'Too many publications', 'Retry-After: 300\r\n');
}
