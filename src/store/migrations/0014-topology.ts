import type { Migration } from '../database.ts';

/**
 * The nodes of the cluster and how they stand together. `folded` is the name without regard to case, so that no two differ
 * by it alone. The security password is there as a key that is derived from it, in one row with id 1.
 */
export const topology: Migration = {
  version: 14,
  name: 'topology',
  statements: [
    `create table subclusters (
      folded text not null primary key,
      name text not null,
      created_at integer not null
    )`,
    `create table nodes (
      name text not null primary key,
      role text not null,
      subcluster text,
      state text not null,
      release text not null,
      address text not null,
      certificate text not null,
      next_certificate text not null,
      certificate_ends_at integer not null,
      listed_at integer not null,
      changed_at integer not null
    )`,
    `create table security_password (
      id integer not null primary key,
      salt blob not null,
      derived_key blob not null,
      set_at integer not null
    )`,
  ],
};
