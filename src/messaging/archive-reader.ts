import type { Home } from '#accounts/home.ts';
import type { Row, Statement } from '#store/database.ts';
import { escapeAttribute } from '#xml/serializer.ts';
import { UNTIL_DELIVERED } from './archive-flags.ts';
import { inboxOf } from './inbox.ts';

/** What of an account's archive is meant. */
export interface ArchiveFilter {
  /** Bounds of the ids; neither is part of it. */
  readonly after: number;
  readonly before: number;
  /** 'local@domain' or a domain: only messages to or from it. */
  readonly peer?: string | undefined;
  /** With `peer`: only those to or from that device of it. */
  readonly device?: string | undefined;
  /** Only these, ascending. */
  readonly ids?: readonly number[] | undefined;
}

export interface PageLimits {
  /** Messages of a page. */
  readonly max: number;
  /** Of their stanzas; a page has one message at least, however large. */
  readonly maxBytes: number;
}

/** A message of a page: its id, and the size of its stanza in bytes. */
export interface Entry {
  readonly id: number;
  readonly bytes: number;
}

export interface ArchivePage {
  /** Ascending. */
  readonly entries: readonly Entry[];
  /** Whether nothing else matches in the direction that was looked in. */
  readonly complete: boolean;
}

export interface ArchivedMessage {
  readonly id: number;
  /** The stanza as it was kept, serialized in jabber:client. */
  readonly stanza: string;
}

export const EVERYTHING: ArchiveFilter = { after: 0, before: Number.MAX_SAFE_INTEGER };

/** Ids of one statement, which so is always the same text. */
const LIST = 50;
/** Stanzas that are in memory at a time. */
const CHUNK_BYTES = 131_072;

const VISIBLE = `(flags & ${UNTIL_DELIVERED}) = 0`;
const QUESTION_MARKS = Array.from({ length: LIST }, () => '?').join(', ');
const RANGE = `account = ? and id > ? and id < ? and ${VISIBLE}`;
const WITH = `account = ? and peer = ? and id > ? and id < ? and ${VISIBLE}`;
const LISTED = `account = ? and id in (${QUESTION_MARKS}) and ${VISIBLE}`;

const select = (where: string, order: 'asc' | 'desc') =>
  `select id, octet_length(stanza) as bytes from archive where ${where} order by id ${order} limit ?`;
const SELECTS = {
  all: { forwards: select(RANGE, 'asc'), backwards: select(RANGE, 'desc') },
  peer: { forwards: select(WITH, 'asc'), backwards: select(WITH, 'desc') },
};
const SELECT_STANZAS = `select id, stanza from archive where ${LISTED} order by id`;
const SELECT_LISTED = `select id, peer, octet_length(stanza) as bytes from archive where ${LISTED} order by id`;
const SELECT_ONE = `select id from archive where account = ? and id = ? and ${VISIBLE}`;
const SELECT_FIRST = `select id from archive where account = ? and ${VISIBLE} order by id limit 1`;
const SELECT_LAST = `select id from archive where account = ? and ${VISIBLE} order by id desc limit 1`;
const COUNT_RANGE = `select count(*) as count from (select id from archive where ${RANGE} limit ?) found`;
const COUNT_WITH = `select count(*) as count from (select id from archive where ${WITH} limit ?) found`;

/** Resolves when all that the account's home has taken so far can be read, or has failed. */
export async function archiveSettled(home: Home): Promise<void> {
  const { lastCommit } = inboxOf.of(home);
  if (lastCommit?.state === 'pending') await lastCommit.settled().catch(() => undefined);
}

/** Which of these are not in the archive. */
export async function missingFrom(home: Home, ids: readonly number[]): Promise<number[]> {
  const statements = ids.map((id) => ({ sql: SELECT_ONE, values: [home.account.id, id] }));
  const found = await home.homes.database.readAll(statements);
  return ids.filter((_, i) => found[i]!.length === 0);
}

/** The ids of the oldest and the newest message; undefined where there is none. */
export async function archiveEnds(home: Home): Promise<[number, number] | undefined> {
  const values = [home.account.id];
  const ends = await home.homes.database.readAll([
    { sql: SELECT_FIRST, values },
    { sql: SELECT_LAST, values },
  ]);
  const [first, last] = ends.map(([row]) => Number(row?.id));
  return Number.isNaN(first) ? undefined : [first!, last!];
}

/** How many messages match, up to `most`; counting further would cost too much. Of a device, all its peer's count. */
export async function countArchive(home: Home, filter: ArchiveFilter, most: number): Promise<number> {
  if (filter.ids !== undefined) return (await listed(home, filter)).length;
  const { after, before, peer } = filter;
  const [row] = await home.homes.database.read(
    peer === undefined ? COUNT_RANGE : COUNT_WITH,
    peer === undefined ? [home.account.id, after, before, most] : [home.account.id, peer, after, before, most],
  );
  return Number(row!.count);
}

