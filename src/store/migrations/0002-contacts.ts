import type { Migration } from '../database.ts';

/**
 * `contact_lists` counts the versions of each list; `contact_removals` remembers what was taken out, so that a device
 * that knows version n can be told what changed since, as long as n is not before `complete_since`.
 */
export const contacts: Migration = {
  version: 2,
  name: 'contact lists and when somebody was last available',
  statements: [
    `create table contact_lists (
      account integer not null primary key,
      version integer not null,
      complete_since integer not null
    )`,
    `create table contacts (
      account integer not null,
      address text not null,
      name text not null,
      group_names text not null,
      subscription text not null,
      pending_out integer not null,
      pending_in integer not null,
      approved integer not null,
      listed integer not null,
      request text not null,
      version integer not null,
      primary key (account, address)
    )`,
    `create table contact_removals (
      account integer not null,
      address text not null,
      version integer not null,
      primary key (account, address)
    )`,
    `create table last_unavailable (
      account integer not null primary key,
      at integer not null,
      note text not null
    )`,
  ],
};
