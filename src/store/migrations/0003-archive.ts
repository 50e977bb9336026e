import type { Migration } from '../database.ts';

/**
 * One table is archive and inbox. The key is the order in which an account's home took the messages; as it also tells
 * the time (see messaging/archive-id.ts) no further column or index for that is needed.
 */
export const archive: Migration = {
  version: 3,
  name: 'archive',
  statements: [
    `create table archive (
      account integer not null,
      id bigint not null,
      peer text not null,
      flags integer not null,
      stanza text not null,
      primary key (account, id)
    ) without rowid`,
    'create index archive_peer on archive (account, peer, id)',
    `create table inboxes (
      account integer primary key,
      delivered bigint not null
    )`,
  ],
};
