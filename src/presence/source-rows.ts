import type { Publication } from '#accounts/device.ts';
import type { Row, Value } from '#store/database.ts';
import type { Line, Source, SourceKind } from './source.ts';

export const SELECT_SOURCES = `select id, kind, tag, expires_at, at, document from publications where account = ?
  order by at, id`;

export const PUT_SOURCE = `insert into publications (account, id, kind, tag, expires_at, at, document)
  values (?, ?, ?, ?, ?, ?, ?)
  on conflict (account, id) do update set kind = excluded.kind, tag = excluded.tag, expires_at = excluded.expires_at,
  at = excluded.at, document = excluded.document`;

/** What a refresh changes. */
export const REFRESH_SOURCE = 'update publications set tag = ?, expires_at = ? where account = ? and id = ?';

export const DELETE_SOURCE = 'delete from publications where account = ? and id = ?';

export const DELETE_ENDED = 'delete from publications where expires_at <= ?';

/** Accounts that may sign in and have publications, beginning after one of them. */
export const SELECT_PUBLISHING = `select distinct accounts.address from publications
  join accounts on accounts.id = publications.account
  where accounts.enabled = 1 and publications.expires_at > ? and accounts.address > ?
  order by accounts.address limit 500`;

interface Document {
  publication: Omit<Publication, 'device' | 'at'>;
  line?: Line;
}

export function toValues(accountId: number, source: Source): Value[] {
  const { id, kind, tag, expiresAt, publication, line } = source;
  const { device: _device, at, ...said } = publication;
  const document: Document = { publication: said, ...(line && { line }) };
  return [accountId, id, kind, tag, expiresAt, at, JSON.stringify(document)];
}

/** @returns undefined for one that another release has written and this one cannot read */
export function readRow(row: Row): Source | undefined {
  const id = row.id as string;
  let document: Document;
  try {
    document = JSON.parse(row.document as string);
  } catch {
    return undefined;
  }
  return {
    id,
    kind: row.kind as SourceKind,
    publication: { ...document.publication, device: id, at: Number(row.at) },
    ...(document.line && { line: document.line }),
    tag: row.tag as string,
    expiresAt: Number(row.expires_at),
  };
}
