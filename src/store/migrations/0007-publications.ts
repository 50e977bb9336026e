import type { Migration } from '../database.ts';

/**
 * What is said of accounts' presence by others than signed-in devices: clients that publish, phone lines, calendars,
 * overrides. Their entity-tags stay good over a restart. The document is JSON: it is only ever read and written whole.
 */
export const publications: Migration = {
  version: 7,
  name: 'publications',
  statements: [
    `create table publications (
      account integer not null,
      id text not null,
      kind text not null,
      tag text not null,
      expires_at integer not null,
      at integer not null,
      document text not null,
      primary key (account, id)
    )`,
  ],
};
