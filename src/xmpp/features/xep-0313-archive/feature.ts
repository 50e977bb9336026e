/**
 * XEP-0313: Message Archive Management, version 1.1.3.
 * People read their history, page by page; what was acknowledged to a sender is in it.
 */
import type { Home } from '#accounts/home.ts';
import { integer } from '#base/settings.ts';
import { takenAt } from '#messaging/archive-id.ts';
import {
  type ArchivePage,
  archiveEnds,
  archiveSettled,
  countArchive,
  findPage,
  missingFrom,
  readPage,
} from '#messaging/archive-reader.ts';
import { readInArchive } from '#messaging/waiting.ts';
import { writeDateTime } from '#xml/date-time.ts';
import { type Element, element } from '#xml/element.ts';
import { escapeAttribute } from '#xml/serializer.ts';
import { type IqRequest, xmppFeature } from '../../feature.ts';
import type { Session } from '../../session.ts';
import { forwarded } from '../../wire/forwarded.ts';
import { writePage } from '../../wire/rsm.ts';
import { StanzaError } from '../../wire/stanza-error.ts';
import { type ArchiveQuery, NS_MAM, notFound, queryForm, readQuery } from './query.ts';

/** Beyond this many a count is not worth its price, and may be approximate (XEP-0059 §2.7). */
const MAX_COUNT = 10_000;

export const messageArchive = xmppFeature({
  spec: 'XEP-0313',
  title: 'Message Archive Management',
  version: '1.1.3',
  status: 'complete',
  note: 'Of accounts. What a device has read in the archive is not delivered to it once more.',
  // COMPAT(profanity, 0.13): looks for archives at the domain, where §8 has none announced.
  discoServer: [NS_MAM],
  discoAccount: [NS_MAM, `${NS_MAM}#extended`, `${NS_MAM}#groupchat-field`],
  settings: {
    maxPage: integer({
      default: 250,
      min: 1,
      max: 10_000,
      unit: 'messages',
      help: 'Messages of one page of history; clients ask for the next one.',
    }),
    maxPageBytes: integer({
      default: 1_048_576,
      min: 10_000,
      max: 16_777_216,
      unit: 'bytes',
      help: 'The same in bytes; a page of large messages ends sooner.',
    }),
  },
  setup(xmpp) {
    const { settings } = xmpp;
    const place = { ns: NS_MAM, by: 'anyone', otherwise: forbid } as const;
    xmpp.onIqGet({ ...place, name: 'query' }, (iq) => {
      checkOwner(iq);
      return queryForm();
    });
    xmpp.onIqGet({ ...place, name: 'metadata' }, (iq) => {
      checkOwner(iq);
      return metadata(iq.home);
    });
    xmpp.onIqSet({ ...place, name: 'query' }, (iq) => {
      checkOwner(iq);
      return answer(iq, readQuery(iq.payload, settings.maxPage), settings.maxPageBytes);
    });
  },
});

/** §7.1. */
function checkOwner({ isOwner }: IqRequest): void {
  if (!isOwner) forbid();
}

/** Also where there is no such account, or anyone could find out by this which ones there are. */
function forbid(): never {
  throw new StanzaError('forbidden', { text: 'An archive is for its owner.' });
}

/** §5. */
async function metadata(home: Home): Promise<Element> {
  await archiveSettled(home);
  const ends = await archiveEnds(home);
  if (ends === undefined) return element('metadata', NS_MAM);
  const describe = (name: string, id: number) =>
    element(name, NS_MAM, { id: String(id), timestamp: writeDateTime(takenAt(id)) });
  return element('metadata', NS_MAM, {}, describe('start', ends[0]), describe('end', ends[1]));
}

/** §4.2: the messages, then what page it was. */
async function answer({ home, session }: IqRequest, query: ArchiveQuery, maxBytes: number): Promise<Element> {
  await archiveSettled(home);
  if (query.named.length > 0 && (await missingFrom(home, query.named)).length > 0) throw notFound();
  if (query.max === 0) {
    const count = await countArchive(home, query.filter, MAX_COUNT);
    return element('fin', NS_MAM, { complete: count === 0 ? 'true' : undefined }, writePage({ count }));
  }
  const page = await findPage(home, query.filter, { max: query.max, maxBytes }, query.backwards);
  await send(session, home, page, query);
  const ids = page.entries.map(({ id }) => id);
  readInArchive(session, ids);
  const set = writePage({ first: ids[0]?.toString(), last: ids.at(-1)?.toString() });
  return element('fin', NS_MAM, { complete: page.complete ? 'true' : undefined }, set);
}

/** No faster than the client takes them. */
async function send(
  session: Session,
  home: Home,
  page: ArchivePage,
  { queryId, flipped }: ArchiveQuery,
): Promise<void> {
  const queryid = queryId === undefined ? '' : ` queryid='${escapeAttribute(queryId)}'`;
  const from = escapeAttribute(home.address);
  const head = `<message from='${from}' to='${escapeAttribute(session.jid.full)}'><result xmlns='${NS_MAM}'${queryid} id='`;
  for await (const { id, stanza } of readPage(home, page, flipped)) {
    if (session.stream === undefined) {
      throw new StanzaError('recipient-unavailable', { text: 'The connection was lost meanwhile. Ask again.' });
    }
    session.sendText(`${head}${id}'>${forwarded(stanza, takenAt(id))}</result></message>`);
    await session.drained();
  }
}
