import type { Migration } from '../database.ts';

/** What people keep on the server besides contacts and messages. Elements are kept as text, as they are handed out. */
export const personal: Migration = {
  version: 5,
  name: 'block lists, vCards and private XML',
  statements: [
    `create table blocked_addresses (
      account integer not null,
      address text not null,
      primary key (account, address)
    )`,
    `create table vcards (
      account integer primary key,
      card text not null
    )`,
    `create table private_xml (
      account integer not null,
      namespace text not null,
      content text not null,
      bytes integer not null,
      primary key (account, namespace)
    )`,
  ],
};
