import type { Migration } from '../database.ts';

/**
 * One table is archive and inbox. The id is the order in which an account's home took the messages; as it also tells the
 * time (see messaging/archive-id.ts) no column or index for that is needed. Rows lie in the order of their arrival, and
 * one index serves every question: clustered by account, each row would touch a page of its own (bench/store: 3.5 times
 * the cost), and an account's messages with one peer are found inside the same index.
 */
export const archive: Migration = {
  version: 3,
  name: 'archive',
  statements: [
    `create table archive (
      account integer not null,
      id integer not null,
      peer text not null,
      flags integer not null,
      stanza text not null
    )`,
    'create index archive_by_account on archive (account, id, peer)',
    `create table inboxes (
      account integer primary key,
      delivered integer not null
    )`,
  ],
};
