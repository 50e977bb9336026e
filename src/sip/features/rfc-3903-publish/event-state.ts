import { randomBytes } from 'node:crypto';
import type { Home } from '#accounts/home.ts';
import type { Source } from '#presence/source.ts';
import { putSource, removeSource, sourceOfTag } from '#presence/sources.ts';
import { type Pidf, readPidf } from '../../bodies/pidf.ts';
import type { IncomingRequest } from '../../incoming-request.ts';
import { copy } from '../../wire/byte-string.ts';
import { SipError } from '../../wire/sip-error.ts';
import { trimSpaces } from '../../wire/text.ts';
import type { PublishContext } from './feature.ts';
import { publicationTypesOf } from './publication-types.ts';

/** What a PUBLISH asks for (RFC 3903 §4, table 1). */
export interface Asked {
  /** What is refreshed, changed or removed; undefined: a new publication. */
  readonly source: Source | undefined;
  /** 0: it is removed. */
  readonly expiresSeconds: number;
  /** Undefined: as before. */
  readonly body: string | undefined;
}

const RUN = randomBytes(8).toString('hex');
let tags = 0;

/** An entity-tag that was never given before (RFC 3903 §6, step 5), also not by another process. */
export function newTag(): string {
  return `${RUN}${(tags++).toString(36)}`;
}

/**
 * RFC 3903 §6, steps 2 to 4.
 * @param kind what the sender may publish
 * @throws {SipError} 400, 412, 415, 423
 */
export function readPublish(
  { edge, settings }: PublishContext,
  { request }: IncomingRequest,
  home: Home,
  kind: Source['kind'],
): Asked {
  const tag = request.header('sip-if-match');
  const source = tag === undefined ? undefined : sourceOfTag(home, tag);
  // What has no tag, or is published by somebody else (a phone line, a calendar), is not for this one to change.
  if (tag !== undefined && (tag === '' || source?.kind !== kind)) throw new SipError(412);
  // Without the rest of the request, for it is kept.
  const body = request.body === '' ? undefined : copy(request.body);
  const expiresSeconds = readExpires(request.header('expires'), settings);
  if (body === undefined) {
    if (source === undefined) throw new SipError(400, 'A first PUBLISH needs a body');
    return { source, expiresSeconds, body };
  }
  const types = publicationTypesOf(edge);
  const read = types.get(trimSpaces((request.header('content-type') ?? '').split(';', 1)[0]!).toLowerCase());
  if (read === undefined) throw new SipError(415, undefined, `Accept: ${[...types.keys()].join(', ')}\r\n`);
  return { source, expiresSeconds, body: expiresSeconds === 0 ? undefined : read(body, source) };
}

/** @throws {SipError} 400, 423 */
function readExpires(
  value: string | undefined,
  { minExpiresSeconds, maxExpiresSeconds }: PublishContext['settings'],
): number {
  if (value === undefined) return Math.min(3600, maxExpiresSeconds);
  if (!/^\d+$/.test(value)) throw new SipError(400, 'Bad Expires');
  const seconds = Number(value);
  if (seconds > 0 && seconds < minExpiresSeconds) {
    throw new SipError(423, undefined, `Min-Expires: ${minExpiresSeconds}\r\n`);
  }
  return Math.min(seconds, maxExpiresSeconds);
}

/**
 * Does what is asked for, and answers (RFC 3903 §6, step 6).
 * @param put puts a document in its place: a new publication, or what `asked.source` is from now on
 * @throws {SipError} what `put` refuses
 */
export function carryOut(
  incoming: IncomingRequest,
  home: Home,
  { source, expiresSeconds, body }: Asked,
  put: (pidf: Pidf, body: string, tagAndEnd: Pick<Source, 'tag' | 'expiresAt'>) => void,
): void {
  if (expiresSeconds === 0) {
    if (source !== undefined) removeSource(home, source.id);
    // RFC 3903 §4.5: nothing is left that a tag could name; clients want one all the same.
    incoming.respond(200, { head: 'Expires: 0\r\n' });
    return;
  }
  const kept = { tag: newTag(), expiresAt: incoming.at + expiresSeconds * 1000 };
  if (body === undefined) putSource(home, { ...source!, ...kept });
  else put(readPidf(body), body, kept);
  incoming.respond(200, { head: `SIP-ETag: ${kept.tag}\r\nExpires: ${expiresSeconds}\r\n` });
}
