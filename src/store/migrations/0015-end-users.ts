import type { Migration } from '../database.ts';

/**
 * The end users of Unified CM as this server last read them. An account of one says so in `end_user`; a row without an
 * account is of somebody who was put aside, and `reason` says why. `sync_states` holds how far the reading has come.
 */
export const endUsers: Migration = {
  version: 15,
  name: 'end users of Unified CM',
  statements: [
    'alter table accounts add column end_user text',
    'create unique index accounts_of_end_users on accounts (end_user)',
    `create table end_users (
      uuid text not null primary key,
      userid text not null,
      first_name text not null,
      last_name text not null,
      mail text not null,
      directory_uri text not null,
      telephone text not null,
      department text not null,
      title text not null,
      active integer not null,
      home_cluster integer not null,
      im_and_presence integer not null,
      node text not null,
      reason text not null,
      keys_set_at integer,
      missing_since integer
    )`,
    `create table sync_states (
      source text not null primary key,
      state text not null
    )`,
  ],
};