/**
 * Finds a page without reading the messages themselves.
 * @param backwards whether it is the last of what matches, instead of the first
 */
export async function findPage(
  home: Home,
  filter: ArchiveFilter,
  limits: PageLimits,
  backwards: boolean,
): Promise<ArchivePage> {
  const found: Entry[] = [];
  if (filter.ids !== undefined) {
    found.push(...(await listed(home, filter)));
    if (backwards) found.reverse();
  } else {
    const count = Math.max(limits.max + 1, filter.device === undefined ? 0 : LIST);
    for (let rest = filter; found.length <= limits.max; ) {
      const entries = await candidates(home, rest, count, backwards);
      found.push(...(filter.device === undefined ? entries : await ofDevice(home, filter, entries)));
      if (entries.length < count) break;
      const { id } = entries.at(-1)!;
      rest = backwards ? { ...rest, before: id } : { ...rest, after: id };
    }
  }
  const entries = cut(found, limits);
  const complete = entries.length === found.length;
  return { entries: backwards ? entries.reverse() : entries, complete };
}

/**
 * Reads the messages of a page, a few at a time.
 * @param newestFirst the order in which they are given
 */
export async function* readPage(
  home: Home,
  { entries }: ArchivePage,
  newestFirst = false,
): AsyncGenerator<ArchivedMessage> {
  for (const chunk of chunks(newestFirst ? entries.toReversed() : entries)) {
    const messages = await stanzas(home, chunk);
    yield* newestFirst ? messages.reverse() : messages;
  }
}

async function candidates(home: Home, filter: ArchiveFilter, count: number, backwards: boolean): Promise<Entry[]> {
  const { after, before, peer } = filter;
  const { id } = home.account;
  const direction = backwards ? 'backwards' : 'forwards';
  const rows = await (peer === undefined
    ? home.homes.database.read(SELECTS.all[direction], [id, after, before, count])
    : home.homes.database.read(SELECTS.peer[direction], [id, peer, after, before, count]));
  return rows.map(entry);
}

/** Those of the filter's own list that match the rest of it. */
async function listed(home: Home, filter: ArchiveFilter): Promise<Entry[]> {
  const { ids = [], after, before, peer } = filter;
  const statements: Statement[] = [];
  for (let i = 0; i < ids.length; i += LIST) {
    statements.push({ sql: SELECT_LISTED, values: [home.account.id, ...padded(ids.slice(i, i + LIST))] });
  }
  const rows = (await home.homes.database.readAll(statements)).flat();
  const entries = rows.filter((row) => peer === undefined || row.peer === peer).map(entry);
  const within = entries.filter(({ id }) => id > after && id < before);
  return filter.device === undefined ? within : ofDevice(home, filter, within);
}

/** Which device of the peer it was stands in the stanza alone. */
async function ofDevice(home: Home, { peer, device }: ArchiveFilter, entries: readonly Entry[]): Promise<Entry[]> {
  const full = escapeAttribute(`${peer}/${device}`);
  const matching = new Set<number>();
  for (const chunk of chunks(entries)) {
    for (const { id, stanza } of await stanzas(home, chunk)) {
      const opening = stanza.slice(0, stanza.indexOf('>'));
      if (opening.includes(` from='${full}'`) || opening.includes(` to='${full}'`)) matching.add(id);
    }
  }
  return entries.filter(({ id }) => matching.has(id));
}

/** In ascending order. */
async function stanzas(home: Home, chunk: readonly Entry[]): Promise<ArchivedMessage[]> {
  const ids = chunk.map(({ id }) => id);
  const rows = await home.homes.database.read(SELECT_STANZAS, [home.account.id, ...padded(ids)]);
  return rows.map((row) => ({ id: Number(row.id), stanza: String(row.stanza) }));
}

/** The first entries, as far as a page may go. */
function cut(entries: readonly Entry[], { max, maxBytes }: PageLimits): Entry[] {
  let bytes = 0;
  const page: Entry[] = [];
  for (const entry of entries) {
    bytes += entry.bytes;
    if (page.length === max || (bytes > maxBytes && page.length > 0)) break;
    page.push(entry);
  }
  return page;
}

function* chunks(entries: readonly Entry[]): Generator<Entry[]> {
  for (let rest = entries; rest.length > 0; ) {
    const chunk = cut(rest, { max: LIST, maxBytes: CHUNK_BYTES });
    yield chunk;
    rest = rest.slice(chunk.length);
  }
}

/** As many as the statement has place for. */
function padded(ids: readonly number[]): number[] {
  return [...ids, ...Array.from({ length: LIST - ids.length }, () => ids[0]!)];
}

function entry(row: Row): Entry {
  return { id: Number(row.id), bytes: Number(row.bytes) };
}
