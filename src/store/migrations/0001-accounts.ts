import type { Migration } from '../database.ts';

/**
 * `account_ids` holds the last id given. An id is never given twice, so a row that is written late for an account that
 * was removed meanwhile cannot fall to the next one.
 */
export const accounts: Migration = {
  version: 1,
  name: 'accounts and their credentials',
  statements: [
    `create table accounts (
      id integer primary key,
      address text not null unique,
      admin integer not null,
      enabled integer not null,
      created_at integer not null,
      password_changed_at integer not null
    )`,
    `create table credentials (
      account integer not null,
      mechanism text not null,
      salt blob not null,
      iterations integer not null,
      stored_key blob not null,
      server_key blob not null,
      primary key (account, mechanism)
    )`,
    'create table account_ids (last integer not null)',
    'insert into account_ids (last) values (0)',
  ],
};
